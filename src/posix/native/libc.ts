import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type Koffi from 'koffi';
import { systemError } from '../errors.js';

type Argument = number | bigint | Uint8Array | null;
/** A bound function of the C library; all that are used here return an integer that fits a number. */
export type LibcFunction = (...args: readonly Argument[]) => number;

interface Background {
  async(...args: readonly [...Argument[], (error: unknown, result: number) => void]): void;
}

/** Numbers for the calls that an older C library, or another one than glibc, has no function for. */
const SYSCALL_NUMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: { statx: 332, getdents64: 217, renameat2: 316, openat2: 437 },
  arm64: { statx: 291, getdents64: 61, renameat2: 276, openat2: 437 },
};

let koffi: typeof Koffi | undefined;
let library: ReturnType<typeof Koffi.load> | undefined;

/** Loads koffi once per thread (about 8 ms). False where it is not installed, or on a machine that is not served. */
export function loadLibc(): boolean {
  if (library !== undefined) return true;
  if (process.platform !== 'linux' || endianness() !== 'LE' || !(process.arch in SYSCALL_NUMBERS)) return false;
  try {
    // Not import(): every caller of this room is synchronous.
    koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    library = koffi.load(null);
    return true;
  } catch {
    return false;
  }
}

/**
 * Binds a function by its koffi prototype, as in `bind('int openat(int, const void*, int, uint)')`.
 * A result below zero means that `lastErrno()` says why. Binding costs about 20 µs, so it is done at first use.
 */
export function bind(prototype: string): LibcFunction {
  const [, name, argumentTypes] = /^(?:int|long) (\w+)\((.+)\)$/.exec(prototype) ?? [];
  if (library === undefined || name === undefined) throw new TypeError(`Cannot bind "${prototype}".`);
  try {
    return library.func(prototype);
  } catch (error) {
    const number = SYSCALL_NUMBERS[process.arch]?.[name];
    if (number === undefined) throw error;
    const raw: LibcFunction = library.func(`long syscall(long, ${argumentTypes})`);
    return (...args) => raw(number, ...args);
  }
}

/** The same where koffi has been loaded for something else; undefined where it has not. */
export function bindIfLoaded(prototype: string): LibcFunction | undefined {
  return library === undefined ? undefined : bind(prototype);
}

/** Has another thread call a bound function with one number. Its `errno` stays unknown: it belongs to that thread. */
export function inBackground(bound: LibcFunction, argument: number): Promise<number> {
  return new Promise((resolve, reject) => {
    (bound as LibcFunction & Background).async(argument, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

export function lastErrno(): number {
  return koffi!.errno();
}

/** The address of a buffer's first byte, to tell where in it a pointer points that a call has left. */
export function addressOf(buffer: Uint8Array): bigint {
  return koffi!.address(buffer);
}

/** Throws the system error that a result below zero stands for; returns any other result. */
export function checked(result: number, syscall: string, name?: Uint8Array): number {
  if (result < 0) throw systemError(lastErrno(), syscall, name);
  return result;
}
