import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runHook } from '../../src/backup/index.js';

const never = new AbortController().signal;
const shell = (script: string, ...args: string[]) =>
  ['/bin/sh', '-c', script, 'hook', ...args] as [string, ...string[]];

async function scratch(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bitacora-hook-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

t.test('runHook() runs a program with its arguments and environment, and waits for it', async (t) => {
  const file = join(await scratch(t), 'out');
  // Without a shell of its own, nothing in an argument means anything.
  const argv = shell('printf "%s|%s|%s" "$BITACORA_USER" "$1" "$PATH" > "$2"; yes | head -c 300000', '$(id) ; *', file);
  await runHook('before', { argv, timeoutMs: 60_000, env: { BITACORA_USER: 'ana' } }, never);
  t.equal(await readFile(file, 'utf8'), `ana|$(id) ; *|${process.env.PATH}`);
});

t.test('runHook() tells nobody where the key or the service manager is', async (t) => {
  const file = join(await scratch(t), 'out');
  const own = ['CREDENTIALS_DIRECTORY', 'NOTIFY_SOCKET', 'BITACORA_VAULT'];
  for (const name of own) process.env[name] = `secret-${name}`;
  t.teardown(() => {
    for (const name of own) delete process.env[name];
  });
  await runHook('before', { argv: shell('env > "$1"', file), timeoutMs: 60_000 }, never);
  t.notMatch(await readFile(file, 'utf8'), /secret-/);
});

t.test('runHook() tells how a program failed, and the end of what it said', async (t) => {
  const fails = (argv: [string, ...string[]], timeoutMs = 60_000) =>
    runHook('after', { argv, timeoutMs, graceMs: 10 }, never);
  await t.rejects(fails(shell('echo no room >&2; exit 3')), {
    code: 'HOOK_FAILED',
    message: 'The hook "after" (/bin/sh) ended with exit code 3. It said: no room',
    details: { hook: 'after', command: '/bin/sh' },
  });
  await t.rejects(fails(['/nowhere/at-all']), { code: 'HOOK_FAILED', message: /could not be started: ENOENT/ });
  await t.rejects(fails(shell('trap "" TERM; while :; do sleep 1; done'), 50), {
    code: 'HOOK_FAILED',
    message: /did not end within 0\.05 s/,
  });
});
