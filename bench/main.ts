import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Arguments, parseArguments, USAGE } from './arguments.js';
import { killRunning } from './command.js';
import { environment, presentAmong } from './environment.js';
import { OURS, PROGRAMS } from './peers.js';
import { resultsFolder } from './places.js';
import { plots } from './plot.js';
import { judgeRows, markdownReport, type Report, textReport } from './report.js';
import type { Row } from './row.js';
import { ROWS, rowsNamed } from './rows/all.js';
import type { Sample } from './sample.js';
import { FIGURE_NAMES, figureText } from './words.js';
import type { Outcome } from './workload.js';
import { WORKLOADS } from './workloads/all.js';

async function main(argv: readonly string[]): Promise<void> {
  const args = parseArguments(argv);
  if (args.list)
    return say(ROWS.map((row) => `${row.name.padEnd(5)}${row.workload.padEnd(10)}${row.title}`).join('\n'));
  if (args.row === undefined) return say(USAGE);
  const rows = rowsNamed(args.row);
  const wanted = PROGRAMS.filter(({ name }) => args.programs?.includes(name) ?? true);
  const present = await presentAmong(wanted);
  const absent = wanted.filter((program) => !present.some((found) => found.program === program));
  await mkdir(args.workFolder, { recursive: true });
  const machine = await environment(present, args.workFolder);
  const outcomes: Outcome[] = [];
  for (const [name, workload] of WORKLOADS) {
    const steps = stepsOf(rows.filter((row) => row.workload === name));
    if (steps.size === 0) continue;
    const programs = present.map(({ program }) => program);
    outcomes.push(
      await workload({
        ...args,
        corpusFolder: resolve(args.corpusFolder),
        workFolder: resolve(args.workFolder),
        programs,
        steps,
        onSample,
      }),
    );
  }
  const samples = outcomes.flatMap((outcome) => outcome.samples);
  await publish(args, {
    environment: machine,
    data: outcomes.map((outcome) => outcome.data),
    rounds: args.rounds,
    notes: [
      ...outcomes.flatMap((outcome) => outcome.notes),
      ...absent.map(({ name }) => `Left out, since it does not answer when asked for its version: ${name}.`),
    ],
    samples,
    rows: judgeRows(rows, samples, OURS),
  });
}

function stepsOf(rows: readonly Row[]): ReadonlySet<string> {
  return new Set(rows.flatMap((row) => row.bounds.map((bound) => bound.step)));
}

const SHOWN = [
  'wall',
  'cpu',
  'memory',
  'delay',
  'delay999',
  'answer50',
  'answer99',
  'spread',
  'growth',
  'turn',
  'eachBytes',
] as const;

function onSample({ round, step, program, figures }: Sample): void {
  const shown = SHOWN.flatMap((figure) => {
    const value = figures[figure];
    return value === undefined ? [] : [`${FIGURE_NAMES[figure]} ${figureText(figure, value)}`];
  });
  process.stderr.write(`round ${round + 1}  ${step.padEnd(20)}${program.padEnd(15)}${shown.join(', ')}\n`);
}

/** Prints the report, and writes it as JSON, Markdown and plots. */
async function publish(args: Arguments, report: Report): Promise<void> {
  const prefix = (args.row ?? 'bench').toLowerCase();
  const drawn = plots(report.samples, prefix);
  const jsonFile = args.jsonFile ?? join(resultsFolder, `${prefix}.json`);
  await mkdir(resultsFolder, { recursive: true });
  await mkdir(dirname(jsonFile), { recursive: true });
  await writeFile(jsonFile, `${JSON.stringify(report, null, 1)}\n`);
  await writeFile(join(resultsFolder, `${prefix}.md`), markdownReport(report, drawn));
  for (const { name, svg } of drawn) await writeFile(join(resultsFolder, name), svg);
  say(textReport(report));
  say(`\nWritten: ${jsonFile} and ${resultsFolder}/${prefix}*`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killRunning();
    process.exit(130);
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const cause = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.message}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${cause}\n`);
  process.exitCode = 1;
});
