import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { createCompressor, loadCodecs } from '../../src/codec/index.js';
import { SLAB_BYTES, Slabs } from '../../src/engine/slabs.js';

/** Paths of files. */
export type Batch = readonly string[];

export interface Task {
  /** Where compressed chunks go; undefined: nothing is compressed or written. */
  readonly output: string | undefined;
}

export type Seconds = Record<'read' | 'identify' | 'compress' | 'write', number>;

const FRAME_BYTES = 512 * 1024;
const OUTPUT_BYTES = 4 * 2 ** 20;
const SMALL = { algorithm: 'sgear', minBytes: 16 * 1024, normalBytes: 64 * 1024, maxBytes: 256 * 1024 } as const;

if (!parentPort) throw new TypeError('This file runs only as a worker thread.');
const port = parentPort;
const { output } = workerData as Task;
await loadCodecs();

const key = new Uint8Array(32).fill(1);
const slabs = new Slabs({
  vaultId: key.subarray(16),
  uid: key.subarray(16),
  generation: 0,
  epoch: 0,
  packKey: key,
  idKeys: { data: key, node: key, list: key },
  chunkerSecret: key,
});
const slab = await slabs.acquire();
const compressor = createCompressor('zstd', 3);
const ends = new Uint32Array(SLAB_BYTES / SMALL.minBytes + 2);
const id = new Uint8Array(32);
const out = output === undefined ? undefined : openSync(output, 'wx');
const packed = new Uint8Array(OUTPUT_BYTES + 2 * FRAME_BYTES);
const seconds: Seconds = { read: 0, identify: 0, compress: 0, write: 0 };
let filled = 0;
let used = 0;
let clock = performance.now();

function stage(name: keyof Seconds): void {
  const now = performance.now();
  seconds[name] += (now - clock) / 1000;
  clock = now;
}

/** Reads a file behind what the slab holds. A file that does not fit goes through it in pieces. */
function readFile(path: string): void {
  const fd = openSync(path, 'r');
  for (;;) {
    if (SLAB_BYTES - filled < FRAME_BYTES) flush();
    const room = SLAB_BYTES - filled;
    const got = readSync(fd, slab.bytes, filled, room, null);
    stage('read');
    if (got > 0) identify(filled, filled + got);
    filled += got;
    stage('identify');
    if (got < room) break;
  }
  closeSync(fd);
  stage('read');
}

function identify(start: number, end: number): void {
  const small = end - start <= SMALL.minBytes;
  if (small) ends[0] = end;
  const count = small ? 1 : slabs.cut(slab, SMALL, start, end, true, ends);
  for (let i = 0, from = start; i < count; from = ends[i]!, i++) slabs.identify(slab, from, ends[i]! - from, id, 0);
}

/** Compresses what the slab holds in frames of nearly equal size. */
function flush(): void {
  if (out !== undefined && filled > 0) {
    const frames = Math.ceil(filled / FRAME_BYTES);
    for (let frame = 0; frame < frames; frame++) {
      const plain = slab.bytes.subarray(
        Math.floor((filled * frame) / frames),
        Math.floor((filled * (frame + 1)) / frames),
      );
      used += compressor.compress(plain, packed.subarray(used)) || plain.length;
      stage('compress');
      if (used > OUTPUT_BYTES) write(out);
    }
  }
  filled = 0;
}

function write(fd: number): void {
  writeSync(fd, packed, 0, Math.min(used, packed.length));
  used = 0;
  stage('write');
}

port.on('message', (batch: Batch | undefined) => {
  clock = performance.now();
  if (batch !== undefined) {
    for (const path of batch) readFile(path);
    port.postMessage(undefined);
    return;
  }
  flush();
  if (out !== undefined) {
    write(out);
    fsyncSync(out);
    stage('write');
  }
  port.postMessage(seconds);
  port.removeAllListeners('message');
});
