import t from 'tap';
import { concatBytes, utf8 } from '../../src/base/index.js';
import { CHUNK_KINDS, packName, uidOf } from '../../src/format/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { ChunkReader } from '../../src/store/index.js';
import { makePlace } from '../restore/fixture.js';

/** Two packs with four chunks each, and a reader of them. */
async function twoPacks(test: Parameters<typeof makePlace>[0]) {
  const place = await makePlace(test);
  const ids: Uint8Array[] = [];
  for (const pack of ['a', 'b']) {
    for (let i = 0; i < 4; i++) ids.push(place.tree.chunk(CHUNK_KINDS.node, utf8(`node ${pack}${i}`)));
    await place.tree.store();
  }
  const { index, openSecrets: secrets } = place.repository;
  const reader = (): ChunkReader => {
    const made = new ChunkReader({ index, backend: place.backend, secrets, cacheBytes: 1 });
    test.teardown(() => made.close());
    return made;
  };
  return { place, index, ids, reader };
}

async function text(reader: ChunkReader, id: Uint8Array): Promise<string> {
  return Buffer.from(await reader.read(CHUNK_KINDS.node, id)).toString();
}

t.test('read() finds a chunk whose place in the index is wrong, and sets it right', async (test) => {
  const { index, ids, reader } = await twoPacks(test);
  const [right] = await index.lookup(ids[2]!);
  for (const wrong of [
    { ...right!, pack: 1 - right!.pack },
    { ...right!, frame: 7 },
    { ...right!, position: right!.position + 1 },
    { ...right!, position: 500 },
    { ...right!, pack: 99 },
  ]) {
    await index.setPlaces(ids[2]!, [wrong]);
    test.equal(await text(reader(), ids[2]!), 'node a2', JSON.stringify(wrong));
    test.same(await index.lookup(ids[2]!), [right]);
  }
});

t.test('locate() finds chunks whose places are wrong or that the index lacks, among sound ones', async (test) => {
  const { index, ids, reader } = await twoPacks(test);
  const all = concatBytes(ids);
  const before = await reader().locate(all);
  const places = await index.lookup(all);
  await index.setPlaces(
    all,
    places.map((place, i) => (i % 3 === 0 ? { ...place!, pack: 1 - place!.pack } : place)),
  );
  const after = await reader().locate(all);
  const name = (located: typeof before, i: number) => located.packs[located.pack[i]!]!.label;
  for (const i of ids.keys()) {
    test.equal(name(after, i), name(before, i));
    test.same([after.frame[i], after.position[i]], [before.frame[i], before.position[i]]);
  }
});

t.test('a chunk that is nowhere is looked for in all packs only once', async (test) => {
  const { index, ids, reader } = await twoPacks(test);
  let opened = 0;
  const sealedHead = index.sealedHead.bind(index);
  index.sealedHead = (ordinal) => {
    opened++;
    return sealedHead(ordinal);
  };
  const small = reader();
  const unknown = new Uint8Array(32).fill(1);
  for (let i = 0; i < 5; i++) test.same([...(await small.locate(unknown)).pack], [-1]);
  test.equal(opened, 2, 'the heads of both packs, once');
  test.equal(await text(small, ids[0]!), 'node a0');
});

t.test('read() takes another pack’s copy of a chunk where one is damaged', async (test) => {
  const { place, index, ids } = await twoPacks(test);
  place.tree.chunk(CHUNK_KINDS.node, utf8('node a1'));
  await place.tree.store();
  const [newest] = await index.lookup(ids[1]!);
  const object = packName(uidOf(place.repository.uid), index.packName(newest!.pack));
  const objects = (place.backend as MemoryBackend).snapshot();
  const bytes = Buffer.from(objects.get(object)!);
  bytes[90]! ^= 1;
  objects.set(object, bytes);
  const { openSecrets: secrets } = place.repository;
  const reader = new ChunkReader({ index, backend: new MemoryBackend(objects), secrets });
  test.teardown(() => reader.close());
  test.equal(await text(reader, ids[1]!), 'node a1');
  test.not((await index.lookup(ids[1]!))[0]!.pack, newest!.pack, 'and the index has it there from now on');
});

t.test('a head that is damaged in the index is read from the pack', async (test) => {
  const { place, index, ids, reader } = await twoPacks(test);
  const [{ pack } = { pack: -1 }] = await index.lookup(ids[0]!);
  const sealedHead = index.sealedHead.bind(index);
  index.sealedHead = async (ordinal) => {
    const head = new Uint8Array(await sealedHead(ordinal));
    if (ordinal === pack) head[100]! ^= 1;
    return head;
  };
  test.equal(await text(reader(), ids[0]!), 'node a0');
  const objects = (place.backend as MemoryBackend).snapshot();
  objects.delete(packName(uidOf(place.repository.uid), index.packName(pack)));
  const { openSecrets: secrets } = place.repository;
  const gone = new ChunkReader({ index, backend: new MemoryBackend(objects), secrets });
  test.teardown(() => gone.close());
  await test.rejects(gone.read(CHUNK_KINDS.node, ids[0]!), { code: 'OBJECT_MISSING' });
});
