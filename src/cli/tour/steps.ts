import { appendFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { utf8 } from '../../base/index.js';
import { capabilities } from '../../posix/index.js';
import { countOf, formatBytes, formatSaving } from '../units.js';
import { type Comparison, compareTrees } from './compare.js';
import { PROGRAM } from './program.js';
import { shellWord, TourRunner, TourStopped } from './runner.js';
import { makeNotes, makeSample, notesAfterwards } from './sample.js';

const USER = 'ana';
const [OK, PARTIAL] = [0, 3];
/** A file written less than two seconds before a backup is read again by the next one, to be sure. */
const SETTLE_MS = 2100;
/** What writing a time through Node alone may lose. */
const NOT_EXACT_NS = 2000n;

/** The files of one tour, all below its private directory, where the commands run. */
interface Tour {
  readonly run: TourRunner;
  readonly place: string;
  /** What is backed up, as the commands name it. */
  readonly sources: readonly string[];
  /** Absolute. */
  readonly notes: string;
}

/** Shows the whole way of some files into a vault and back, and compares. Throws `TourStopped` where it fails. */
export async function takeTour(place: string, given: string | undefined): Promise<void> {
  const tour = prepare(place, given);
  const { run } = tour;
  await makeVault(tour);
  const first = await backUp(tour, given);
  await changeNotes(tour);
  run.step('What there is now');
  await run.show(['list', USER]);
  await run.show(['ls', USER, tour.notes]);
  await lookBack(tour, first);
  await restoreAll(tour, given);
  await sizes(tour);
  howToGoOn(run, given);
}

function prepare(place: string, given: string | undefined): Tour {
  const run = new TourRunner(place, ['--vault', 'vault', '--key-file', 'master.key']);
  run.say('A tour of bitacora-backup: some files into a new vault and back.');
  run.say(`Everything happens in ${place}, which is readable by you alone and removed at the end.`);
  if (given === undefined) {
    makeSample(join(place, 'sample'));
    return { run, place, sources: ['sample'], notes: join(place, 'sample', 'notes') };
  }
  // The given directory stays as it is; what the tour changes is beside it.
  makeNotes(join(place, 'notes'));
  return { run, place, sources: [given, 'notes'], notes: join(place, 'notes') };
}

async function makeVault({ run, place }: Tour): Promise<void> {
  run.step('A vault, and the master key that opens it');
  run.say(`$ cd ${shellWord(place)}`);
  await run.show(['init']);
}

/** @returns the id of the first snapshot. */
async function backUp({ run, sources }: Tour, given: string | undefined): Promise<string> {
  const paths = sources.flatMap((source) => ['--path', source]);
  run.step(given === undefined ? 'The first backup, of a sample with odd files' : `The first backup, of ${given}`);
  await wait(SETTLE_MS);
  run.say('The user gets keys of its own: nobody else’s data is mixed with it or sealed under them.');
  await run.show(['backup', USER, ...paths], [OK, PARTIAL]);
  run.step('The same again: what did not change is neither read nor stored');
  await run.show(['backup', USER, ...paths], [OK, PARTIAL]);
  const { backups } = await run.ask(['list', USER]);
  const oldest = (backups as { backup_id: string }[]).at(-1);
  if (oldest === undefined) throw new TourStopped('The list of snapshots is empty.', 1);
  return oldest.backup_id;
}

async function changeNotes({ run, notes, sources }: Tour): Promise<void> {
  run.step('One file changed, one removed, one new');
  const { changed, removed, added } = notesAfterwards(notes);
  appendFileSync(changed, 'Session 2: wrote the second half.\n');
  rmSync(removed);
  writeFileSync(added, 'Session 3: read it all again.\n');
  const paths = sources.flatMap((source) => ['--path', source]);
  await run.show(['backup', USER, ...paths, '--reason', 'after session 2'], [OK, PARTIAL]);
}

async function lookBack({ run, place, notes }: Tour, first: string): Promise<void> {
  run.step('A file that is gone now, from the first snapshot');
  await run.show([
    'restore',
    USER,
    '--snapshot',
    first,
    '--include',
    '/list.txt',
    '--include',
    '/notes/list.txt',
    '--target',
    'earlier',
  ]);
  const { removed } = notesAfterwards(join('earlier', notes));
  if (!statSync(join(place, removed), { throwIfNoEntry: false })) throw new TourStopped(`${removed} is not there.`, 1);
  run.say(`  There it is, under its full path: ${removed}`);
}

async function restoreAll({ run, place, sources }: Tour, given: string | undefined): Promise<void> {
  run.step('Everything, as it is now, into an empty place');
  const code = await run.show(['restore', USER, '--latest', '--target', 'restored', '--verify'], [OK, PARTIAL]);
  run.step('The restored files against the originals');
  const owners = process.geteuid?.() === 0;
  const { exactTimes } = capabilities();
  for (const source of sources) {
    const original = resolve(place, source);
    const copy = join(place, 'restored', original);
    const slackNs = exactTimes ? 0n : NOT_EXACT_NS;
    const comparison = compareTrees(utf8(original), utf8(copy), { owners, slackNs });
    tellComparison(run, source, comparison, { owners, exactTimes });
    if (comparison.differences === 0) continue;
    // A live directory goes on changing, holds what its owner may not read, or leaves things out by rules of its own.
    if (source !== given) throw new TourStopped('The copy differs from the original.', 1);
    run.say('  Files in use change while they are read, and some are left out by rules or may not be read; see above.');
  }
  if (code === PARTIAL) run.say('  Some items could not be kept as they were; the messages above name them.');
}

function tellComparison(
  run: TourRunner,
  source: string,
  { entries, bytes, differences, listed }: Comparison,
  { owners, exactTimes }: { readonly owners: boolean; readonly exactTimes: boolean },
): void {
  const what = `names, types, modes, ${owners ? 'owners, ' : ''}times to the ${exactTimes ? 'nanosecond' : 'microsecond'}, links, attributes, and ${formatBytes(bytes)}`;
  const seen = `${source}: ${countOf(entries, 'entry', 'entries')} compared: ${what}`;
  run.say(`  ${seen}: ${differences === 0 ? 'identical' : countOf(differences, 'difference')}`);
  for (const difference of listed) run.say(`    ${difference}`);
}

async function sizes({ run, place }: Tour): Promise<void> {
  run.step('What it took');
  const { backups } = await run.ask(['list', USER]);
  const snapshots = backups as { size_uncompressed: number }[];
  const each = snapshots.map(({ size_uncompressed: bytes }) => bytes);
  const inAll = each.reduce((sum, bytes) => sum + bytes, 0);
  const stored = storedBytes(join(place, 'vault'));
  const saving = formatSaving(stored, inAll);
  run.say(`  ${countOf(each.length, 'snapshot')} of ${formatBytes(inAll)} together`);
  run.say(
    `  in a vault of ${formatBytes(stored)}${saving ? `: ${saving}, by storing each piece once and compressed` : ''}`,
  );
}

/** The vault without its index, which can always be made again. */
function storedBytes(vault: string): number {
  let bytes = 0;
  for (const entry of readdirSync(vault, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.startsWith(join(vault, 'index/'))) bytes += statSync(path).size;
  }
  return bytes;
}

function howToGoOn(run: TourRunner, given: string | undefined): void {
  const program = shellWord(PROGRAM);
  run.step('How to go on by hand');
  for (const line of [
    `alias bitacora=${program}`,
    'export BITACORA_VAULT=~/bitacora/vault',
    'bitacora init                      # then copy the master key file to a safe place',
    `bitacora backup ${USER} --path ${given === undefined ? '~/Documents' : shellWord(given)}`,
    `bitacora list ${USER}`,
    `bitacora ls ${USER}                       # later with --at "2 hours ago", as it was then`,
    `bitacora restore ${USER} --latest --target ~/restored`,
    'bitacora --help                    # all commands',
  ]) {
    run.say(`  ${line}`);
  }
  run.say();
}
