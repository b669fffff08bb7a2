import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { capabilities } from '../../src/posix/index.js';
import { serve } from './fixture.js';
import { ask } from './http.js';

const ASK = `
  require('node:http').request({ socketPath: process.argv[1], path: '/api/health' }, (response) => {
    response.setEncoding('utf8').on('data', (text) => process.stdout.write(response.statusCode + ' ' + text));
  }).end();
`;

/** Asks as another user, who can reach the socket. */
function askAs(uid: number, socket: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const words = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, '-e', ASK, socket];
    const child = spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}

t.test('whoever is neither the owner nor root is refused, whatever the permissions of the socket say', async (t) => {
  const { socket, root } = await serve(t);
  t.equal((await ask(socket, '/api/health')).status, 200);
  // Only root can be somebody else, and only the kernel knows who asks.
  if (process.geteuid?.() !== 0 || !capabilities().nativeCalls) return;
  chmodSync(root, 0o755);
  chmodSync(dirname(socket), 0o755);
  chmodSync(socket, 0o666);
  t.match(await askAs(65534, socket), /^403 .*"NOT_ALLOWED"/);
  t.match(await askAs(0, socket), /^200 /);
});

t.test('a group may enter, and what its members may do the settings say', async (t) => {
  // Only root can give a socket to any group.
  const group = process.geteuid?.() === 0 ? 4000 : process.getegid!();
  const { socket } = await serve(t, { serving: { socketGroup: String(group) } });
  const [file, directory] = [statSync(socket), statSync(dirname(socket))];
  t.same([file.mode & 0o777, file.gid], [0o660, group]);
  t.same([directory.mode & 0o777, directory.gid], [0o710, group]);
  t.equal((await ask(socket, '/api/version')).status, 200, 'its owner as before');
});

t.test('a directory that the group cannot enter is said', async (t) => {
  // Short, as the path of a socket must be; made with mode 0700.
  const root = mkdtempSync(join(tmpdir(), 'bitacora-group-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const group = process.geteuid?.() === 0 ? 4000 : process.getegid!();
  const socket = join(root, 's');
  await t.rejects(serve(t, { socket, serving: { socketGroup: String(group) } }), {
    code: 'CONFIG',
    message: /cannot enter/,
  });
});
