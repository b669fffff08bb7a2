import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { utf8 } from '../../src/base/index.js';
import { bothWays, CREATE } from './both-ways.js';

const door = new URL('../../src/posix/index.js', import.meta.url).href;

/** A program that locks the file FILE through the door, says how that went, and stays while its input is open. */
const locker = (path: string): string[] => [
  '--input-type=module',
  '-e',
  `import { openDirectory, openFileAt, tryLock } from ${JSON.stringify(door)};
   const fd = openFileAt(openDirectory(${JSON.stringify(path)}), Buffer.from('lock'), 2);
   process.stdout.write(tryLock(fd));
   process.stdin.resume();`,
];

bothWays('tryLock() holds until the last copy of the open file is closed', async (t, { calls, root, path }) => {
  const first = calls.openFileAt(root, utf8('lock'), CREATE, 0o600);
  const second = calls.openFileAt(root, utf8('lock'), 2, 0);
  const outcome = calls.tryLock(first);
  if (!calls.capabilities().kernelLock) {
    t.equal(outcome, 'unsupported');
    return;
  }
  t.equal(outcome, 'locked');
  t.equal(calls.tryLock(first), 'locked', 'again by the holder');
  t.equal(calls.tryLock(second), 'busy', 'by another descriptor');
  const other = spawnSync(process.execPath, locker(path), { input: '', encoding: 'utf8' });
  t.equal(other.stdout, 'busy', 'by another process');
  calls.closeFd(first);
  t.equal(calls.tryLock(second), 'locked', 'free after close');
  calls.closeFd(second);
});

bothWays('a lock goes with its process, however that ends', async (t, { calls, root, path }) => {
  const fd = calls.openFileAt(root, utf8('lock'), CREATE, 0o600);
  if (!calls.capabilities().kernelLock) {
    t.equal(calls.tryLock(fd), 'unsupported');
    return;
  }
  const holder = spawn(process.execPath, locker(path), { stdio: ['pipe', 'pipe', 'inherit'] });
  const [said] = await once(holder.stdout, 'data');
  t.equal(String(said), 'locked');
  t.equal(calls.tryLock(fd), 'busy');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  t.equal(calls.tryLock(fd), 'locked');
  calls.closeFd(fd);
});
