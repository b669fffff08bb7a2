import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { BitacoraError } from '../../src/base/index.js';
import { createEngine, type Engine, handOver } from '../../src/engine/index.js';
import { createThreadLane } from '../../src/engine/thread-lane.js';
import { noise } from '../backup/fixture.js';
import { EngineSession, SECRETS, settings, temporaryDirectory } from './write-fixture.js';

const MIB = 2 ** 20;
const ENGINES: Readonly<Record<string, () => Promise<Engine>>> = {
  inline: () => createEngine({ threads: 0 }),
  pooled: () => createEngine({ threads: 1 }),
};

for (const [name, make] of Object.entries(ENGINES)) {
  t.test(`the ${name} engine whose pack nobody takes fails all that follows and leaves no file`, async (t) => {
    const root = await temporaryDirectory(t);
    const spool = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    session.onPack = () => {
      throw new BitacoraError('NO_SPACE', 'Nothing fits.');
    };
    await session.open({ spoolDirectory: spool, packBytesTarget: 6 * MIB });
    const tries = async () => {
      for (let round = 0; round < 20; round++) {
        await session.files(root, [noise(1.3 * MIB, 2 * round + 1), noise(1.3 * MIB, 2 * round + 2)]);
      }
    };
    await t.rejects(tries(), { code: 'NO_SPACE' });
    await t.rejects(session.finish(), { code: 'NO_SPACE' });
    await session.call('write.abort', { session: 1 });
    t.same(readdirSync(spool), []);
    await t.rejects(session.finish(), { code: 'INTERNAL', message: /not open/ });
  });

  t.test(`the ${name} engine given up in the middle waits for packs on their way and leaves no file`, async (t) => {
    const root = await temporaryDirectory(t);
    const spool = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    let refuse = (_: Error): void => {};
    const held = new Promise<void>((_, reject) => {
      refuse = reject;
    });
    const began = new Promise<void>((resolve) => {
      session.onPack = () => {
        resolve();
        return held;
      };
    });
    await session.open({ spoolDirectory: spool, packBytesTarget: 6 * MIB });
    for (let round = 0; round < 4; round++)
      await session.files(root, [noise(1.4 * MIB, round * 2 + 1), noise(1.4 * MIB, round * 2 + 2)]);
    await began;
    let aborted = false;
    const abort = session.call('write.abort', { session: 1 }).then(() => {
      aborted = true;
    });
    await session.call('write.open', { session: 2, secrets: handOver(SECRETS).secrets, settings: settings() });
    t.notOk(aborted, 'it waits');
    refuse(new Error('no'));
    await abort;
    t.same(readdirSync(spool), []);
    await session.call('write.abort', { session: 2 });
  });

  t.test(`the ${name} engine whose spool is full or gone says so`, async (t) => {
    const root = await temporaryDirectory(t);
    const spool = join(await temporaryDirectory(t), 'gone');
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    await session.open({ spoolDirectory: spool });
    const run = async (seed: number) => {
      for (let round = 0; round < 8; round++) await session.files(root, [noise(1.5 * MIB, seed + round)]);
    };
    await t.rejects(run(1), { code: 'BACKEND_FAILED' });
    await t.rejects(session.files(root, [noise(10, 1000)]), { code: 'BACKEND_FAILED' }, 'and goes on saying so');
    await session.call('write.abort', { session: 1 });
    if (process.geteuid?.() !== 0) return;
    await mkdir(spool);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', spool], { stdio: 'ignore' });
    } catch {
      await rm(spool, { recursive: true });
      t.pass('no mounts here');
      return;
    }
    try {
      await session.open({ spoolDirectory: spool });
      await t.rejects(run(50), { code: 'NO_SPACE' });
      await session.call('write.abort', { session: 1 });
      t.same(readdirSync(spool), []);
    } finally {
      execFileSync('umount', [spool]);
    }
  });

  t.test(`the ${name} engine refuses a question that fails, and the session can still be given up`, async (t) => {
    const root = await temporaryDirectory(t);
    const engine = await make();
    t.teardown(() => engine.close());
    const session = new EngineSession(engine);
    session.onKnown = () => {
      throw new BitacoraError('CANCELLED', 'Enough.');
    };
    await session.open();
    await t.rejects(session.files(root, [noise(100, 1)]), { code: 'CANCELLED' });
    session.onKnown = () => {};
    await t.resolves(session.files(root, [noise(100, 1)]), 'the slab was given back');
    await t.resolves(session.files(root, [noise(100, 2)]));
    await t.resolves(session.files(root, [noise(100, 3)]));
    await session.call('write.abort', { session: 1 });
  });
}

/** Something that is settled from outside. */
function held(): { readonly promise: Promise<void>; resolve(): void; reject(error: Error): void } {
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
}

t.test('a worker that dies fails its calls, and its late answers do not reach the next worker', async (t) => {
  const root = await temporaryDirectory(t);
  const lane = createThreadLane(0, new URL('./mortal-thread.js', import.meta.url));
  const engine = { lanes: [lane], close: () => lane.close() };
  t.teardown(() => engine.close());
  const session = new EngineSession(engine);
  const run = async (seed: number) => {
    const [pack, begun] = [held(), held()];
    session.onPack = () => {
      begun.resolve();
      return pack.promise;
    };
    await session.open();
    await session.files(root, [noise(100, seed)]);
    const finishing = session.finish();
    finishing.catch(() => {});
    await begun.promise;
    return { pack, finishing };
  };
  const first = await run(1);
  await t.rejects(session.call('test.die', {}), { code: 'INTERNAL', message: /exit code 3/ });
  await t.rejects(first.finishing, { code: 'INTERNAL' });
  await t.rejects(session.files(root, [noise(100, 5)]), { code: 'INTERNAL', message: /not open/ });
  const second = await run(2);
  first.pack.reject(new Error('too late'));
  await session.call('write.abort', { session: 99 });
  second.pack.resolve();
  await t.resolves(second.finishing);
});
