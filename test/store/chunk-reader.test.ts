import t from 'tap';
import { utf8 } from '../../src/base/index.js';
import { CHUNK_KINDS, packName, uidOf } from '../../src/format/index.js';
import { MemoryBackend, withRecord } from '../../src/storage/index.js';
import { ChunkReader } from '../../src/store/index.js';
import { makePlace } from '../restore/fixture.js';

t.test("read() gives a chunk and makes its frame's other chunks readable at once", async (test) => {
  const place = await makePlace(test);
  const ids = [0, 1, 2, 3, 4].map((i) => place.tree.chunk(CHUNK_KINDS.node, utf8(`node ${i}`)));
  await place.tree.store();
  const backend = withRecord(place.backend);
  const { index, openSecrets: secrets } = place.repository;
  const reader = new ChunkReader({ index, backend, secrets });
  test.equal(reader.readNow(CHUNK_KINDS.node, ids[0]!), undefined);
  test.equal(Buffer.from(await reader.read(CHUNK_KINDS.node, ids[0]!)).toString(), 'node 0');
  for (const i of [1, 2, 3]) {
    test.equal(Buffer.from(reader.readNow(CHUNK_KINDS.node, ids[i]!)!).toString(), `node ${i}`);
  }
  test.equal(reader.readNow(CHUNK_KINDS.node, ids[4]!), undefined);
  const both = await Promise.all([reader.read(CHUNK_KINDS.node, ids[4]!), reader.read(CHUNK_KINDS.node, ids[4]!)]);
  test.same(
    both.map((bytes) => Buffer.from(bytes).toString()),
    ['node 4', 'node 4'],
  );
  test.equal(backend.calls.filter(({ verb }) => verb === 'getRange').length, 2);
  reader.close();
});

t.test('a small cache forgets the frame used longest ago', async (test) => {
  const place = await makePlace(test);
  const ids = Array.from({ length: 12 }, (_, i) => place.tree.chunk(CHUNK_KINDS.node, utf8(`node ${i}`)));
  await place.tree.store();
  const { index, openSecrets: secrets } = place.repository;
  const reader = new ChunkReader({ index, backend: place.backend, secrets, cacheBytes: 200 });
  await reader.read(CHUNK_KINDS.node, ids[0]!);
  await reader.read(CHUNK_KINDS.node, ids[4]!);
  test.ok(reader.readNow(CHUNK_KINDS.node, ids[0]!));
  await reader.read(CHUNK_KINDS.node, ids[8]!);
  test.equal(reader.readNow(CHUNK_KINDS.node, ids[4]!), undefined);
  test.ok(reader.readNow(CHUNK_KINDS.node, ids[0]!));
  reader.close();
});

t.test('a chunk that no pack holds is missing, and the error names it and who needs it', async (test) => {
  const place = await makePlace(test);
  const id = new Uint8Array(32).fill(0xab);
  await test.rejects(place.repository.chunks.read(CHUNK_KINDS.node, id, 'directory "x"'), {
    code: 'OBJECT_MISSING',
    message: /abababab.*directory "x"/,
  });
});

t.test('a chunk is never given as another kind', async (test) => {
  const place = await makePlace(test);
  const id = place.tree.chunk(CHUNK_KINDS.node, utf8('node'));
  await place.tree.store();
  await test.rejects(place.repository.chunks.read(CHUNK_KINDS.list, id), { code: 'DATA_CORRUPT', message: /kind 2/ });
  await place.repository.chunks.read(CHUNK_KINDS.node, id);
  test.throws(() => place.repository.chunks.readNow(CHUNK_KINDS.list, id), { code: 'DATA_CORRUPT' });
});

t.test('a damaged frame and a missing pack are told apart, both naming the pack', async (test) => {
  const place = await makePlace(test);
  const id = place.tree.chunk(CHUNK_KINDS.node, utf8('node'));
  const [name] = await place.tree.store();
  const object = packName(uidOf(place.repository.uid), name!);
  const objects = (place.backend as MemoryBackend).snapshot();
  const { index, openSecrets: secrets } = place.repository;
  const bytes = Buffer.from(objects.get(object)!);
  bytes[90]! ^= 1;
  objects.set(object, bytes);
  const flipped = new ChunkReader({ index, backend: new MemoryBackend(objects), secrets });
  await test.rejects(flipped.read(CHUNK_KINDS.node, id), {
    code: 'DATA_CORRUPT',
    message: /frame 0 of pack "[0-9a-f]{64}"/,
  });
  objects.delete(object);
  const gone = new ChunkReader({ index, backend: new MemoryBackend(objects), secrets });
  await test.rejects(gone.read(CHUNK_KINDS.node, id), { code: 'OBJECT_MISSING' });
  flipped.close();
  gone.close();
});

t.test('locate() keeps the order, says what is missing, and where the rest is', async (test) => {
  const place = await makePlace(test);
  const ids = Array.from({ length: 6 }, (_, i) => place.tree.chunk(CHUNK_KINDS.data, utf8(`chunk ${i}`)));
  await place.tree.store();
  const unknown = new Uint8Array(32).fill(1);
  const located = await place.repository.chunks.locate(Buffer.concat([ids[5]!, unknown, ids[0]!]));
  test.same([...located.pack], [0, -1, 0]);
  test.same([located.frame[0], located.position[0]], [1, 1]);
  test.same([located.frame[2], located.position[2]], [0, 0]);
  test.equal(located.packs.length, 1);
  test.equal(located.unusable.size, 0);
});
