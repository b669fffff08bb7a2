import { join } from 'node:path';
import { settle, warm } from '../cache.js';
import { type Command, run } from '../command.js';
import { measure } from '../measure.js';
import { barePath } from '../places.js';
import type { Sample } from '../sample.js';
import { requireSameTree } from '../verify.js';
import { type Contender, costFigures, discard, enter, type Round, storedFigures } from './kernel-round.js';

/**
 * First backup, unchanged backup, restore and the backup of the next release, each for all programs in turn
 * before the next step, on repositories that live for this round only.
 */
export async function warmRound(context: Round): Promise<void> {
  const { stage, steps } = context;
  await stage.show(0);
  const contenders: Contender[] = [];
  for (const program of context.programs) contenders.push(await enter(program, stage));
  for (const contender of contenders) await backup(context, contender, 'first');
  if (steps.has('first')) await bare(context, 'first', 'bare pipeline', 'store');
  if (steps.has('unchanged')) {
    for (const contender of contenders) await backup(context, contender, 'unchanged');
    await look(context);
  }
  if (steps.has('restore')) await restores(context, contenders, steps.has('unchanged') ? 'unchanged' : 'first');
  if (steps.has('next release')) {
    await stage.show(1);
    for (const contender of contenders) await backup(context, contender, 'next release');
    await bare(context, 'next release', 'read and hash', 'hash');
  }
  if (context.round === 0) await checkNewest(context, contenders);
  for (const contender of contenders) await discard(contender.home);
}

/** Snapshot names without blanks, for every program's taste. */
function label(step: string): string {
  return step.replaceAll(' ', '-');
}

async function backup(context: Round, { name, repository }: Contender, step: string): Promise<void> {
  const { tree } = context.stage;
  const cost = await warmly(repository.backup(tree, label(step)), [tree, repository.storedFolder]);
  const stored = await storedFigures(repository, context.sourceBytes);
  context.record({ step, program: name, round: context.round, figures: { ...cost, ...stored } });
}

/** Restores the newest snapshot with every program, and copies the tree itself as the yardstick. */
async function restores(context: Round, contenders: readonly Contender[], newest: string): Promise<void> {
  const { stage, round } = context;
  for (const { name, repository } of contenders) {
    const target = await stage.place('restored');
    const figures = await warmly(repository.restore(target, label(newest)), [repository.storedFolder]);
    context.record({ step: 'restore', program: name, round, figures });
    if (round === 0) await requireSameTree(stage.tree, target);
    await stage.retire(target);
  }
  const target = await stage.place('restored');
  const figures = await warmly({ argv: ['cp', '-a', stage.tree, join(target, 'tree')] }, [stage.tree]);
  context.record({ step: 'restore', program: 'cp -a', round, figures });
  await stage.retire(target);
}

/** What remains of a backup without format, encryption, index and metadata. */
async function bare({ stage, round, record, note }: Round, step: string, program: string, mode: string): Promise<void> {
  const folder = await stage.place('bare');
  await settle();
  await warm([stage.tree]);
  const cost = await measure({ argv: [process.execPath, barePath, mode, stage.tree, folder] });
  record({ step, program, round, figures: costFigures(cost) });
  const seconds = Object.entries(JSON.parse(cost.stdout) as Record<string, number>).map(
    ([name, value]) => `${name} ${value.toFixed(2)} s`,
  );
  note(`${program}, round ${round + 1}, both workers together: ${seconds.join(', ')}.`);
  await discard(folder);
}

/** Looks at every name of the tree, as a scan for changes must. */
async function look({ stage, round, record }: Round): Promise<void> {
  const { tree } = stage;
  const figures = await warmly({ argv: ['find', tree, '-fprintf', '/dev/null', '%p %y %s %T@ %C@ %i\n'] }, [tree]);
  record({ step: 'unchanged', program: 'find', round, figures });
}

async function warmly(command: Command, read: readonly string[]): Promise<Sample['figures']> {
  await settle();
  await warm(read);
  return costFigures(await measure(command));
}

/** Whatever was measured last must restore to the tree that stands there now. Not measured. */
async function checkNewest(context: Round, contenders: readonly Contender[]): Promise<void> {
  const { stage, steps } = context;
  const newest = ['next release', 'unchanged'].find((step) => steps.has(step)) ?? 'first';
  if (newest !== 'next release' && steps.has('restore')) return;
  for (const { repository } of contenders) {
    const target = await stage.place('restored');
    await run(repository.restore(target, label(newest)));
    await requireSameTree(stage.tree, target);
    await stage.retire(target);
  }
}
