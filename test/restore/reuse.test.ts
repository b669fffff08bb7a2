import { chmodSync, linkSync, lstatSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CHUNK_KINDS, type TreeEntry } from '../../src/format/index.js';
import { ContentWriter } from '../../src/snapshot/index.js';
import { MemoryBackend, withRecord } from '../../src/storage/index.js';
import { noise } from '../backup/fixture.js';
import { failed, makePlace, type Place } from './fixture.js';

const CHUNK = 64 * 1024;

/** A file of these chunks; `undefined` is a hole of a chunk's length. */
function fileOf(place: Place, name: string, chunks: readonly (Uint8Array | undefined)[]): TreeEntry {
  const writer = new ContentWriter({ identify: (kind, bytes) => place.tree.chunk(kind, bytes), add: () => {} });
  for (const chunk of chunks) {
    writer.add(chunk?.length ?? CHUNK, chunk && place.tree.chunk(CHUNK_KINDS.data, chunk));
  }
  const size = chunks.reduce((sum, chunk) => sum + (chunk?.length ?? CHUNK), 0);
  return place.tree.file(name, '', { content: writer.finish(), size });
}

function contentOf(chunks: readonly (Uint8Array | undefined)[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => chunk ?? new Uint8Array(CHUNK)));
}

function chunksOf(count: number, seed: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => noise(CHUNK, seed + i));
}

for (const threads of [0, 1]) {
  for (const count of [3, 40, 3000]) {
    const size = count === 3000 ? 1024 : CHUNK;
    t.test(
      `with ${threads} threads a file of ${count} chunks that differs in two is built from the one there`,
      async (t) => {
        const place = await makePlace(t, { threads });
        const wanted = Array.from({ length: count }, (_, i) => noise(size, 100 + i));
        const old = wanted.map((chunk, i) => (i === 1 || i === count - 1 ? noise(size, 9000 + i) : chunk));
        const path = join(place.target, 'big');
        writeFileSync(path, contentOf(old));
        linkSync(path, join(place.root, 'old'));
        const report = await place.restore([fileOf(place, 'big', wanted)], { overwrite: 'changed', verify: true });
        t.same(failed(report), []);
        t.ok(readFileSync(path).equals(contentOf(wanted)));
        t.ok(readFileSync(join(place.root, 'old')).equals(contentOf(old)), 'the old one was not touched');
        t.equal(report.bytesReused, (count - 2) * size);
        t.equal(report.bytesWritten, count * size);
        t.same([report.files, report.verified], [1, 1]);
        t.equal(lstatSync(path).mtimeMs, 1_600_000_000_123.4568);
      },
    );
  }
}

t.test('of a file that differs in one chunk only that chunk is fetched', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const fetchedBytes = () =>
    backend.calls.reduce((sum, { verb, length }) => sum + (verb === 'getRange' ? (length ?? 0) : 0), 0);
  const place = await makePlace(t, { backend });
  const wanted = chunksOf(200, 1);
  const old = wanted.with(100, noise(CHUNK, 7777));
  writeFileSync(join(place.target, 'big'), contentOf(old));
  const entry = fileOf(place, 'big', wanted);
  await place.tree.store();
  backend.calls.length = 0;
  await place.run([place.scope('/warm', entry)], { target: join(place.root, 'whole') });
  const whole = fetchedBytes();
  const root = place.tree.directory('s', [entry]);
  await place.tree.store();
  backend.calls.length = 0;
  await place.run([place.scope('/s', root)], { flatten: true, overwrite: 'changed' });
  const fetched = fetchedBytes();
  t.ok(readFileSync(join(place.target, 'big')).equals(contentOf(wanted)));
  t.ok(whole > 200 * CHUNK, `${whole} bytes for all of it`);
  t.ok(fetched < 8 * CHUNK, `${fetched} bytes for one chunk`);
});

t.test('"always" takes from an identical file, and from none that is shorter than it says', async (t) => {
  const place = await makePlace(t);
  const wanted = chunksOf(8, 1);
  const path = join(place.target, 'big');
  writeFileSync(path, contentOf(wanted));
  const entries = [fileOf(place, 'big', wanted)];
  const report = await place.restore(entries, { overwrite: 'always' });
  t.equal(report.bytesReused, 8 * CHUNK);
  truncateSync(path, 2 * CHUNK + 100);
  const again = await place.restore(entries, { overwrite: 'always' });
  t.equal(again.bytesReused, 2 * CHUNK);
  t.ok(readFileSync(path).equals(contentOf(wanted)));
});

t.test('holes stay holes in a file that is built from another', async (t) => {
  const place = await makePlace(t);
  const wanted = [noise(CHUNK, 1), undefined, undefined, undefined, noise(CHUNK, 2), undefined];
  const path = join(place.target, 'big');
  writeFileSync(path, noise(7 * CHUNK, 5));
  writeFileSync(path, wanted[0]!, { flag: 'r+' });
  const report = await place.restore([fileOf(place, 'big', wanted)], { overwrite: 'always', verify: true });
  t.same(failed(report), []);
  t.ok(readFileSync(path).equals(contentOf(wanted)));
  t.equal(report.bytesReused, CHUNK);
  t.ok(lstatSync(path).blocks * 512 < 4 * CHUNK, 'it takes less room than its size');
});

t.test('a file in the place that cannot be read, or is none, is replaced all the same', async (t) => {
  const place = await makePlace(t);
  const wanted = chunksOf(5, 1);
  mkdirSync(join(place.target, 'big'));
  const entries = [fileOf(place, 'big', wanted)];
  t.same(failed(await place.restore(entries, { overwrite: 'changed' })), []);
  chmodSync(join(place.target, 'big'), 0);
  writeFileSync(join(place.target, 'big'), noise(5 * CHUNK, 9));
  const report = await place.restore(entries, { overwrite: 'changed' });
  t.same(failed(report), []);
  t.equal(report.bytesReused, 0);
  t.ok(readFileSync(join(place.target, 'big')).equals(contentOf(wanted)));
});

t.test('a file whose missing chunk is damaged stays as it was', async (t) => {
  const place = await makePlace(t);
  const wanted = chunksOf(6, 1);
  const entry = fileOf(place, 'big', wanted);
  await place.tree.store();
  const broken = { ...entry, content: brokenContent(place, wanted) };
  const root = place.tree.directory('s', [broken]);
  await place.tree.store();
  const old = contentOf(wanted.with(3, noise(CHUNK, 50)));
  writeFileSync(join(place.target, 'big'), old);
  const report = await place.run([place.scope('/s', root)], { flatten: true, overwrite: 'changed' });
  t.same(failed(report), ['OBJECT_MISSING big']);
  t.ok(readFileSync(join(place.target, 'big')).equals(old));
});

/** The same chunks, the fourth of which no pack holds. */
function brokenContent(place: Place, chunks: readonly Uint8Array[]): TreeEntry['content'] {
  const writer = new ContentWriter({ identify: (kind, bytes) => place.tree.chunk(kind, bytes), add: () => {} });
  for (const [i, chunk] of chunks.entries()) {
    writer.add(chunk.length, i === 3 ? new Uint8Array(32).fill(9) : place.tree.chunk(CHUNK_KINDS.data, chunk));
  }
  return writer.finish();
}
