import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { toHex } from '../../src/base/index.js';
import { createChunker } from '../../src/chunking/index.js';
import { createIdHasher, padme } from '../../src/crypto/index.js';
import {
  createEngine,
  type Engine,
  FILE_STATUS,
  type FilesResult,
  RESULT_FIELDS,
  type StreamResult,
} from '../../src/engine/index.js';
import { FRAME_CHUNKS_MAX, FRAME_PLAIN_BYTES_MAX } from '../../src/format/index.js';
import { noise } from '../backup/fixture.js';
import { openPack, packBytes } from './open-packs.js';
import { EngineSession, predictableEngine, SECRETS, settings, temporaryDirectory } from './write-fixture.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const ENGINES: Readonly<Record<string, () => Promise<Engine>>> = {
  inline: () => createEngine({ threads: 0 }),
  pooled: () => createEngine({ threads: 1 }),
};

/** Text of words, which compresses, next to noise, which does not; sizes around every edge. */
function contents(): Buffer[] {
  const text = (length: number) => Buffer.alloc(length, 'the quick brown fox jumps over the lazy dog; ');
  const sizes = [0, 1, 63, 64, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, 64 * KIB, 256 * KIB, 256 * KIB + 1, 700 * KIB];
  return sizes.flatMap((size, i) => [noise(size, i + 1), text(size)]);
}

/** Runs one session over everything that a session can do. */
async function work(
  engine: Engine,
  root: string,
  spool?: string,
): Promise<{ session: EngineSession; result: FilesResult }> {
  const session = new EngineSession(engine);
  await session.open({ packBytesTarget: 3 * MIB, spoolDirectory: spool });
  const result = await session.files(root, contents());
  await stream(session, root, noise(9 * MIB, 77));
  await session.seal(2, [noise(5000, 5), noise(900 * KIB, 6), noise(10, 7)], 'meta');
  await session.seal(3, [noise(400, 8)], 'data');
  await session.finish();
  return { session, result };
}

async function stream(session: EngineSession, root: string, content: Uint8Array): Promise<StreamResult> {
  writeFileSync(join(root, 'stream'), content);
  const fd = openSync(join(root, 'stream'), 'r');
  try {
    const call = { session: 1, stream: 2, fd, largeClass: false, ranges: undefined, size: content.length };
    return (await session.call('write.stream', call)) as StreamResult;
  } finally {
    closeSync(fd);
  }
}

function checkPacks(t: Test, session: EngineSession, target: number): void {
  for (const pack of session.packs) {
    const { bytes, frames } = openPack(pack);
    t.ok(bytes.length >= 4096);
    t.equal(padme(bytes.length), bytes.length, 'a length that says little');
    t.ok(bytes.length <= padme(target) || frames.length === 1, 'the target holds');
    for (const { lengths, plainBytes } of frames) {
      t.ok(lengths.length <= FRAME_CHUNKS_MAX && plainBytes <= FRAME_PLAIN_BYTES_MAX, 'frames within limits');
    }
    const kinds = new Set(frames.map(({ kind }) => kind));
    t.notOk(kinds.has(1) && kinds.has(2), 'these sessions keep nodes apart');
  }
}

/** All chunks of a session by id, and how often each is stored. */
function stored(session: EngineSession): { chunks: Map<string, Buffer>; count: number } {
  const opened = session.packs.map(openPack);
  return {
    chunks: new Map(opened.flatMap(({ chunks }) => [...chunks])),
    count: opened.reduce((sum, { chunks }) => sum + chunks.size, 0),
  };
}

/** What ids and lengths must be, by the chunker and the hasher alone. */
function expectedChunks(content: Buffer): string[] {
  const chunker = createChunker(SECRETS.chunkerSecret, Math.max(64, content.length));
  const hasher = createIdHasher(SECRETS.idKeys);
  const ends = new Uint32Array(1024);
  chunker.buffer.set(content);
  const count = content.length === 0 ? 0 : chunker.cut(settings().smallClass, 0, content.length, true, ends);
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = new Uint8Array(32);
    hasher.id(1, content.subarray(i ? ends[i - 1]! : 0, ends[i]!), id, 0);
    found.push(toHex(id));
  }
  hasher.close();
  return found;
}

