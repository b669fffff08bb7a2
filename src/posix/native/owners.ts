import { constants } from 'node:os';
import { asBuffer } from '../../base/index.js';
import { pathBuffer, terminateBytes } from '../names.js';
import type { Owner, SystemCalls } from '../system-calls.js';
import { addressOf, bind, type LibcFunction } from './libc.js';

const bound = new Map<string, LibcFunction>();
const key = pathBuffer();

export const nativeOwners = {
  findOwner(kind, wanted) {
    const by = typeof wanted === 'number' ? 'id' : 'nam';
    const name = `get${kind === 'user' ? 'pw' : 'gr'}${by === 'nam' ? 'nam' : kind === 'user' ? 'uid' : 'gid'}_r`;
    let call = bound.get(name);
    if (call === undefined) {
      call = bind(`int ${name}(${by === 'id' ? 'uint' : 'const void*'}, void*, void*, ulong, void*)`);
      bound.set(name, call);
    }
    return lookUp(call, typeof wanted === 'number' ? wanted : terminateBytes(wanted, key, name));
  },
} satisfies Partial<SystemCalls>;

/** `struct passwd` and `struct group` begin alike: pointers to name and password, then the id. */
const record = new ArrayBuffer(64);
const recordBytes = new Uint8Array(record);
const found = new BigUint64Array(1);
const foundBytes = new Uint8Array(found.buffer);
const ID_OFFSET = 16;

/** A group's entry holds all its members, so it can be long. */
const STRINGS_FIRST = 4 * 1024;
const STRINGS_MAX = 1024 * 1024;

function lookUp(call: LibcFunction, wanted: number | Uint8Array): Owner | undefined {
  for (let size = STRINGS_FIRST; size <= STRINGS_MAX; size *= 16) {
    const strings = new Uint8Array(size);
    const errno = call(wanted, recordBytes, strings, size, foundBytes);
    if (errno === constants.errno.ERANGE) continue;
    // A name service that does not answer leaves the name unknown, as a missing entry does.
    if (errno !== 0 || found[0] === 0n) return undefined;
    const view = new DataView(record);
    const start = Number(view.getBigUint64(0, true) - addressOf(strings));
    if (start < 0 || start >= size) return undefined;
    const name = asBuffer(strings.subarray(start, strings.indexOf(0, start))).toString('utf8');
    return { id: view.getUint32(ID_OFFSET, true), name };
  }
  return undefined;
}
