import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { streamOf } from '../../src/backup/index.js';
import { ENTRY_TYPES } from '../../src/format/index.js';
import { makeSetting, noise, objects, type Setting } from './fixture.js';

/** Bytes in pieces of a length that falls together with no part and no chunk. */
async function* pieces(bytes: Uint8Array, length = 70_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function contentOf(setting: Setting, scope: Parameters<Setting['read']>[0]): Promise<Buffer> {
  return (await setting.read(scope)).get('')!.bytes!;
}

for (const threads of [0, 1]) {
  for (const bytes of [0, 1, 16 * 1024, 2 ** 20, 2 ** 20 + 1, 7_340_033]) {
    t.test(`backup() with ${threads} threads of a stream of ${bytes} bytes keeps it`, async (t) => {
      const setting = await makeSetting(t, { threads });
      const content = noise(bytes);
      const report = await setting.run({ paths: [], streams: [streamOf('dump.sql', pieces(content))] });
      t.equal(report.status, 'complete');
      const [scope] = report.scopes;
      t.match(scope, { scope: 'stream:dump.sql', files: 1, bytes });
      t.equal(Buffer.from(scope!.path).toString(), '/_streams/dump.sql');
      const { entry, bytes: kept } = (await setting.read(scope!)).get('')!;
      t.ok(kept!.equals(content));
      t.match(entry, { type: ENTRY_TYPES.file, mode: 0o600, size: bytes, flags: 0, xattrs: [] });
      t.ok(entry.mtimeSec * 1000 + 1000 > report.started, 'of the moment of its capture');
      t.match(report.counts, { files: 1, filesNew: 1, bytes, bytesRead: bytes });
      t.same(report.warnings, bytes === 0 ? ['The stream "dump.sql" was empty.'] : []);
    });
  }
}

t.test('backup() cuts a stream as it cuts a file of the same bytes', async (t) => {
  const setting = await makeSetting(t);
  const content = noise(5_000_000);
  setting.write('file', content);
  await setting.run();
  const report = await setting.run({ paths: [], streams: [streamOf('dump', pieces(content))] });
  t.equal(report.counts.chunksNew, 0, 'every chunk is known');
  t.equal(report.counts.bytesNew, 0);
});

t.test('backup() of a dump of 64 MiB with one line changed adds little', async (t) => {
  const setting = await makeSetting(t, { threads: 1 });
  const lines = noise(64 * 2 ** 20)
    .toString('hex')
    .slice(0, 64 * 2 ** 20);
  const dump = Buffer.from(lines, 'latin1');
  const changed = Buffer.concat([
    dump.subarray(0, 30_000_000),
    Buffer.from('one more line\n'),
    dump.subarray(30_000_000),
  ]);
  const first = await setting.run({ paths: [], streams: [streamOf('dump.sql', pieces(dump))] });
  const second = await setting.run({ paths: [], streams: [streamOf('dump.sql', pieces(changed))] });
  t.ok(first.counts.bytesNew >= dump.length);
  t.ok(second.counts.bytesNew <= 4 * 256 * 1024, `${second.counts.bytesNew} bytes are new`);
  t.ok((await contentOf(setting, second.scopes[0]!)).equals(changed));
  t.match(second.counts, { filesChanged: 1, filesNew: 0 });
  const third = await setting.run({ paths: [], streams: [streamOf('dump.sql', pieces(changed))] });
  t.match(third.counts, { filesUnchanged: 1, filesChanged: 0, bytesNew: 0 });
});

t.test('backup() takes streams and paths into one snapshot', async (t) => {
  const setting = await makeSetting(t);
  setting.write('file', 'of the tree');
  const streams = ['a', 'b'].map((name) => streamOf(name, pieces(Buffer.from(`of ${name}`))));
  const report = await setting.run({ streams });
  t.same(
    report.scopes.map(({ scope }) => scope),
    [`path:${setting.source}`, 'stream:a', 'stream:b'],
  );
  t.equal((await contentOf(setting, report.scopes[2]!)).toString(), 'of b');
  t.equal((await setting.read(report.scopes[0]!)).get('file')!.bytes!.toString(), 'of the tree');
  t.equal(report.counts.files, 3);
});

t.test('backup() of a stream that breaks off stores no snapshot', async (t) => {
  const setting = await makeSetting(t, { threads: 1 });
  setting.write('file', 'of the tree');
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield noise(3 * 2 ** 20);
    throw new Error('connection lost');
  }
  const run = setting.run({ streams: [streamOf('dump', broken())] });
  await t.rejects(run, { code: 'SOURCE_FAILED', message: /"dump" broke off: connection lost/ });
  t.same(await setting.repository.snapshots.list(), []);
  t.same(await objects(setting, 'log'), []);
});

