import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { utf8 } from '../../src/base/index.js';
import {
  type CheckResult,
  createEngine,
  FILE_MODES,
  FileBatch,
  type FileDescription,
  type Lane,
  type RangeCall,
  type RangeResult,
} from '../../src/engine/index.js';
import { handOverOpen } from '../../src/engine/open-secrets.js';
import { CHUNK_KINDS } from '../../src/format/index.js';
import { capabilities, setXattrFd } from '../../src/posix/index.js';
import { makePlace } from '../restore/fixture.js';

const SESSION = 99;

interface Bench {
  readonly lane: Lane;
  readonly directory: string;
  readonly root: number;
  /** A call that writes chunk i to file i, one frame for each four chunks. */
  call(files: readonly Partial<FileDescription>[]): Promise<RangeCall>;
}

/** Six chunks in one pack, an open session on a lane, an empty directory. */
async function makeBench(test: Test, threads: number): Promise<Bench> {
  const place = await makePlace(test);
  const ids = [0, 1, 2, 3, 4, 5].map((i) => place.tree.chunk(CHUNK_KINDS.data, utf8(`chunk number ${i}`)));
  await place.tree.store();
  const { chunks, openSecrets } = place.repository;
  const located = await chunks.locate(Buffer.concat(ids));
  const pack = located.packs[0]!;
  const engine = await createEngine({ threads });
  const lane = engine.lanes[0]!;
  await lane.call('open.secrets', { ...handOverOpen(openSecrets).secrets, session: SESSION });
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-open-'));
  const root = openSync(directory, 'r');
  test.teardown(async () => {
    closeSync(root);
    rmSync(directory, { recursive: true });
    await engine.close();
  });
  const { offsets, sealedLengths, frameCount, end } = pack.footer;
  return {
    lane,
    directory,
    root,
    async call(files) {
      const batch = new FileBatch();
      for (const [i, file] of files.entries()) batch.add({ ...plainFile(`f${i}`), ...file }, FileBatch, () => utf8(''));
      const frames = Array.from({ length: frameCount }, (_, i) => [i, offsets[i]!, sealedLengths[i]!]).flat();
      const wants = files.flatMap((_, i) => [located.frame[i]!, located.position[i]!, 1]);
      return {
        session: SESSION,
        root,
        pack: pack.label,
        source: { bytes: await place.backend.getRange(pack.object, 80, end - 80) },
        header: new Uint8Array(pack.header),
        offset: 80,
        length: end - 80,
        frames: Float64Array.from(frames),
        wants: Uint32Array.from(wants),
        ids: new Uint8Array(Buffer.concat(ids.slice(0, files.length))),
        destinations: Float64Array.from(files.flatMap((_, i) => [i, 0, 14])),
        files: batch.finish(),
      };
    },
  };
}

function plainFile(name: string): FileDescription {
  return {
    mode: FILE_MODES.whole,
    name: utf8(name),
    size: 14,
    sparse: false,
    permissions: 0o640,
    owner: undefined,
    mtimeSec: 1000,
    mtimeNsec: 0,
    xattrs: [],
    identity: undefined,
  };
}

for (const threads of [0, 1]) {
  const kind = threads === 0 ? 'inline' : 'on a thread';
  t.test(`open.range ${kind} writes files with their metadata`, async (test) => {
    const { lane, directory, call } = await makeBench(test, threads);
    const result = (await lane.call('open.range', await call([{}, {}, {}, {}, {}, {}]))) as RangeResult;
    test.same(result, { failures: [], warnings: [], bytesWritten: 84 });
    for (let i = 0; i < 6; i++) test.equal(readFileSync(join(directory, `f${i}`), 'utf8'), `chunk number ${i}`);
    const stat = statSync(join(directory, 'f3'));
    test.same([stat.mode & 0o777, stat.mtimeMs], [0o640, 1_000_000]);
  });
}

const isRoot = process.geteuid?.() === 0;

for (const directoryKind of ['private', 'open to others', 'private, with a default ACL', 'private, of another group']) {
  t.test(`open.range gives owner and permissions in a directory that is ${directoryKind}`, async (test) => {
    const { lane, directory, root, call } = await makeBench(test, 0);
    if (directoryKind === 'open to others') chmodSync(directory, 0o755);
    if (directoryKind.endsWith('ACL')) addDefaultAcl(root);
    if (directoryKind.endsWith('group') && isRoot) {
      chownSync(directory, 0, 1234);
      chmodSync(directory, 0o2700);
    }
    const wanted = [0o644, 0o666, 0o755, 0o4755, 0o440, 0o600];
    const owner = { uid: process.geteuid!(), gid: process.getegid!() };
    const other = isRoot ? { uid: 1235, gid: 1236 } : owner;
    const files = wanted.map((permissions, i) => ({ permissions, owner: i === 2 ? other : owner }));
    const result = (await lane.call('open.range', await call(files))) as RangeResult;
    test.same(result, { failures: [], warnings: [], bytesWritten: 84 });
    for (const [i, file] of files.entries()) {
      const stat = statSync(join(directory, `f${i}`));
      test.same([stat.mode & 0o7777, stat.uid, stat.gid], [file.permissions, file.owner.uid, file.owner.gid], `f${i}`);
      test.equal(stat.mtimeMs, 1_000_000);
    }
  });
}

