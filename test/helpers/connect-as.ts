import { connect, type Socket } from 'node:net';

/**
 * Connects to a Unix socket as another user of the system: the kernel keeps for its other end who connected, whatever becomes of
 * this process afterwards. Only root can.
 */
export function connectAs(uid: number, gid: number, path: string): Socket {
  const own = { uid: process.geteuid!(), gid: process.getegid!() };
  process.setegid!(gid);
  process.seteuid!(uid);
  try {
    // Connected when this returns: that call does not wait.
    return connect(path);
  } finally {
    process.seteuid!(own.uid);
    process.setegid!(own.gid);
  }
}
