import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createCompressor, loadCodecs } from '../../src/codec/index.js';
import { valueEnd } from '../../src/engine/index.js';
import { skipValue } from '../../src/engine/records/skip-value.js';

/**
 * Usage: node ends.js SOCKET FOLDER. What no daemon that keeps sessions can go below on this machine, in the same Node and with the same libraries: takes
 * a JSON document a connection, and in one of two workers goes through it once, hashes it, compresses it, writes it to a file of its own in FOLDER and
 * syncs that; then it answers. No HTTP, keys, encryption, chunks, index, log or directories. Prints "ready"; ends with its standard input, and prints its CPU seconds then.
 */
const WORKERS = 2;

interface Task {
  readonly id: number;
  readonly bytes: Uint8Array;
}

function serve(socket: string, folder: string): void {
  const waiting = new Map<number, () => void>();
  const workers = Array.from({ length: WORKERS }, () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: folder });
    worker.on('message', (id: number) => {
      waiting.get(id)?.();
      waiting.delete(id);
    });
    return worker;
  });
  let next = 0;
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    const parts: Buffer[] = [];
    connection.on('data', (part) => void parts.push(part));
    connection.on('end', () => {
      const id = next++;
      const bytes = Buffer.concat(parts);
      waiting.set(id, () => void connection.end('ok'));
      workers[id % WORKERS]!.postMessage({ id, bytes } satisfies Task, [bytes.buffer as ArrayBuffer]);
    });
  });
  server.listen(socket, () => process.stdout.write('ready\n'));
  process.stdin.resume().on('end', () => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(`${(user + system) / 1e6}\n`, () => process.exit());
  });
}

async function work(folder: string): Promise<void> {
  await loadCodecs();
  const compressor = createCompressor('zstd', 3);
  const room = new Uint8Array(2 * 2 ** 20);
  parentPort!.on('message', ({ id, bytes }: Task) => {
    if (skipValue(bytes, 0, bytes.length, { count: 0, valueStart: 0 }) < 0) valueEnd(bytes, 0, bytes.length);
    const name = createHash('sha256').update(bytes).digest('hex');
    const packed = compressor.compress(bytes, room);
    const file = openSync(join(folder, name), 'wx');
    writeSync(file, room, 0, packed);
    fsyncSync(file);
    closeSync(file);
    parentPort!.postMessage(id);
  });
}

if (isMainThread) serve(process.argv[2]!, process.argv[3]!);
else await work(workerData as string);
