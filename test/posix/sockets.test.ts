import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { capabilities, peerCredentials } from '../../src/posix/index.js';

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