t.test('backup() stops at once while a stream has nothing to give', async (t) => {
  const setting = await makeSetting(t);
  const stop = new AbortController();
  let told: AbortSignal | undefined;
  const silent = {
    name: 'silent',
    open(signal: AbortSignal): AsyncIterable<Uint8Array> {
      told = signal;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            stop.abort();
            return new Promise(() => {});
          },
        }),
      };
    },
  };
  await t.rejects(setting.run({ paths: [], streams: [silent], signal: stop.signal }), { code: 'CANCELLED' });
  t.equal(told?.aborted, true, 'and the source is told');
});

t.test('backup() fails while a stream goes on when the vault cannot take more', async (t) => {
  const setting = await makeSetting(t);
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given++;
      yield noise(2 ** 20, given);
      await setImmediate();
    }
  }
  setting.hooks.ask = (type) => {
    if (type === 'write.pack') throw new Error('the disk is gone');
  };
  await t.rejects(setting.run({ paths: [], streams: [streamOf('endless', endless())] }), /the disk is gone/);
  t.ok(given < 200, `${given} MiB were read`);
});

t.test('backup() asks a stream for more only as fast as it is stored', async (t) => {
  const setting = await makeSetting(t);
  let given = 0;
  let most = 0;
  let stored = 0;
  async function* counting(): AsyncGenerator<Uint8Array> {
    for (; given < 40; ) {
      given++;
      yield noise(2 ** 20, given);
      most = Math.max(most, given - stored);
    }
  }
  setting.hooks.ask = (type) => {
    if (type === 'write.known') stored++;
  };
  await setting.run({ paths: [], streams: [streamOf('counted', counting())] });
  t.ok(most <= 6, `${most} MiB were ahead`);
});

t.test('backup() lets go of a stream that ends well, and opens none in a dry run', async (t) => {
  const setting = await makeSetting(t);
  let opened = 0;
  const source = {
    name: 'dump',
    open: () => {
      opened++;
      return pieces(Buffer.from('bytes'));
    },
  };
  await setting.run({ paths: [], streams: [source] });
  const report = await setting.run({ paths: [], streams: [source], dryRun: true });
  t.equal(opened, 1);
  t.match(report, { status: 'complete', counts: { files: 1, bytes: 0 } });
});

t.test('backup() destroys a silent pipe when it fails', async (t) => {
  const setting = await makeSetting(t);
  const pipe = new PassThrough();
  pipe.write(noise(3 * 2 ** 20));
  setting.hooks.ask = () => {
    throw new Error('the index is gone');
  };
  await t.rejects(setting.run({ paths: [], streams: [streamOf('pipe', pipe)] }), /the index is gone/);
  t.ok(pipe.destroyed);
});

t.test('backup() refuses names of streams that could not be files', async (t) => {
  const setting = await makeSetting(t);
  for (const name of ['', '.', '..', 'a/b', 'a\0b', 'a\nb', 'x'.repeat(256), '\ud800']) {
    const run = setting.run({ paths: [], streams: [streamOf(name, pieces(Buffer.alloc(0)))] });
    await t.rejects(run, { code: 'BAD_NAME' }, JSON.stringify(name));
  }
  const twice = ['a', 'a'].map((name) => streamOf(name, pieces(Buffer.alloc(0))));
  await t.rejects(setting.run({ paths: [], streams: twice }), { code: 'USAGE' });
  await t.rejects(setting.run({ paths: [] }), { code: 'NO_SOURCE' });
});

t.test('backup() does not read a stream twice when the parent of a path is damaged', async (t) => {
  const setting = await makeSetting(t);
  setting.write('dir/file', 'content');
  await setting.run();
  await setting.reopen();
  const read = setting.repository.chunks.read.bind(setting.repository.chunks);
  const { DATA_CORRUPT } = await damagedReader();
  setting.repository.trees.leaves = () => {
    throw DATA_CORRUPT;
  };
  t.ok(read);
  let opened = 0;
  const source = {
    name: 'dump',
    open: () => {
      opened++;
      return pieces(Buffer.from('bytes'));
    },
  };
  const report = await setting.run({ streams: [source] });
  t.equal(report.status, 'complete');
  t.equal(opened, 1);
});

async function damagedReader(): Promise<{ DATA_CORRUPT: Error }> {
  const { BitacoraError } = await import('../../src/base/index.js');
  return { DATA_CORRUPT: new BitacoraError('DATA_CORRUPT', 'A node is damaged.') };
}
