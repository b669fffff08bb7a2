import { createHash } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { equalBytes, toHex } from '../../src/base/index.js';
import {
  createEngine,
  type Engine,
  FILE_FIELDS,
  type FilesResult,
  type WriteSettings,
} from '../../src/engine/index.js';
import { type Backend, MemoryBackend, withFaults, withRecord } from '../../src/storage/index.js';
import {
  type StoredPacks,
  type WriteSession,
  type WriteSessionOptions,
  withWriteSession,
} from '../../src/store/index.js';
import type { UserRepository } from '../../src/vault/index.js';
import { noise } from '../backup/fixture.js';
import { settings, timesOf } from '../engine/write-fixture.js';
import { makeVault, openUser } from '../vault/fixture.js';

const MIB = 2 ** 20;

interface Setting {
  readonly repository: UserRepository;
  readonly engine: Engine;
  readonly root: string;
  session<T>(
    body: (session: WriteSession) => Promise<T>,
    more?: Partial<WriteSettings>,
    options?: Partial<WriteSessionOptions>,
  ): Promise<{ value: T; stored: StoredPacks }>;
  /** Has the session read files of these contents. */
  files(
    session: WriteSession,
    contents: readonly Uint8Array[],
    parents?: readonly (Uint8Array | undefined)[],
  ): Promise<FilesResult>;
}

async function makeSetting(t: Test, backend: Backend = new MemoryBackend(), threads = 0): Promise<Setting> {
  const place = await makeVault(t, backend);
  const vault = await place.open();
  const repository = await openUser(vault);
  const engine = await createEngine({ threads });
  t.teardown(async () => {
    repository.close();
    await engine.close();
    await vault.close();
  });
  let written = 0;
  return {
    repository,
    engine,
    root: place.root,
    session: (body, more = {}, options = {}) => {
      const { index, secrets } = repository;
      return withWriteSession(
        { engine, backend: repository.backend, index, secrets, settings: settings(more), ...options },
        body,
      );
    },
    async files(session, contents, parents = contents.map(() => undefined)) {
      const meta = new Float64Array(contents.length * FILE_FIELDS.count);
      const dirfd = openSync(place.root, 'r');
      let offset = 0;
      const names = contents.map((content, i) => {
        const name = Buffer.from(`w${written++}`);
        const path = join(place.root, name.toString());
        writeFileSync(path, content);
        meta.set([dirfd, offset, name.length, content.length, 0, ...timesOf(path)], i * FILE_FIELDS.count);
        offset += name.length;
        return name;
      });
      try {
        await session.ready();
        const bytes = contents.reduce((sum, { length }) => sum + length, 0);
        return await session.files(new Uint8Array(Buffer.concat(names)), meta, parents, bytes);
      } finally {
        closeSync(dirfd);
      }
    },
  };
}

/** Ids of the chunks, all of them known and readable. */
async function checkThere(
  t: Test,
  { repository }: Setting,
  ids: Uint8Array,
  lengths: ArrayLike<number>,
): Promise<void> {
  for (let i = 0; i < lengths.length; i++) {
    const bytes = await repository.chunks.read(1, ids.subarray(i * 32, i * 32 + 32));
    t.equal(bytes.length, lengths[i]);
  }
}

for (const threads of [0, 1, 2]) {
  t.test(
    `withWriteSession() with ${threads} threads stores each chunk once, in whatever session and lane`,
    async (t) => {
      const setting = await makeSetting(t, new MemoryBackend(), threads);
      const content = [noise(200_000, 1), noise(200_000, 2), noise(200_000, 1)];
      const one = await setting.session(async (session) => {
        const batches = [
          setting.files(session, content),
          setting.files(session, content),
          setting.files(session, [noise(1.4 * MIB, 9), ...content]),
        ];
        return Promise.all(batches);
      });
      t.equal(one.stored.bytesNew, 400_000 + Math.floor(1.4 * MIB));
      for (const { ids, lengths } of one.value) await checkThere(t, setting, ids, lengths);
      t.same(one.value[0]!.ids, one.value[1]!.ids);
      const two = await setting.session((session) => setting.files(session, [...content, noise(50, 3)]));
      t.match(two.stored, { bytesNew: 50, chunksNew: 1 });
      t.equal(two.stored.packs.length, 1);
      const three = await setting.session((session) => setting.files(session, content));
      const { adopted, ...stored } = three.stored;
      t.same(stored, { packs: [], bytesAdded: 0, chunksNew: 0, bytesNew: 0 });
      t.ok(adopted.length > 0, 'what it relies on is in no manifest yet');
      for (const name of adopted) t.ok(one.stored.packs.some((pack) => equalBytes(pack, name)));
    },
  );
}

