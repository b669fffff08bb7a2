import { parentPort } from 'node:worker_threads';
import { loadCodecs } from '../codec/index.js';
import { createHandlers } from './handlers.js';
import { fromWire, type Message, toWire } from './protocol.js';

/** The entry of an engine worker: waits for calls and answers them. */
const port = parentPort;
if (!port) throw new TypeError('This file runs only as a worker thread.');

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const waiting = new Map<number, Waiting>();
let nextAsk = 1;
const ready = loadCodecs();
const { handlers } = createHandlers();

const context = {
  ask(type: string, payload: unknown, transfer: readonly unknown[] = []): Promise<unknown> {
    const id = nextAsk++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      port.postMessage({ kind: 'ask', id, type, payload } satisfies Message, transfer as never[]);
    });
  },
};

async function run(id: number, type: string, payload: unknown): Promise<void> {
  try {
    await ready;
    const handler = handlers[type];
    if (!handler) throw new TypeError(`The engine has no call "${type}".`);
    const { result, transfer } = await handler(payload as never, context);
    port!.postMessage({ kind: 'result', id, result } satisfies Message, (transfer ?? []) as never[]);
  } catch (error) {
    port!.postMessage({ kind: 'failure', id, error: toWire(error) } satisfies Message);
  }
}

port.on('message', (message: Message) => {
  if (message.kind === 'call') void run(message.id, message.type, message.payload);
  else if (message.kind === 'answer' || message.kind === 'refusal') {
    const entry = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'answer') entry?.resolve(message.result);
    else if (message.kind === 'refusal') entry?.reject(fromWire(message.error));
  }
});
