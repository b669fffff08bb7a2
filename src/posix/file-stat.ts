const TYPE_BITS = 0o170000;
const BILLION = 1_000_000_000n;

/**
 * What `stat` knows about a file. One object is filled again and again, so that a walk allocates nothing per entry
 * but the inode number. `dev` is packed as Node's `fs` has it; times are whole seconds (negative before 1970) plus
 * 0 … 999,999,999 nanoseconds; `blocks` counts 512 bytes each.
 */
export class FileStat {
  mode = 0;
  uid = 0;
  gid = 0;
  nlink = 0;
  ino = 0n;
  dev = 0;
  rdevMajor = 0;
  rdevMinor = 0;
  size = 0;
  blocks = 0;
  mtimeSec = 0;
  mtimeNsec = 0;
  ctimeSec = 0;
  ctimeNsec = 0;

  get isFile(): boolean {
    return (this.mode & TYPE_BITS) === 0o100000;
  }

  get isDirectory(): boolean {
    return (this.mode & TYPE_BITS) === 0o040000;
  }

  get isSymlink(): boolean {
    return (this.mode & TYPE_BITS) === 0o120000;
  }
}

/** The device number as the C library packs it; Linux has 12 bits of major and 20 of minor. */
export function packDevice(major: number, minor: number): number {
  return (((minor & 0xfff00) << 12) | ((major & 0xfff) << 8) | (minor & 0xff)) >>> 0;
}

export function deviceMajor(device: number): number {
  return (device >>> 8) & 0xfff;
}

export function deviceMinor(device: number): number {
  return ((device >>> 12) & 0xfff00) | (device & 0xff);
}

/** Nanoseconds since 1970 into seconds, rounded down, and the rest, which is never negative. */
export function splitNanoseconds(time: bigint): { sec: number; nsec: number } {
  const rest = ((time % BILLION) + BILLION) % BILLION;
  return { sec: Number((time - rest) / BILLION), nsec: Number(rest) };
}
