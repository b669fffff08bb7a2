import type { Environment } from './environment.js';
import { type Judgement, judge } from './judge.js';
import type { Row } from './row.js';
import { type Figure, median, type Sample, valuesOf } from './sample.js';
import { markdownTable, plainTable, type Table } from './table.js';
import { aimWord, boundText, FIGURE_NAMES, figureText, floorWord, reachedText } from './words.js';

/** Everything one run of the bench found; what the JSON file holds. */
export interface Report {
  readonly environment: Environment;
  readonly data: readonly string[];
  readonly rounds: number;
  readonly notes: readonly string[];
  readonly samples: readonly Sample[];
  readonly rows: readonly { readonly row: Row; readonly judgements: readonly Judgement[] }[];
}

export function judgeRows(rows: readonly Row[], samples: readonly Sample[], oursName: string): Report['rows'] {
  return rows.map((row) => ({
    row,
    judgements: row.bounds.flatMap((bound) => judge(bound, samples, oursName) ?? []),
  }));
}

const MEDIAN_FIGURES: readonly Figure[] = [
  'wall',
  'cpu',
  'memory',
  'stored',
  'storedWithoutIndex',
  'storedShare',
  'delay',
  'delay999',
  'delay99',
  'answer50',
  'answer99',
  'spread',
  'growth',
  'eachBytes',
];

/** One line for each step and program: the median, and for wall time the fastest and slowest run. */
export function mediansTable(samples: readonly Sample[]): Table {
  const steps = [...new Set(samples.map((sample) => sample.step))];
  const measured = MEDIAN_FIGURES.filter((figure) => samples.some(({ figures }) => figures[figure] !== undefined));
  const lines = steps.flatMap((step) => {
    const programs = [
      ...new Set(samples.filter((sample) => sample.step === step).map((sample) => sample.program)),
    ].sort();
    return programs.map((program) => medianLine(samples, step, program, measured));
  });
  return {
    head: ['step', 'program', 'wall min … max', ...measured.map((figure) => FIGURE_NAMES[figure])],
    lines,
  };
}

function medianLine(samples: readonly Sample[], step: string, program: string, measured: readonly Figure[]): string[] {
  const walls = valuesOf(samples, step, program, 'wall');
  const spread = walls.length === 0 ? '–' : `${Math.min(...walls).toFixed(2)} … ${Math.max(...walls).toFixed(2)} s`;
  const cells = measured.map((figure) => {
    const middle = median(valuesOf(samples, step, program, figure));
    return middle === undefined ? '–' : figureText(figure, middle);
  });
  return [step, program, spread, ...cells];
}

/** One line for each bound of each row. */
export function judgementsTable(rows: Report['rows']): Table {
  const lines = rows.flatMap(({ row, judgements }) =>
    judgements.map((judgement) => [
      row.name,
      judgement.bound.step,
      FIGURE_NAMES[judgement.bound.figure],
      figureText(judgement.bound.figure, judgement.ours),
      judgement.peer ? `${judgement.peer.name} ${figureText(judgement.bound.figure, judgement.peer.value)}` : '–',
      reachedText(judgement),
      boundText(judgement.bound, judgement.bound.floor),
      floorWord(judgement),
      boundText(judgement.bound, judgement.bound.aim),
      aimWord(judgement),
    ]),
  );
  return { head: ['row', 'step', 'figure', 'ours', 'against', 'reached', 'floor', 'verdict', 'aim', 'met'], lines };
}

/** The names of rows with a floor that was missed. */
export function shortRows(rows: Report['rows']): string[] {
  return rows
    .filter(({ judgements }) => judgements.some(({ floorMet }) => floorMet === false))
    .map(({ row }) => row.name);
}

/** The names of rows that ask for something this run could not measure. */
export function openRows(rows: Report['rows']): string[] {
  return rows.filter(({ row, judgements }) => judgements.length < row.bounds.length).map(({ row }) => row.name);
}

export function textReport(report: Report): string {
  return body(report, plainTable).join('\n\n');
}

/** The same for a document; the plots stand beside it under their file names. */
export function markdownReport(report: Report, plots: readonly { name: string; title: string }[]): string {
  return [...body(report, markdownTable), ...plots.map(({ name, title }) => `![${title}](${name})`)]
    .join('\n\n')
    .concat('\n');
}

function body(report: Report, render: (table: Table) => string): string[] {
  const { environment, rows } = report;
  const judged = judgementsTable(rows);
  return [
    ...report.data,
    [
      `${environment.date}, ${environment.processor}, ${figureText('memory', environment.memoryBytes)} memory,`,
      `${environment.system}, ${environment.fileSystem}, Node ${environment.node}, load before ${environment.loadBefore.toFixed(2)},`,
      `${report.rounds} rounds in turn, medians.`,
    ].join(' '),
    environment.programs.map(({ name, version, settings }) => `- ${name}: ${version}; ${settings}`).join('\n'),
    render(mediansTable(report.samples)),
    ...(judged.lines.length === 0 ? [] : [render(judged), `Falls short: ${listed(shortRows(rows))}.`]),
    `Not measured in full: ${listed(openRows(rows))}.`,
    ...report.notes,
  ];
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}
