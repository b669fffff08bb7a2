import { readFileSync } from 'node:fs';
import { errnoCode } from '../base/index.js';

let mask: number | undefined;

/**
 * The permissions that this process takes away from what it makes; all of them where that cannot be found out. Read from the
 * kernel's own words: the call that asks for it changes it for a moment, for every thread.
 */
export function creationMask(): number {
  mask ??= readMask();
  return mask;
}

function readMask(): number {
  try {
    const line = /^Umask:\t([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    return line ? Number.parseInt(line[1]!, 8) : 0o777;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return 0o777;
  }
}
