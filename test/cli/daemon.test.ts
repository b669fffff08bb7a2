import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startDaemon } from '../api/daemon.js';
import { type Ended, Place } from './bin.js';

/** What changes from one run to the next, and not from one way to the other. */
function steady(text: string): string {
  return text
    .replace(/"duration_ms": \d+/g, '"duration_ms": 0')
    .replace(/ in \d[\d.]* m?s\b/g, ' in 0 ms')
    .replace(/"at": "[^"]+"/g, '"at": "then"')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?/g, 'TIME');
}

/** Two snapshots of a small tree, made by the program alone. */
async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  mkdirSync(join(place.source, 'docs'));
  writeFileSync(join(place.source, 'docs', 'a.txt'), 'one\n');
  writeFileSync(join(place.source, 'docs', 'b.txt'), 'two\n'.repeat(10_000));
  symlinkSync('a.txt', join(place.source, 'docs', 'link'));
  await place.run(['init', '--quiet']);
  await place.run(['backup', 'ana', '--path', place.source]);
  writeFileSync(join(place.source, 'docs', 'c.txt'), 'three\n');
  await place.run(['backup', 'ana', '--path', place.source, '--reason', 'a test']);
  return place;
}

async function withDaemon<T>(place: Place, use: () => Promise<T>): Promise<T> {
  const daemon = await startDaemon({ vault: place.vault, keyFile: place.keyFile });
  try {
    return await use();
  } finally {
    await daemon.close();
  }
}

/** A call of the program, and the words that may differ between its two runs. */
const CALLS: readonly ((place: Place) => readonly string[])[] = [
  () => ['list', 'ana'],
  () => ['list', 'ana', '--kind', 'critical'],
  () => ['list', 'anna'],
  () => ['list', '../ana'],
  ({ source }) => ['ls', 'ana', join(source, 'docs')],
  ({ source }) => ['ls', 'ana', join(source, 'docs', 'none')],
  () => ['ls', 'ana', '--at', 'yesterday'],
  () => ['ls', 'ana', '--snapshot', 'ffffffff'],
  ({ source }) => ['backup', 'ana', '--path', source, '--dry-run', '--force', '--level', '5'],
  ({ source }) => ['backup', 'bob', '--path', source, '--dry-run'],
  ({ source }) => ['backup', 'ana', '--path', join(source, 'none')],
  ({ vault }) => ['backup', 'ana', '--path', vault],
  () => ['backup', 'nobody'],
  (place) => ['restore', 'ana', '--latest', '--target', place.join('out'), '--verify'],
  (place) => ['restore', 'ana', '--latest', '--target', place.join('out'), '--dry-run', '--flatten'],
  (place) => ['restore', 'ana', '--latest', '--target', place.source],
  (place) => ['restore', 'ana', '--latest', '--target', join(place.vault, 'x')],
  () => ['find', 'ana', '*.txt'],
  () => ['find', 'ana', 'b.*', '--latest'],
  ({ source }) => ['diff', 'ana', 'latest', source],
  ({ source }) => ['cat', 'ana', 'latest', join(source, 'docs', 'a.txt')],
  ({ source }) => ['cat', 'ana', 'latest', join(source, 'docs')],
  () => ['stats'],
  () => ['user', 'list'],
  () => ['user', 'show', 'anna'],
  () => ['scrub'],
  () => ['rebuild-index'],
  () => ['rebuild-index', 'anna'],
];

t.test('every command says the same through a daemon as in its own process', async (t) => {
  const place = await setUp(t);
  // Both forms come from one document: every other call is asked for it, too.
  const commands = CALLS.flatMap((call, index) => {
    const words = call(place);
    return index % 2 === 0 ? [words] : [words, [...words, '--json']];
  });
  const runAll = async (): Promise<Ended[]> => {
    const all: Ended[] = [];
    for (const words of commands) {
      all.push(await place.run(words));
      rmSync(place.join('out'), { recursive: true, force: true });
    }
    return all;
  };
  const embedded = await runAll();
  const served = await withDaemon(place, runAll);
  for (const [index, words] of commands.entries()) {
    const [here, there] = [embedded[index]!, served[index]!];
    const name = words.join(' ');
    t.equal(there.code, here.code, `${name}: exit code`);
    t.equal(steady(there.stdout), steady(here.stdout), `${name}: standard output`);
    t.equal(steady(there.stderr), steady(here.stderr), name);
  }
});
