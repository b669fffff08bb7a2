import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemRandom } from '../../src/base/index.js';
import { initVault, makeReserve, releaseReserve } from '../../src/vault/index.js';
import { startDaemon } from './daemon.js';
import { parse } from './fixture.js';
import { ask } from './http.js';

async function scratch(t: Test): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'bitacora-reserve-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  return root;
}

t.test('the reserve is made once, takes its space, and is given up once', async (t) => {
  const root = await scratch(t);
  t.equal(await makeReserve(root, systemRandom), true);
  const { blocks } = statSync(join(root, 'reserve'));
  t.ok(blocks * 512 >= 16 << 20, 'no hole');
  t.equal(await makeReserve(root, systemRandom), true);
  t.equal(await releaseReserve(root), true);
  t.equal(await releaseReserve(root), false);
});

t.test('on a disk without a byte left snapshots can be forgotten and pruned', async (t) => {
  const root = await scratch(t);
  const path = join(root, 'vault');
  mkdirSync(path);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', path]).status === 0;
  if (!mounted) return t.pass('no file system of its own can be mounted here');
  t.teardown(() => execFileSync('umount', ['-l', path]));
  const keyFile = join(root, 'key');
  await initVault({ path, keyFile });
  t.equal(await makeReserve(path, systemRandom), true);
  const daemon = await startDaemon({ vault: path, keyFile });
  t.teardown(() => daemon.close());
  const source = join(root, 'source');
  mkdirSync(source);
  const backUp = async (name: string) => {
    writeFileSync(join(source, name), systemRandom.bytes(100_000));
    return ask(daemon.socket, '/api/commands/backup', { body: { user_id: 'ana', type: 'manual', paths: [source] } });
  };
  const { backup_id: id } = parse((await backUp('one')).text);
  t.equal((await backUp('two')).status, 200);
  fill(path);
  t.equal((await backUp('three')).status, 507, 'a backup leaves the reserve alone');
  t.ok(existsSync(join(path, 'reserve')));
  const restored = await ask(daemon.socket, '/api/restore', { body: { user_id: 'ana', target: join(root, 'out') } });
  t.equal(restored.status, 200, 'everything can be read');
  t.match(restored.text, /"status":"complete"/);
  t.equal((parse((await ask(daemon.socket, '/api/backups/ana')).text).backups as unknown[]).length, 2);
  const forgotten = await ask(daemon.socket, `/api/backups/ana/${id}/forget`, { method: 'POST', body: {} });
  t.equal(forgotten.status, 200, forgotten.text);
  t.notOk(existsSync(join(path, 'reserve')), 'it was needed');
  const pruned = await ask(daemon.socket, '/api/prune', { method: 'POST', body: { allow_large: true } });
  t.equal(pruned.status, 200, pruned.text);
  rmSync(join(path, 'filler'));
  t.equal((await ask(daemon.socket, '/api/prune', { method: 'POST', body: {} })).status, 200);
  t.ok(existsSync(join(path, 'reserve')), 'made again by whoever has room for it first');
});

/** Leaves not a byte. */
function fill(directory: string): void {
  const filler = join(directory, 'filler');
  for (const piece of [1 << 20, 1 << 12, 1]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(piece, 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  if (statfsSync(directory).bavail !== 0) throw new Error('The file system is not full.');
}
