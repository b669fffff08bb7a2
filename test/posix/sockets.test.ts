import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { capabilities, listeningSocket, peerCredentials } from '../../src/posix/index.js';

t.test('peerCredentials() tells who connected to a Unix socket, and nothing of other descriptors', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-peer-'));
  const server = createServer();
  t.teardown(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  const path = join(directory, 's');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect(path);
  t.teardown(() => client.destroy());
  const socket = await accepted;
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const { pid, geteuid, getegid } = process;
  const known = capabilities().nativeCalls ? { pid, uid: geteuid?.(), gid: getegid?.() } : undefined;
  t.same(peerCredentials(fd), known);
  socket.destroy();
  const file = openSync('/dev/null', 'r');
  t.equal(peerCredentials(file), undefined);
  closeSync(file);
});

t.test('listeningSocket() tells where a socket waits, and nothing of other descriptors', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-listening-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const place = join(directory, 's');
  for (const where of [{ path: place }, { host: '127.0.0.1', port: 0 }, { host: '::1', port: 0 }]) {
    const server = createServer();
    const listens = new Promise<boolean>((resolve) =>
      server.once('error', () => resolve(false)).listen(where, () => resolve(true)),
    );
    if (!(await listens)) {
      t.equal(where.host, '::1', 'a machine may lack IPv6, and nothing else');
      continue;
    }
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const told = listeningSocket(fd);
    const address = server.address();
    if (!capabilities().nativeCalls) t.equal(told, false);
    else if (typeof address === 'string') t.strictSame(told, { kind: 'unix', path: place });
    else {
      const host = where.host === '::1' ? '[::1]' : where.host;
      t.strictSame(told, { kind: 'tcp', host, port: address!.port });
    }
    server.close();
  }
  if (!capabilities().nativeCalls) return;
  const file = openSync('/dev/null', 'r');
  t.equal(listeningSocket(file), undefined);
  closeSync(file);
});
