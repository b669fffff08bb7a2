import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { backup, type RecordPart, type RecordSource, recordSource } from '../../src/backup/index.js';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { type CodecName, loadCodecs } from '../../src/codec/index.js';
import { createEngine } from '../../src/engine/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES, encodeEntry, type TreeEntry } from '../../src/format/index.js';
import { initVault, openVault } from '../../src/vault/index.js';
import { listTree } from '../golden/listing.js';
import { changeTree, makeTree, seededBytes } from '../golden/sample-trees.js';
import { referenceCuts } from './chunker.js';
import { restoreNewest } from './reader.js';
import { Cursor } from './reader-bytes.js';
import { readLog } from './reader-log.js';
import { Chunks } from './reader-packs.js';
import { readRecords } from './reader-records.js';
import { readDirectory, readEntry, readList } from './reader-tree.js';
import { openUser, openVault as readVault } from './reader-vault.js';

const PROGRAM = fileURLToPath(new URL('./restore.js', import.meta.url));
const SMALL_CLASS = { minBytes: 16_384, normalBytes: 65_536, maxBytes: 262_144 };

interface Place {
  readonly root: string;
  readonly source: string;
  readonly vault: string;
  readonly keyFile: string;
}

function makePlace(test: Test): Place {
  const root = mkdtempSync(join(tmpdir(), 'bitacora-reference-'));
  test.teardown(() => rmSync(root, { recursive: true, force: true }));
  return { root, source: join(root, 'source'), vault: join(root, 'vault'), keyFile: join(root, 'key') };
}

/** Backs up with the program and its worker threads: once, and again after each of `changes`. */
async function backUp(
  place: Place,
  codec: CodecName,
  changes: readonly (() => void)[] = [],
  records?: RecordSource,
): Promise<void> {
  const parts = { path: place.vault, keyFile: place.keyFile };
  await loadCodecs();
  await initVault(parts);
  const vault = await openVault({ ...parts, logger: silentLogger });
  await vault.ensureUser('ana');
  const repository = await vault.openUser('ana');
  const engine = await createEngine({ threads: 2 });
  for (const change of [() => undefined, ...changes]) {
    change();
    await backup({
      repository,
      engine,
      codec,
      vaultPath: place.vault,
      paths: records ? [] : [place.source],
      records,
      kind: 'manual',
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    });
  }
  repository.close();
  await engine.close();
  await vault.close();
}

for (const codec of ['zstd', 'lz4', 'gzip', 'none'] as const) {
  t.test(`the reference reader restores what was backed up with ${codec}`, async (t) => {
    const place = makePlace(t);
    mkdirSync(place.source);
    const large = Buffer.concat([seededBytes('large', 600_000), Buffer.alloc(300_000, 'again and again ')]);
    writeFileSync(join(place.source, 'large'), large);
    makeTree(place.source);
    await backUp(place, codec, [() => changeTree(place.source)]);
    const target = join(place.root, 'target');
    t.same(await restoreNewest(place.vault, place.keyFile, 'ana', target), []);
    t.same(listTree(join(target, place.source)), listTree(place.source));
  });
}

