import { type TransferListItem, Worker } from 'node:worker_threads';
import { BitacoraError } from '../base/index.js';
import type { Answer, Lane } from './lane.js';
import { fromWire, type Message, toWire } from './protocol.js';

/** A worker's garbage is short-lived and its data lies outside the heap: a small nursery keeps a thread's memory small. */
const YOUNG_MB = 6;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * A lane on a worker thread, started at the first call. It does not keep the process alive while it has nothing to do.
 *
 * @param entry - What the thread runs: it calls `serve`.
 */
export function createThreadLane(index: number, entry = new URL('./thread.js', import.meta.url)): Lane {
  const waiting = new Map<number, Waiting>();
  const answers = new Map<string, (payload: never) => Promise<Answer>>();
  let worker: Worker | undefined;
  let nextId = 1;

  function settle(id: number): Waiting | undefined {
    const entry = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker?.unref();
    return entry;
  }

  function fail(cause: unknown): void {
    const text = cause instanceof Error ? cause.message : String(cause);
    const error = new BitacoraError('INTERNAL', `An engine worker stopped: ${text}`, { cause });
    for (const id of [...waiting.keys()]) settle(id)?.reject(error);
    worker = undefined;
  }

  /** Goes to the worker that asked, never to one that was started since: the new one counts its questions anew. */
  async function answer(asker: Worker, id: number, type: string, payload: unknown): Promise<void> {
    try {
      const handler = answers.get(type);
      if (!handler) throw new TypeError(`Nobody answers "${type}".`);
      const { result, transfer } = await handler(payload as never);
      asker.postMessage({ kind: 'answer', id, result } satisfies Message, transfer ?? []);
    } catch (error) {
      asker.postMessage({ kind: 'refusal', id, error: toWire(error) } satisfies Message);
    }
  }

  function start(): Worker {
    const started = new Worker(entry, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    started.on('message', (message: Message) => {
      if (message.kind === 'result') settle(message.id)?.resolve(message.result);
      else if (message.kind === 'failure') settle(message.id)?.reject(fromWire(message.error));
      else if (message.kind === 'ask') void answer(started, message.id, message.type, message.payload);
    });
    started.on('error', fail);
    started.on('exit', (code) => {
      if (worker === started) fail(new Error(`exit code ${code}`));
    });
    return started;
  }

  return {
    index,
    call(type, payload, transfer) {
      worker ??= start();
      worker.ref();
      const id = nextId++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker!.postMessage(
          { kind: 'call', id, type, payload } satisfies Message,
          (transfer ?? []) as TransferListItem[],
        );
      });
    },
    onAsk: (type, handler) => void answers.set(type, handler),
    async close() {
      const closing = worker;
      worker = undefined;
      for (const id of [...waiting.keys()]) {
        settle(id)?.reject(new BitacoraError('CANCELLED', 'The engine was closed while a call was open.'));
      }
      await closing?.terminate();
    },
  };
}