t.test('withWriteSession() puts no pack for an empty session and one for a small one', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const setting = await makeSetting(t, backend, 2);
  backend.calls.length = 0;
  await setting.session(async () => {});
  t.same(backend.calls, []);
  const { stored } = await setting.session(async (session) => {
    const batches = Array.from({ length: 6 }, (_, i) => setting.files(session, [noise(300_000, i + 1)]));
    await Promise.all(batches);
    session.addNode(2, new Uint8Array(createHash('sha256').update('node').digest()), noise(500, 50));
  });
  t.equal(stored.packs.length, 1, 'data and nodes share it');
  t.equal(stored.chunksNew, setting.repository.index.mark.chunks);
});

t.test('withWriteSession() takes the chunks that a file had before as stored, and only in that file', async (t) => {
  const setting = await makeSetting(t);
  const content = noise(1000, 1);
  const { value } = await setting.session((session) => setting.files(session, [content]));
  const other = await makeSetting(t);
  const { index } = other.repository;
  const hinted = await setting.session((session) => setting.files(session, [content], [value.ids]), {}, { index });
  t.equal(hinted.stored.chunksNew, 0, 'the index was not even asked');
  const twoFiles = await setting.session(
    (session) => setting.files(session, [noise(5, 1), content], [value.ids, undefined]),
    {},
    { index },
  );
  t.equal(twoFiles.stored.chunksNew, 2);
});

t.test('withWriteSession() fails when a pack that it relied on is gone, and has indexed nothing false', async (t) => {
  const faults = withFaults(new MemoryBackend(), ({ verb, name }) =>
    verb === 'put' && name.includes('/packs/') ? 'lost' : undefined,
  );
  const setting = await makeSetting(t, faults);
  await setting.session((session) => setting.files(session, [noise(1000, 1)]));
  await faults.crash();
  const relying = setting.session((session) => setting.files(session, [noise(1000, 1), noise(1000, 2)]));
  await t.rejects(relying, { code: 'OBJECT_MISSING', details: { index: true } });
  const node = new Uint8Array(createHash('sha256').update('node').digest());
  await setting.session(async (session) => session.addNode(2, node, noise(100, 3)));
  await faults.crash();
  await t.rejects(
    setting.session(async (session) => session.addNode(2, node, noise(100, 3))),
    { code: 'OBJECT_MISSING' },
    'for nodes as well',
  );
});

t.test('withWriteSession() stores again what is not trusted', async (t) => {
  const setting = await makeSetting(t);
  const first = await setting.session((session) => setting.files(session, [noise(1000, 1)]));
  await setting.session((session) => setting.files(session, [noise(1000, 2)]));
  const distrusted = { nodes: true, packs: new Set([toHex(first.stored.packs[0]!)]) };
  const again = await setting.session(
    (session) => setting.files(session, [noise(1000, 1), noise(1000, 2)]),
    {},
    { distrusted },
  );
  t.equal(again.stored.chunksNew, 1);
  const [place] = await setting.repository.index.lookup(first.value.ids);
  t.same(setting.repository.index.packName(place!.pack), again.stored.packs[0], 'and the newer place holds');
});