t.test('the reference reader reads records as they were sent', async (t) => {
  const place = makePlace(t);
  const sent = {
    actions: ['{"id":1.50}', '{ "id" : "b" }', '{"id":1.50}', 'null'],
    none: [],
    large: Array.from({ length: 3000 }, (_, i) => `{"id":"${i}","text":"${seededBytes(`${i}`, 300).toString('hex')}"}`),
  };
  const parts = Object.entries(sent).flatMap(([collection, list]): RecordPart[] => [
    { collection, shape: 'list', json: undefined },
    ...list.map((json): RecordPart => ({ collection, shape: 'list', json: Buffer.from(json) })),
  ]);
  const value: RecordPart = { collection: 'user_config', shape: 'value', json: Buffer.from('{"theme": "dark"}') };
  const open = async function* () {
    yield [...parts, value];
  };
  await backUp(place, 'zstd', [], recordSource(open, { session: 's1', userWide: ['user_config'] }));
  const user = openUser(readVault(place.vault, place.keyFile), 'ana');
  const { manifests, buried } = readLog(user);
  const chunks = new Chunks(user, buried);
  const [session, wide] = (manifests[0]?.scopes ?? []).map(({ entry }) => {
    return readRecords(chunks, readEntry(new Cursor(entry, 'A root')).root ?? Buffer.alloc(32));
  });
  t.same(
    session?.map(({ name, isValue, records }) => [name, isValue, records.map(({ json }) => json)]),
    Object.entries(sent).map(([name, list]) => [name, false, list]),
  );
  t.same(
    session?.[0]?.records.map(({ id }) => id),
    ['1.50', 'b', '1.50', undefined],
  );
  t.same(wide, [{ name: 'user_config', isValue: true, records: [{ id: undefined, json: '{"theme": "dark"}' }] }]);
  const target = join(place.root, 'target');
  t.same(await restoreNewest(place.vault, place.keyFile, 'ana', target), []);
  t.equal(readFileSync(join(target, '_records/session:s1/actions.json'), 'utf8'), `[${sent.actions.join(',')}]`);
});

t.test('restore.js restores from the command line, and says what is wrong', async (t) => {
  const place = makePlace(t);
  mkdirSync(place.source);
  writeFileSync(join(place.source, 'file'), 'content');
  await backUp(place, 'zstd');
  const run = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  const target = join(place.root, 'target');
  t.match(run(place.vault, place.keyFile, 'ana', target), { status: 0, stdout: '', stderr: '' });
  t.same(Object.keys(listTree(join(target, place.source))), ['.', './file']);
  t.match(run(place.vault, place.keyFile, 'nobody', target), { status: 1, stderr: /There is no user "nobody"/ });
  t.match(run(place.vault), { status: 64, stderr: /^Usage/ });
});

t.test('files are cut as the format page defines it, under the secret that it derives', async (t) => {
  const place = makePlace(t);
  mkdirSync(place.source);
  const bytes = seededBytes('cut', 1_000_000);
  writeFileSync(join(place.source, 'file'), bytes);
  await backUp(place, 'none');
  const user = openUser(readVault(place.vault, place.keyFile), 'ana');
  const { manifests, buried } = readLog(user);
  const chunks = new Chunks(user, buried);
  const scope = readEntry(new Cursor(manifests[0]?.scopes[0]?.entry ?? new Uint8Array(), 'a root'));
  const [file] = readDirectory(chunks, scope.root ?? Buffer.alloc(32));
  const lengths = [...readList(chunks, file?.root ?? Buffer.alloc(32))].map(({ length }) => length);
  let end = 0;
  const ends = lengths.map((length) => (end += length));
  t.same(ends, referenceCuts(user.keys(1, 1).chunkerSecret, SMALL_CLASS, bytes));
});

t.test('names are one thing only where all that they say of it is equal', async (t) => {
  const first: TreeEntry = {
    name: Buffer.from('a'),
    type: ENTRY_TYPES.file,
    flags: ENTRY_FLAGS.linkGroup,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeSec: 5,
    mtimeNsec: 6,
    ctimeSec: 7,
    ctimeNsec: 8,
    inode: 9n,
    device: 10n,
    size: 11,
    xattrs: [],
    content: { form: 'chunk', id: new Uint8Array(32).fill(1) },
  };
  const markOf = (more: Partial<TreeEntry>) =>
    readEntry(new Cursor(encodeEntry({ ...first, ...more }), 'An entry')).linkMark;
  t.equal(
    markOf({}),
    markOf({ name: Buffer.from('b'), mode: 0o600, ctimeSec: 70, flags: ENTRY_FLAGS.linkGroup | ENTRY_FLAGS.racy }),
  );
  const content = { form: 'chunk', id: new Uint8Array(32).fill(2) } as const;
  const others = [{ inode: 90n }, { device: 100n }, { size: 110 }, { mtimeSec: 50 }, { mtimeNsec: 60 }, { content }];
  const marks = new Set([{}, ...others].map(markOf));
  t.equal(marks.size, others.length + 1);
  t.equal(markOf({ flags: 0 }), undefined);
});
