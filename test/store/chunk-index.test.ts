import { copyFile, mkdir, mkdtemp, open, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { isBitacoraError, toHex } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';
import { ChunkIndex, isIndexDamage, type UserIndex } from '../../src/store/index.js';

const VAULT = new Uint8Array(16).fill(7);
const UID = new Uint8Array(16).fill(1);
const OTHER_UID = new Uint8Array(16).fill(2);

async function directory(test: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'bitacora-index-'));
  test.teardown(() => rm(path, { recursive: true }));
  return join(path, 'index');
}

function id(label: string | number): Uint8Array {
  return sha256(Buffer.from(String(label)));
}

function ids(...labels: (string | number)[]): Uint8Array {
  return Buffer.concat(labels.map(id));
}

function pack(label: string, ...frames: number[][]): Parameters<UserIndex['addPack']> {
  const firstChunks = [0];
  for (const frame of frames) firstChunks.push(firstChunks.at(-1)! + frame.length);
  return [id(label), Buffer.from(`head of ${label}`), { firstChunks, ids: ids(...frames.flat()) }];
}

t.test('lookup() tells the place of each chunk in the order asked', async (t) => {
  const index = await ChunkIndex.open(await directory(t), { vaultId: VAULT });
  const user = await index.user(UID);
  t.equal(user.empty, true);
  t.same(await user.lookup(ids(1, 2)), [undefined, undefined]);
  const first = await user.addPack(...pack('a', [1, 2], [3]));
  const second = await user.addPack(...pack('b', [4]));
  t.equal(user.empty, false);
  t.same(await user.lookup(ids(3, 'none', 4, 1, 2)), [
    { pack: first, frame: 1, position: 0 },
    undefined,
    { pack: second, frame: 0, position: 0 },
    { pack: first, frame: 0, position: 0 },
    { pack: first, frame: 0, position: 1 },
  ]);
  t.same(await user.lookup(new Uint8Array(0)), []);
  t.equal(toHex(user.packName(first)), toHex(id('a')));
  t.equal(user.packOrdinal(id('b')), second);
  t.equal(Buffer.from(await user.sealedHead(second)).toString(), 'head of b');
  await index.close();
});

t.test('addPack() twice changes nothing', async (t) => {
  const index = await ChunkIndex.open(await directory(t));
  const user = await index.user(UID);
  const ordinal = await user.addPack(...pack('a', [1, 2]));
  const mark = user.mark;
  t.equal(await user.addPack(...pack('a', [1, 2])), ordinal);
  t.same(user.mark, mark);
  t.same(await user.lookup(ids(2)), [{ pack: ordinal, frame: 0, position: 1 }]);
  await t.rejects(user.addPack(id('z'), new Uint8Array(1), { firstChunks: [0, 2], ids: ids(1) }), TypeError);
  t.equal(user.packOrdinal(id('z')), undefined);
  await index.close();
});

t.test('large places survive the way through the index', async (t) => {
  const index = await ChunkIndex.open(await directory(t));
  const user = await index.user(UID);
  const firstChunks = new Array<number>(70_001).fill(0);
  firstChunks[70_000] = 300;
  const labels = Array.from({ length: 300 }, (_, i) => i);
  await user.addPack(id('big'), new Uint8Array(0), { firstChunks, ids: ids(...labels) });
  t.same(await user.lookup(ids(299)), [{ pack: 0, frame: 69_999, position: 299 }]);
  await index.close();
});

t.test('changes that overlap are made one after another, and all are there after a reopen', async (t) => {
  const path = await directory(t);
  const index = await ChunkIndex.open(path);
  const user = await index.user(UID);
  const labels = Array.from({ length: 40 }, (_, i) => i);
  const ordinals = await Promise.all(labels.map((i) => user.addPack(...pack(`p${i}`, [i]))));
  t.same(ordinals, labels);
  await user.setComplete(false);
  await index.close();
  const again = await ChunkIndex.open(path);
  const reopened = await again.user(UID);
  t.same(reopened.mark, { ...user.mark });
  t.equal(reopened.mark.packs, 40);
  t.same(
    (await reopened.lookup(ids(...labels))).map((place) => place?.pack),
    labels,
  );
  t.equal(reopened.loosePacks().length, 40);
  await again.close();
});

t.test('users do not see each other', async (t) => {
  const index = await ChunkIndex.open(await directory(t));
  const [one, two] = [await index.user(UID), await index.user(OTHER_UID)];
  await one.addPack(...pack('a', [1]));
  await two.addPack(...pack('b', [2]));
  t.same(await two.lookup(ids(1)), [undefined]);
  t.equal(two.packOrdinal(id('a')), undefined);
  await one.clear();
  t.equal(one.empty, true);
  t.same(await one.lookup(ids(1)), [undefined]);
  t.same(await two.lookup(ids(2)), [{ pack: 0, frame: 0, position: 0 }]);
  t.equal(await index.user(UID), one);
  await index.close();
});