/** Only the owner may do anything with what is made in the directory; nothing where there are no such lists. */
function addDefaultAcl(directory: number): void {
  const acl = Buffer.alloc(28);
  acl.writeUInt32LE(2, 0);
  for (const [i, [tag, rights]] of [[0x01, 7] as const, [0x04, 0] as const, [0x20, 0] as const].entries()) {
    acl.writeUInt16LE(tag, 4 + i * 8);
    acl.writeUInt16LE(rights, 6 + i * 8);
    acl.writeUInt32LE(0xffff_ffff, 8 + i * 8);
  }
  if (capabilities().xattrs) setXattrFd(directory, utf8('system.posix_acl_default'), acl);
}

t.test('open.range refuses a chunk that does not have the wanted id', async (test) => {
  const { lane, directory, call } = await makeBench(test, 0);
  const wrong = await call([{}, {}, {}]);
  wrong.ids[32]! ^= 1;
  const result = (await lane.call('open.range', wrong)) as RangeResult;
  test.same(
    result.failures.map(({ file, code }) => [file, code]),
    [[1, 'DATA_CORRUPT']],
  );
  test.match(result.failures[0]?.message, /chunk 1 of frame 0 of pack/);
  test.same(readdirSync(directory).sort(), ['f0', 'f2']);
});

t.test('open.range refuses a position that the frame does not have, and a length that differs', async (test) => {
  const { lane, directory, call } = await makeBench(test, 0);
  const beyond = await call([{}, {}]);
  beyond.wants[1] = 9;
  beyond.destinations[5] = 13;
  const result = (await lane.call('open.range', beyond)) as RangeResult;
  test.same(
    result.failures.map(({ code }) => code),
    ['DATA_CORRUPT', 'DATA_CORRUPT'],
  );
  test.same(readdirSync(directory), []);
});

t.test('open.range with a damaged frame loses that frame only', async (test) => {
  const { lane, directory, call } = await makeBench(test, 0);
  const damaged = await call([{}, {}, {}, {}, {}, {}]);
  const { source } = damaged;
  if (!source || !('bytes' in source)) throw new TypeError('Bytes are expected.');
  source.bytes[20]! ^= 1;
  const result = (await lane.call('open.range', damaged)) as RangeResult;
  test.same(
    result.failures.map(({ file }) => file),
    [0, 1, 2, 3],
  );
  test.same(readdirSync(directory).sort(), ['f4', 'f5']);
});

t.test('open.range never overwrites a file that is there', async (test) => {
  const { lane, directory, call } = await makeBench(test, 0);
  writeFileSync(join(directory, 'f1'), 'mine');
  const result = (await lane.call('open.range', await call([{}, {}]))) as RangeResult;
  test.same(
    result.failures.map(({ file, code }) => [file, code]),
    [[1, 'EEXIST']],
  );
  test.equal(readFileSync(join(directory, 'f1'), 'utf8'), 'mine');
});

t.test('open.range writes parts only to the very file that was made for them', async (test) => {
  const { lane, directory, call } = await makeBench(test, 0);
  writeFileSync(join(directory, 'f0'), '');
  const stat = statSync(join(directory, 'f0'), { bigint: true });
  const identity = { inode: stat.ino, device: Number(stat.dev) };
  const part = { mode: FILE_MODES.part, identity };
  test.same(((await lane.call('open.range', await call([part]))) as RangeResult).failures, []);
  test.equal(readFileSync(join(directory, 'f0'), 'utf8'), 'chunk number 0');
  writeFileSync(join(directory, 'other'), 'somebody else wrote this');
  renameSync(join(directory, 'other'), join(directory, 'f0'));
  const swapped = (await lane.call('open.range', await call([part]))) as RangeResult;
  test.same(
    swapped.failures.map(({ code }) => code),
    ['TARGET_UNSAFE'],
  );
});

t.test('open.range fails as a whole without the session, the key or the pack', async (test) => {
  const { lane, call } = await makeBench(test, 0);
  await test.rejects(lane.call('open.range', { ...(await call([{}])), session: 1 }), TypeError);
  const otherEpoch = await call([{}]);
  otherEpoch.header[15]! ^= 1;
  await test.rejects(lane.call('open.range', { ...otherEpoch, pack: 'a' }), {
    code: 'DATA_CORRUPT',
    message: /no key/,
  });
  const otherSalt = await call([{}]);
  otherSalt.header[20]! ^= 1;
  await test.rejects(lane.call('open.range', { ...otherSalt, pack: 'b' }), { code: 'DATA_CORRUPT' });
  const gone = { ...(await call([{}])), source: { path: '/nonexistent/pack' } };
  await test.rejects(lane.call('open.range', gone), { code: 'OBJECT_MISSING', message: /Pack ".*" is missing/ });
});

t.test('open.check tells files that differ, are shorter, or are gone', async (test) => {
  const { lane, directory, root, call } = await makeBench(test, 0);
  const range = await call([{}, {}, {}, {}]);
  await lane.call('open.range', range);
  writeFileSync(join(directory, 'f1'), 'chunk number X');
  writeFileSync(join(directory, 'f2'), 'chunk');
  rmSync(join(directory, 'f3'));
  const items = Float64Array.from([0, 1, 2, 3].flatMap((file) => [file, 0, 14, 0]));
  const check = { session: SESSION, root, files: range.files, items, ids: range.ids };
  const result = (await lane.call('open.check', check)) as CheckResult;
  test.same(
    result.failures.map(({ file, code }) => [file, code]),
    [
      [1, 'DATA_CORRUPT'],
      [2, 'DATA_CORRUPT'],
      [3, 'ENOENT'],
    ],
  );
});