t.test('withWriteSession() fails everybody who relied on a pack that could not be put', async (t) => {
  for (const threads of [0, 2]) {
    let puts = 0;
    const setting = await makeSetting(t, new MemoryBackend(), threads);
    const failing = withFaults(setting.repository.backend, ({ verb, name }) =>
      verb === 'put' && name.includes('/packs/') && ++puts === 2 ? 'io' : undefined,
    );
    const before = setting.repository.index.mark.packs;
    const run = setting.session(
      async (session) => {
        for (let i = 0; i < 30; i++) await setting.files(session, [noise(1.2 * MIB, i + 1)]);
      },
      { packBytesTarget: 5 * MIB },
      { backend: failing },
    );
    await t.rejects(run, { code: 'BACKEND_FAILED' });
    t.ok(puts >= 2 && puts < 7, 'soon');
    t.ok(setting.repository.index.mark.packs > before, 'what was put before may be used later');
    const { stored } = await setting.session((session) =>
      setting.files(session, [noise(1.2 * MIB, 1), noise(1.2 * MIB, 30)]),
    );
    t.equal(stored.bytesNew, Math.floor(1.2 * MIB), 'the first pack is reused, the last was never stored');
  }
});

t.test('withWriteSession() throws what the body threw, and stops on the signal', async (t) => {
  const setting = await makeSetting(t);
  const own = new Error('of the body');
  const failing = setting.session(async (session) => {
    await setting.files(session, [noise(10, 1)]);
    throw own;
  });
  await t.rejects(failing, own);
  t.equal(setting.repository.index.mark.packs, 0);
  const controller = new AbortController();
  const stopped = setting.session(
    async (session) => {
      await setting.files(session, [noise(10, 1)]);
      controller.abort();
    },
    {},
    { signal: controller.signal },
  );
  await t.rejects(stopped, { code: 'CANCELLED' });
  t.equal(setting.repository.index.mark.packs, 0);
});

t.test('withWriteSession() answers a stream that cannot be read and goes on', async (t) => {
  const setting = await makeSetting(t);
  const unreadable = openSync(join(setting.root, 'write-only'), 'w');
  t.teardown(() => closeSync(unreadable));
  const { value, stored } = await setting.session(async (session) => {
    const call = { fd: unreadable, largeClass: false, ranges: undefined, size: 10 };
    const { failure } = await session.stream(call, () => {});
    await setting.files(session, [noise(10, 1)]);
    return failure;
  });
  t.equal(value?.code, 'EBADF');
  t.equal(stored.chunksNew, 1);
});

t.test('withWriteSession() outlives the death of its worker', async (t) => {
  const setting = await makeSetting(t, new MemoryBackend(), 1);
  const run = setting.session(async (session) => {
    await setting.files(session, [noise(1000, 1)]);
    const pending = setting.files(session, [noise(1.4 * MIB, 2)]);
    await setting.engine.close();
    return pending;
  });
  // By how far the call had come when the worker went.
  const code = await run.catch((error: { code?: string }) => error.code);
  t.ok(code === 'CANCELLED' || code === 'INTERNAL', String(code));
  const { stored } = await setting.session((session) => setting.files(session, [noise(1000, 1)]));
  t.equal(stored.chunksNew, 1, 'a new worker does the next');
});

t.test('withWriteSession() stores nodes before too many have gathered', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const setting = await makeSetting(t, backend);
  const { stored } = await setting.session(
    async (session) => {
      for (let i = 0; i < 400; i++) {
        session.addNode(2, new Uint8Array(createHash('sha256').update(`${i}`).digest()), noise(100_000, i + 1));
        await session.drain();
      }
      t.ok(backend.calls.filter(({ verb, name }) => verb === 'put' && name.includes('/packs/')).length >= 2);
    },
    { packBytesTarget: 8 * MIB },
  );
  t.equal(stored.chunksNew, 400);
  t.ok(stored.packs.length >= 4);
});

t.test('withWriteSession() of two users at once keeps them apart', async (t) => {
  const setting = await makeSetting(t, new MemoryBackend(), 1);
  const other = await makeSetting(t);
  const both = await Promise.all([
    setting.session((session) => setting.files(session, [noise(5000, 1)])),
    other.session((session) => other.files(session, [noise(5000, 1)]), {}, { engine: setting.engine }),
  ]);
  t.not(toHex(both[0].value.ids), toHex(both[1].value.ids), 'other keys, other ids');
  for (const { stored } of both) t.equal(stored.chunksNew, 1);
});
