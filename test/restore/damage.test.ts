import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Engine } from '../../src/engine/index.js';
import { CHUNK_KINDS, ENTRY_TYPES, packName, uidOf } from '../../src/format/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { noise } from '../backup/fixture.js';
import { failed, look, makePlace, type Place } from './fixture.js';

/** A place whose first pack (file data) is changed by `change` once it is stored. */
async function damaged(place: Place, change: (pack: Buffer) => Buffer): Promise<MemoryBackend> {
  const [data] = await place.tree.store();
  const name = packName(uidOf(place.repository.uid), data!);
  const objects = (place.backend as MemoryBackend).snapshot();
  objects.set(name, change(Buffer.from(objects.get(name)!)));
  return new MemoryBackend(objects);
}

function sourceOf(place: Place, backend: MemoryBackend, engine: Engine = place.engine) {
  const { chunks, openSecrets: secrets } = place.repository;
  return { chunks, backend, secrets, engine, vaultPath: place.vaultPath };
}

/** Nine files of one frame for each four. */
function nine(place: Place) {
  return Array.from({ length: 9 }, (_, i) => place.tree.file(`f${i}`, `content number ${i}`));
}

t.test('a damaged frame costs its files, and the report says which', async (test) => {
  const place = await makePlace(test);
  const entry = place.tree.directory('s', nine(place));
  const backend = await damaged(place, (pack) => {
    pack[100]! ^= 1;
    return pack;
  });
  const report = await place.run([place.scope('/s', entry)], { flatten: true, source: sourceOf(place, backend) });
  test.same(failed(report), ['DATA_CORRUPT f0', 'DATA_CORRUPT f1', 'DATA_CORRUPT f2', 'DATA_CORRUPT f3']);
  test.match(report.failures.items[0]?.message, /frame 0 of pack "[0-9a-f]{64}"/);
  test.equal(report.corrupt, true);
  test.same(look(place.target).length, 5);
  test.equal(readFileSync(join(place.target, 'f8'), 'utf8'), 'content number 8');
});

for (const [title, change] of [
  ['cut short', (pack: Buffer) => pack.subarray(0, 200)],
  ['empty', () => Buffer.alloc(0)],
] as const) {
  t.test(`a pack that is ${title} costs what it held`, async (test) => {
    const place = await makePlace(test);
    const entry = place.tree.directory('s', nine(place));
    const backend = await damaged(place, change);
    const report = await place.run([place.scope('/s', entry)], { flatten: true, source: sourceOf(place, backend) });
    test.equal(report.corrupt, true);
    test.equal(report.failures.items[0]?.code, 'DATA_CORRUPT');
    test.equal(report.failures.count + look(place.target).length, 9);
    for (const line of look(place.target)) test.match(line, /^f\d = content number \d$/);
  });
}

t.test('a file of many chunks with one of them damaged is not put in place', async (test) => {
  const place = await makePlace(test, { threads: 2 });
  const bytes = noise(1_000_000);
  const items = Array.from({ length: 10 }, (_, i) => {
    const piece = bytes.subarray(i * 100_000, (i + 1) * 100_000);
    return { length: piece.length, id: place.tree.chunk(CHUNK_KINDS.data, piece) };
  });
  const content = { form: 'items', items } as const;
  const big = place.tree.entry('big', ENTRY_TYPES.file, content, { size: bytes.length });
  const entry = place.tree.directory('s', [big, place.tree.file('z', 'good')]);
  const backend = await damaged(place, (pack) => {
    pack[500_000]! ^= 0x80;
    return pack;
  });
  writeFileSync(join(place.target, 'big'), 'the old one');
  const options = { flatten: true, overwrite: 'always', source: sourceOf(place, backend) } as const;
  const report = await place.run([place.scope('/s', entry)], options);
  test.same(failed(report), ['DATA_CORRUPT big']);
  test.same(look(place.target), ['big = the old one', 'z = good']);
});

t.test('verifying finds what was changed behind the restore', async (test) => {
  const place = await makePlace(test);
  const entry = place.tree.directory('s', nine(place));
  await place.tree.store();
  let checks = 0;
  const lanes = place.engine.lanes.map((lane) => ({
    ...lane,
    call: (type: string, payload: unknown) => {
      if (type === 'open.check' && checks++ === 0) writeFileSync(join(place.target, 'f4'), 'content number x');
      return lane.call(type, payload);
    },
  }));
  const source = sourceOf(place, place.backend as MemoryBackend, { ...place.engine, lanes });
  const report = await place.run([place.scope('/s', entry)], { flatten: true, verify: true, source });
  test.same(failed(report), ['DATA_CORRUPT f4']);
  test.equal(report.verified, 8);
  test.equal(report.corrupt, true);
});

t.test('a backend that fails ends the files of that range, not the restore', async (test) => {
  const place = await makePlace(test);
  const entry = place.tree.directory('s', nine(place));
  const objects = (place.backend as MemoryBackend).snapshot();
  await place.tree.store();
  const without = new MemoryBackend(objects);
  // The nodes are read by the repository's own reader, the data by this backend, which lacks it.
  const report = await place.run([place.scope('/s', entry)], { flatten: true, source: sourceOf(place, without) });
  test.equal(report.failures.count, 9);
  test.equal(report.failures.items[0]?.code, 'OBJECT_MISSING');
  test.same(look(place.target), []);
});