t.test('forgetPack() forgets what is known to lie there and nothing else', async (t) => {
  const index = await ChunkIndex.open(await directory(t));
  const user = await index.user(UID);
  await user.addPack(...pack('a', [1, 2]));
  await user.addPack(...pack('b', [2, 3]));
  await user.forgetPack(id('a'), ids(1, 2));
  t.same(await user.lookup(ids(1, 2, 3)), [
    undefined,
    { pack: 1, frame: 0, position: 0 },
    { pack: 1, frame: 0, position: 1 },
  ]);
  t.equal(user.packOrdinal(id('a')), undefined);
  t.throws(() => user.packName(0), { code: 'DATA_CORRUPT' });
  await user.forgetPack(id('b'));
  t.same(await user.lookup(ids(2, 3)), [undefined, undefined]);
  t.equal(user.empty, true);
  await user.forgetPack(id('b'));
  t.equal(await user.addPack(...pack('c', [9])), 2, 'numbers are not given twice');
  await index.close();
});

t.test('applyEntries() keeps entries in order and takes committed packs off the loose ones', async (t) => {
  const path = await directory(t);
  const index = await ChunkIndex.open(path);
  const user = await index.user(UID);
  await user.addPack(...pack('a', [1]));
  await user.addPack(...pack('b', [2]));
  const entry = (seq: number) => ({ seq, hash: id(`entry ${seq}`), sealed: Buffer.from(`sealed ${seq}`) });
  await user.applyEntries({ entries: [entry(300), entry(2), entry(1)], heads: [entry(300)], packs: [id('a')] });
  await user.applyEntries({ entries: [entry(300)], heads: [entry(300)], packs: [] });
  await user.setComplete(false);
  await index.close();
  const again = await ChunkIndex.open(path);
  const reopened = await again.user(UID);
  t.equal(reopened.mark.entries, 3);
  t.same(reopened.mark.applied, [{ seq: 300, hash: Uint8Array.from(id('entry 300')) }]);
  t.same(reopened.loosePacks().map(toHex), [toHex(id('b'))]);
  const seqs: number[] = [];
  for await (const { seq } of reopened.entryObjects()) seqs.push(seq);
  for await (const { seq } of reopened.heldEntries()) seqs.push(seq);
  for await (const { seq } of reopened.entryNames()) seqs.push(seq);
  for await (const { seq } of reopened.heldEntries(entry(300))) seqs.push(seq);
  t.same(seqs, [1, 2, 300, 300, 2, 1, 1, 2, 300, 2, 1]);
  t.equal(Buffer.from((await reopened.entry(entry(2)))!).toString(), 'sealed 2');
  t.equal(await reopened.entry(entry(4)), undefined);
  await again.close();
});

t.test('an index that was not completed starts empty', async (t) => {
  const path = await directory(t);
  const index = await ChunkIndex.open(path);
  await (await index.user(UID)).addPack(...pack('a', [1]));
  await index.close();
  const again = await ChunkIndex.open(path);
  const user = await again.user(UID);
  t.equal(user.mark.complete, false);
  t.equal(user.mark.packs, 0);
  t.equal(user.packOrdinal(id('a')), undefined);
  await again.close();
});

t.test('open() refuses an index that is open, and another vault’s', async (t) => {
  const path = await directory(t);
  const index = await ChunkIndex.open(path, { vaultId: VAULT });
  await t.rejects(ChunkIndex.open(path, { vaultId: VAULT }), { code: 'VAULT_BUSY', retryable: true });
  await index.close();
  await t.rejects(ChunkIndex.open(path, { vaultId: UID }), { code: 'DATA_CORRUPT', details: { index: true } });
  const again = await ChunkIndex.open(path, { vaultId: VAULT });
  await again.close();
});

t.test('damage is found and says that the index can be rebuilt', async (t) => {
  const path = await directory(t);
  const index = await ChunkIndex.open(path);
  const user = await index.user(UID);
  for (let i = 0; i < 20; i++) {
    const labels = Array.from({ length: 5000 }, (_, j) => i * 5000 + j);
    await user.addPack(...pack(`p${i}`, labels));
  }
  await user.setComplete(false);
  await index.close();
  const reopened = await ChunkIndex.open(path); // Moves the log into tables.
  await reopened.close();
  const tables = (await readdir(path)).filter((name) => name.endsWith('.ldb'));
  t.ok(tables.length > 0);

  const damaged = async (name: string, damage: (copy: string) => Promise<void>) => {
    const copy = `${path}-${name}`;
    await mkdir(copy);
    for (const file of await readdir(path)) await copyFile(join(path, file), join(copy, file));
    await damage(copy);
    try {
      const broken = await ChunkIndex.open(copy);
      try {
        const places = await (await broken.user(UID)).lookup(ids(...Array.from({ length: 1000 }, (_, i) => i * 100)));
        t.notOk(places.every(Boolean), `${name}: damage must not go unseen`);
      } finally {
        await broken.close();
      }
    } catch (error) {
      t.ok(isIndexDamage(error), `${name}: ${String(error)}`);
      t.ok(isBitacoraError(error) && error.details.index === true);
    }
  };
  await damaged('missing-table', (copy) => rm(join(copy, tables[0]!)));
  await damaged('short-table', (copy) => truncate(join(copy, tables[0]!), 1000));
  await damaged('empty-table', (copy) => truncate(join(copy, tables[0]!), 0));
  await damaged('no-current', (copy) => rm(join(copy, 'CURRENT')));
  await damaged('short-manifest', async (copy) => {
    const manifest = (await readdir(copy)).find((name) => name.startsWith('MANIFEST'))!;
    await truncate(join(copy, manifest), 10);
  });
  await damaged('overwritten-table', async (copy) => {
    const file = await open(join(copy, tables[0]!), 'r+');
    await file.write(Buffer.alloc((await file.stat()).size, 0x55), 0);
    await file.close();
  });
});
