import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import t from 'tap';
import { type DataRun, RunJoiner } from '../../src/backup/data-layout.js';
import { capabilities } from '../../src/posix/index.js';
import { makeSetting, noise } from './fixture.js';

const KIB = 1024;

function runs(...pairs: readonly (readonly [number, number])[]): DataRun[] {
  return pairs.map(([offset, length]) => ({ offset: offset * KIB, length: length * KIB }));
}

function joinRuns(given: readonly DataRun[], size: number): DataRun[] {
  const joiner = new RunJoiner();
  for (const run of given) joiner.add(run);
  return joiner.finish(size);
}

t.test('a RunJoiner joins what a small hole parts, and leaves large holes', async (t) => {
  const cases: readonly { name: string; given: DataRun[]; size: number; wanted: DataRun[] }[] = [
    { name: 'nothing', given: [], size: 100, wanted: [] },
    { name: 'one run', given: runs([0, 10]), size: 10, wanted: runs([0, 10]) },
    { name: 'a large hole', given: runs([0, 4], [68, 4]), size: 72, wanted: runs([0, 4], [68, 4]) },
    { name: 'small and large', given: runs([0, 4], [8, 4], [200, 4]), size: 204, wanted: runs([0, 12], [200, 4]) },
    { name: 'a hole in front', given: runs([4, 4], [12, 4]), size: 16, wanted: runs([4, 12]) },
    { name: 'a hole behind', given: runs([0, 4], [8, 4]), size: 100, wanted: runs([0, 12]) },
    {
      name: 'the largest of small ones',
      given: runs([0, 4], [8, 4], [20, 4], [28, 4]),
      size: 32,
      wanted: runs([0, 12], [20, 12]),
    },
  ];
  for (const { name, given, size, wanted } of cases) t.same(joinRuns(given, size * KIB), wanted, name);
});

t.test('backup() of a file in scraps keeps its bytes in few chunks and knows that it has holes', async (t) => {
  if (!capabilities().holes) return t.pass('no holes here');
  const setting = await makeSetting(t);
  const path = setting.write('scraps', '');
  const size = 4 * 2 ** 20;
  const expected = Buffer.alloc(size);
  const fd = openSync(path, 'r+');
  for (let at = 0; at < size; at += 32 * KIB) {
    const scrap = noise(4096, at + 1);
    scrap.copy(expected, at);
    writeSync(fd, scrap, 0, scrap.length, at);
  }
  closeSync(fd);
  truncateSync(path, size);
  const report = await setting.run();
  const { bytes, entry } = (await setting.read(report.scopes[0]!)).get('scraps')!;
  t.ok(bytes!.equals(expected));
  let count = 0;
  let holes = 0;
  for await (const { id } of setting.repository.trees.fileItems(entry)) {
    count++;
    if (!id) holes++;
  }
  t.ok(count < 100, `${count} items for 128 scraps`);
  t.ok(holes > 0);
});