for (const [name, make] of Object.entries(ENGINES)) {
  t.test(`the ${name} engine stores what it read`, async (t) => {
    const root = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const { session, result } = await work(engine, root);
    checkPacks(t, session, 3 * MIB);
    const { chunks, count } = stored(session);
    t.equal(count, chunks.size, 'each chunk once');
    let chunk = 0;
    contents().forEach((content, i) => {
      const at = i * RESULT_FIELDS.count;
      t.equal(result.meta[at + RESULT_FIELDS.status], FILE_STATUS.ok);
      t.equal(result.meta[at + RESULT_FIELDS.size], content.length);
      const ids = Array.from({ length: result.meta[at + RESULT_FIELDS.chunks]! }, () => {
        return toHex(result.ids.subarray(chunk * 32, ++chunk * 32));
      });
      t.same(ids, expectedChunks(content), 'ids');
      t.ok(Buffer.concat(ids.map((id) => chunks.get(id)!)).equals(content), 'bytes');
    });
    const streamed = session.items.slice(chunk);
    t.ok(Buffer.concat(streamed.map(({ id }) => chunks.get(id)!)).equals(noise(9 * MIB, 77)), 'the stream');
    t.same(
      streamed.map(({ id }) => id),
      expectedChunks(noise(9 * MIB, 77)),
      'is cut as if it had been read at once',
    );
  });

  t.test(`the ${name} engine spools large packs and hands small ones over`, async (t) => {
    const root = await temporaryDirectory(t);
    const spool = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    await session.open({ spoolDirectory: spool });
    await stream(session, root, noise(70 * MIB, 3));
    await session.seal(2, [noise(5000, 5)], 'meta');
    await session.finish();
    t.same(
      session.packs.map(({ source }) => 'file' in source),
      [true, true, true, false],
    );
    t.same(readdirSync(spool).length, 3);
    checkPacks(t, session, 32 * MIB);
    for (const pack of session.packs.slice(0, 2)) t.ok(pack.length > 30 * MIB, 'close to the target');
  });

  t.test(`the ${name} engine answers a source that cannot be read and goes on`, async (t) => {
    const root = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    await session.open();
    const unreadable = openSync(join(root, 'w'), 'w');
    const call = { session: 1, stream: 1, fd: unreadable, largeClass: false, ranges: undefined, size: 5 };
    const answer = (await session.call('write.stream', call)) as StreamResult;
    closeSync(unreadable);
    t.equal(answer.failure?.code, 'EBADF');
    writeFileSync(join(root, 'good'), 'good');
    const names = ['missing', 'good', '.'].map((one) => Buffer.from(one));
    const result = await session.batch(root, names, [3, 4, 1]);
    t.same(
      result.failures.map(({ index, code }) => `${index} ${code}`),
      ['0 ENOENT', '2 EINVAL'],
    );
    t.equal(result.meta[RESULT_FIELDS.count + RESULT_FIELDS.status], FILE_STATUS.ok);
    await session.finish();
    t.equal(stored(session).chunks.size, 1);
  });

  t.test(`the ${name} engine reads the runs of a sparse file`, async (t) => {
    const root = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    await session.open();
    const content = noise(5 * MIB + 17, 9);
    writeFileSync(join(root, 'file'), content);
    const fd = openSync(join(root, 'file'), 'r');
    t.teardown(() => closeSync(fd));
    const base = { session: 1, stream: 1, fd, largeClass: false, size: content.length };
    const ranges = [
      { offset: 100, length: 300_000 },
      { offset: MIB, length: 5 },
    ];
    const runs = (await session.call('write.stream', { ...base, ranges })) as StreamResult;
    t.equal(runs.bytes, 300_005);
    t.equal(session.items.at(-1)!.length, 5, 'a run begins a chunk');
    await session.finish();
    const { chunks } = stored(session);
    const read = Buffer.concat(session.items.map(({ id }) => chunks.get(id)!));
    t.ok(read.equals(Buffer.concat([content.subarray(100, 300_100), content.subarray(MIB, MIB + 5)])));
  });

  t.test(`the ${name} engine reads no run behind one that ended early`, async (t) => {
    const root = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    await session.open();
    writeFileSync(join(root, 'file'), noise(3 * MIB, 9));
    const fd = openSync(join(root, 'file'), 'r');
    t.teardown(() => closeSync(fd));
    const ranges = [
      { offset: 0, length: 10 },
      { offset: 2 * MIB, length: 2 * MIB },
      { offset: MIB, length: 10 },
    ];
    const call = { session: 1, stream: 1, fd, largeClass: false, ranges, size: 5 * MIB };
    t.equal(((await session.call('write.stream', call)) as StreamResult).bytes, 10 + MIB);
    await session.finish();
  });

  t.test(`the ${name} engine has finished when its packs were taken, not before`, async (t) => {
    const root = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    await session.open({ packBytesTarget: 2 * MIB });
    let take = (): void => {};
    session.onPack = () =>
      new Promise((resolve) => {
        take = resolve;
        session.onPack = () => {};
      });
    await session.files(root, [noise(1.4 * MIB, 1)]);
    await session.files(root, [noise(1.4 * MIB, 2)]);
    let finished = false;
    const finishing = session.finish().then(() => {
      finished = true;
    });
    await session.call('write.abort', { session: 99 });
    t.notOk(finished);
    take();
    await finishing;
    t.equal(session.packs.length, 2);
  });

  t.test(`the ${name} engine cuts large-class files in larger pieces`, async (t) => {
    const root = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    await session.open();
    writeFileSync(join(root, 'f'), noise(1400 * KIB, 4));
    const small = await session.batch(root, [Buffer.from('f')], [1400 * KIB], 0);
    const large = await session.batch(root, [Buffer.from('f')], [1400 * KIB], 2);
    t.ok(large.lengths.length < small.lengths.length / 2);
    await session.finish();
  });
}

t.test('with one lane and the same randomness the inline and the pooled engine make the same packs', async (t) => {
  const root = await temporaryDirectory(t);
  const made: string[][] = [];
  for (const kind of ['inline', 'pooled', 'pooled'] as const) {
    const engine = await predictableEngine(kind);
    const { session } = await work(engine, root, await temporaryDirectory(t));
    made.push(session.packs.map((pack) => createHash('sha256').update(packBytes(pack)).digest('hex')));
    await engine.close();
  }
  t.ok(made[0]!.length >= 4);
  t.same(made[1], made[0]);
  t.same(made[2], made[0]);
});
