import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ENTRY_FLAGS } from '../../src/format/index.js';
import { failed, look, makePlace, type Place } from './fixture.js';

const OPTIONS = { overwrite: 'changed', delete: true } as const;

/** A stale directory with a directory inside, both in the target with something newer. */
function prepare(place: Place): ReturnType<Place['tree']['directory']>[] {
  mkdirSync(join(place.target, 'stale/inner'), { recursive: true });
  mkdirSync(join(place.target, 'fresh'));
  for (const path of ['stale/newer', 'stale/inner/newer', 'fresh/extra', 'extra']) {
    writeFileSync(join(place.target, path), 'on disk');
  }
  const inner = place.tree.directory('inner', [place.tree.file('b', '2')]);
  return [
    place.tree.directory('stale', [place.tree.file('a', '1'), inner], { flags: ENTRY_FLAGS.stale }),
    place.tree.directory('fresh', [place.tree.file('c', '3')]),
  ];
}

t.test('deleting leaves a last known state alone, all the way down, and says so', async (test) => {
  const place = await makePlace(test);
  const report = await place.restore(prepare(place), OPTIONS);
  test.same(failed(report), []);
  test.equal(report.deleted, 2);
  test.same(look(place.target), [
    'fresh/',
    'fresh/c = 3',
    'stale/',
    'stale/a = 1',
    'stale/inner/',
    'stale/inner/b = 2',
    'stale/inner/newer = on disk',
    'stale/newer = on disk',
  ]);
  const said = report.warnings.items.map(({ path, message }) => `${path}: ${message}`);
  test.same(said, [
    'stale: The backup could not list it; this is its last known state.',
    'stale/inner: One item that the snapshot does not have may be newer than what it knows of this directory, and stayed.',
    'stale: One item that the snapshot does not have may be newer than what it knows of this directory, and stayed.',
  ]);
});

t.test('a dry run counts what would be deleted, without what a last known state keeps', async (test) => {
  const place = await makePlace(test);
  const report = await place.restore(prepare(place), { ...OPTIONS, dryRun: true });
  test.equal(report.deleted, 2);
});
