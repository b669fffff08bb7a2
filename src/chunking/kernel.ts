import { readFileSync } from 'node:fs';
import { BitacoraError } from '../base/index.js';
import { BUFFER_ADDRESS, SLACK_BYTES } from './layout.js';

/** The kernel's one entry; see kernel/sgear.ts. Addresses and sizes in bytes. */
export type CutFunction = (
  start: number,
  end: number,
  final: number,
  minBytes: number,
  normalBytes: number,
  maxBytes: number,
  strict: bigint,
  loose: bigint,
  endsAddress: number,
  endsCapacity: number,
) => number;

/** A fixed block of memory that a kernel works on. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

/** Opaque: compiled code. */
interface KernelModule {
  readonly [Symbol.toStringTag]: string;
}

/** What is used of the platform's interface, which TypeScript declares only together with the whole DOM. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => KernelModule;
  readonly Instance: new (
    module: KernelModule,
    imports: { env: { memory: KernelMemory } },
  ) => { readonly exports: { readonly cut: CutFunction } };
};

const WASM_PAGE_BYTES = 65536;
const KERNEL_URL = new URL('./kernel.wasm', import.meta.url);
let compiled: KernelModule | undefined;

/** Compiles at the first call in a thread, about a millisecond. */
function kernelModule(): KernelModule {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(readFileSync(KERNEL_URL));
    } catch (cause) {
      throw new BitacoraError('UNSUPPORTED', 'Cannot load the chunker kernel. Run "npm run build" to make it.', {
        cause,
      });
    }
  }
  return compiled;
}

/** Memory of fixed size for a buffer of `bufferBytes`, zero at first. */
export function createMemory(bufferBytes: number): KernelMemory {
  const pages = Math.ceil((BUFFER_ADDRESS + bufferBytes + SLACK_BYTES) / WASM_PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** An instance of the kernel that works on `memory`. Throws `UNSUPPORTED` when the build lacks the kernel. */
export function instantiateKernel(memory: KernelMemory): CutFunction {
  return new WebAssembly.Instance(kernelModule(), { env: { memory } }).exports.cut;
}
