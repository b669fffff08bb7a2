/**
 * The chunker that was not chosen: normalised Gear (FastCDC) with a 64-bit state, in scalar WebAssembly. It lives here so that the
 * comparison of docs/decisions/0001-chunker.md can be repeated.
 */
import { createHmac } from 'node:crypto';
import asc from 'assemblyscript/asc';
import type { ChunkerParameters } from '../../src/chunking/index.js';

const SOURCE = `
function scan(chunk: usize, from: usize, limit: usize, turn: usize, strict: u64, loose: u64): usize {
  let state: u64 = 0;
  for (let p = from - 64; p < from; p++) state = (state << 1) + load<u64>(<usize>load<u8>(p) << 3);
  let p = from;
  for (const stop = min(turn, limit); p < stop; p++) {
    state = (state << 1) + load<u64>(<usize>load<u8>(p) << 3);
    if (state < strict) return p + 1;
  }
  for (; p < limit; p++) {
    state = (state << 1) + load<u64>(<usize>load<u8>(p) << 3);
    if (state < loose) return p + 1;
  }
  return 0;
}
export function cut(start: usize, end: usize, minimum: usize, normal: usize, maximum: usize,
    strict: u64, loose: u64, ends: usize): u32 {
  let count: u32 = 0;
  for (let chunk = start; chunk < end; count++) {
    const limit = min(chunk + maximum, end);
    let next = limit - chunk > minimum ? scan(chunk, chunk + minimum - 1, limit, chunk + normal, strict, loose) : 0;
    if (next == 0) next = limit;
    store<u32>(ends + (<usize>count << 2), <u32>next);
    chunk = next;
  }
  return count;
}`;

type GearCut = (
  start: number,
  end: number,
  minBytes: number,
  normalBytes: number,
  maxBytes: number,
  strict: bigint,
  loose: bigint,
  ends: number,
) => number;

interface Memory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: Memory } },
  ) => { readonly exports: { readonly cut: GearCut } };
};

const ENDS_ADDRESS = 4096;
const BUFFER_ADDRESS = 65536;

async function compileKernel(): Promise<Uint8Array> {
  const options = { optimizeLevel: 3, noAssert: true, runtime: 'stub', importMemory: true, noExportMemory: true };
  const { error, binary } = await asc.compileString(SOURCE, options);
  if (error || binary === null) throw error ?? new Error('Cannot compile the Gear kernel.');
  return binary;
}

/** One algorithm with one secret: a stream is loaded into its memory once and cut as often as wanted. */
export interface Contender {
  load(stream: Uint8Array): void;
  /** Cuts the loaded stream and returns the chunk ends. */
  cut(parameters: ChunkerParameters): Uint32Array;
}

const compiled = compileKernel();

/** Gear with a table of 256 u64 drawn from `secret`, for streams up to `bufferBytes`. */
export async function createGear(secret: Uint8Array, bufferBytes: number): Promise<Contender> {
  const pages = Math.ceil((BUFFER_ADDRESS + bufferBytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const kernel = new WebAssembly.Instance(new WebAssembly.Module(await compiled), { env: { memory } }).exports.cut;
  const bytes = new Uint8Array(memory.buffer);
  for (let i = 0; i < 64; i++) bytes.set(createHmac('sha256', secret).update(Uint8Array.of(i)).digest(), 32 * i);
  let end = BUFFER_ADDRESS;
  return {
    load(stream) {
      bytes.set(stream, BUFFER_ADDRESS);
      end = BUFFER_ADDRESS + stream.length;
    },
    cut({ minBytes, normalBytes, maxBytes }) {
      const strict = 2n ** 62n / BigInt(normalBytes);
      const loose = 2n ** 66n / BigInt(normalBytes);
      const count = kernel(BUFFER_ADDRESS, end, minBytes, normalBytes, maxBytes, strict, loose, ENDS_ADDRESS);
      return new Uint32Array(memory.buffer, ENDS_ADDRESS, count).map((address) => address - BUFFER_ADDRESS);
    },
  };
}
