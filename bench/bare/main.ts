import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Batch, Seconds, Task } from './worker.js';

/**
 * Usage: node main.js store|hash TREE FOLDER. What no backup of the tree can go below on this machine, in the same Node and with the same
 * libraries, but without format, encryption, index, metadata or anything remembered: two workers open, read and close every file
 * and identify its chunks; with `store` they also compress the chunks and write them to one file each in FOLDER. Prints the seconds of each
 * stage, of both workers together, as JSON.
 */
const BATCH_FILES = 128;
const WORKERS = 2;
const BATCHES_WAITING = 3;

async function main([mode, tree, folder]: readonly string[]): Promise<void> {
  if ((mode !== 'store' && mode !== 'hash') || tree === undefined || folder === undefined) {
    throw new Error('Wanted: store|hash TREE FOLDER.');
  }
  const batches = filesOf(tree);
  const total: Seconds = { read: 0, identify: 0, compress: 0, write: 0 };
  await Promise.all(
    Array.from({ length: WORKERS }, async (_, number) => {
      const output = mode === 'store' ? join(folder, `bare-${number}`) : undefined;
      const seconds = await work({ output }, batches);
      for (const stage of Object.keys(total) as (keyof Seconds)[]) total[stage] += seconds[stage];
    }),
  );
  process.stdout.write(`${JSON.stringify(total)}\n`);
}

function work(task: Task, batches: Iterator<Batch>): Promise<Seconds> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: task });
    const send = (): void => {
      const next = batches.next();
      worker.postMessage(next.done ? undefined : next.value);
    };
    worker.on('message', (answer: Seconds | undefined) => {
      if (answer === undefined) return send();
      resolve(answer);
      void worker.terminate();
    });
    worker.on('error', reject);
    for (let i = 0; i < BATCHES_WAITING; i++) send();
  });
}

/** All regular files in the order of their names, some at a time. */
function* filesOf(tree: string): Generator<Batch> {
  let batch: string[] = [];
  const folders = [tree];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const inner: string[] = [];
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) inner.push(path);
      else if (entry.isFile() && batch.push(path) === BATCH_FILES) {
        yield batch;
        batch = [];
      }
    }
    folders.push(...inner.reverse());
  }
  if (batch.length > 0) yield batch;
}

await main(process.argv.slice(2));
