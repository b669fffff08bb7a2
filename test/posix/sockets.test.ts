import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { utf8 } from '../../src/base/index.js';
import { bind, checked, loadLibc } from '../../src/posix/native/libc.js';
import { nativeSockets } from '../../src/posix/native/sockets.js';
import { plainCalls } from '../../src/posix/plain/plain-calls.js';

const skip = loadLibc() ? false : 'no access to the C library';
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** A bound datagram socket, which Node itself cannot make; returns what reads one datagram that has arrived. */
function receiver(t: Test, address: Uint8Array): () => string {
  const name = new Uint8Array(2 + address.length + (address[0] === 0 ? 0 : 1));
  name[0] = AF_UNIX;
  name.set(address, 2);
  const fd = checked(bind('int socket(int, int, int)')(AF_UNIX, SOCK_DGRAM, 0), 'socket');
  t.teardown(() => bind('int close(int)')(fd));
  checked(bind('int bind(int, const void*, uint)')(fd, name, name.length), 'bind');
  return () => {
    const into = new Uint8Array(1000);
    const length = bind('long recv(int, void*, ulong, int)')(fd, into, into.length, MSG_DONTWAIT);
    return Buffer.from(into.subarray(0, checked(length, 'recv'))).toString();
  };
}

t.test('sendDatagram() reaches a socket by its path or its abstract name', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-sockets-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  for (const address of [utf8(join(directory, 's')), utf8(`\0bitacora-${directory}`)]) {
    const read = receiver(t, address);
    t.equal(nativeSockets.sendDatagram(address, utf8('READY=1')), true);
    t.equal(nativeSockets.sendDatagram(address, utf8('STATUS=well\nSTOPPING=1')), true);
    t.equal(read(), 'READY=1');
    t.equal(read(), 'STATUS=well\nSTOPPING=1');
  }
});

t.test('sendDatagram() tells where nobody is, and what is no address', { skip }, async (t) => {
  t.throws(() => nativeSockets.sendDatagram(utf8('/nowhere/at-all'), utf8('x')), { code: 'ENOENT', syscall: 'sendto' });
  t.throws(() => nativeSockets.sendDatagram(utf8(''), utf8('x')), { code: 'EINVAL' });
  t.throws(() => nativeSockets.sendDatagram(utf8(`/${'x'.repeat(107)}`), utf8('x')), { code: 'EINVAL' });
});

t.test('in plain Node no datagram can be sent, and that is told', async (t) => {
  t.equal(plainCalls.sendDatagram(utf8('/nowhere'), utf8('x')), false);
});
