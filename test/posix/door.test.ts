import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { test } from 'tap';
import { capabilities } from '../../src/posix/index.js';
import { nativeCalls } from '../../src/posix/native/native-calls.js';

const door = new URL('../../src/posix/index.js', import.meta.url).href;
const walker = `
  const { FileStat, capabilities, closeFd, openDirectory, openDirectoryAt, readDirectory, statAt } = await import(${JSON.stringify(door)});
  const root = openDirectory('/');
  const etc = openDirectoryAt(root, Buffer.from('etc'));
  const listing = readDirectory(etc);
  const stat = new FileStat();
  for (let i = 0; i < listing.length; i++) statAt(etc, listing.name(i), stat);
  closeFd(etc);
  closeFd(root);
  const result = { entries: listing.length, native: capabilities().nativeCalls };`;

test('BITACORA_NO_NATIVE=1 leaves plain Node, which lists the same', (t) => {
  const run = (environment: NodeJS.ProcessEnv): unknown => {
    const args = ['--input-type=module', '-e', `${walker} console.log(JSON.stringify(result));`];
    return JSON.parse(spawnSync(process.execPath, args, { env: environment, encoding: 'utf8' }).stdout);
  };
  const plain = run({ ...process.env, BITACORA_NO_NATIVE: '1' }) as { entries: number };
  t.match(plain, { native: false });
  t.ok(plain.entries > 0);
  t.same(run({ ...process.env, BITACORA_NO_NATIVE: '' }), {
    entries: plain.entries,
    native: nativeCalls() !== undefined,
  });
  t.end();
});

test('capabilities() say that something is lost without native calls', (t) => {
  const { nativeCalls: native, exactTimes, xattrs, holes, specialFiles } = capabilities();
  t.same([exactTimes, xattrs, holes, specialFiles], [native, native, native, native]);
  t.end();
});

test('the room works in several worker threads at once and leaves no warning', async (t) => {
  const warnings: unknown[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  const code = `(async () => { ${walker} require('node:worker_threads').parentPort.postMessage(result.entries); })()`;
  const counts = await Promise.all(
    [1, 2, 3].map(async () => {
      const worker = new Worker(code, { eval: true });
      // Both at once: the last message and the exit can come in one turn of the loop.
      const [[entries]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
      return entries;
    }),
  );
  t.ok(counts[0] > 0);
  t.same(counts, [counts[0], counts[0], counts[0]]);
  t.same(warnings, []);
});
