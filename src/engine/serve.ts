import type { MessagePort } from 'node:worker_threads';
import { loadCodecs } from '../codec/index.js';
import type { HandlerContext, Handlers } from './lane.js';
import { fromWire, type Message, toWire } from './protocol.js';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Answers the calls that come through `port`, in the order in which they come; the worker's side of a thread lane. */
export function serve(port: MessagePort, handlers: Handlers): void {
  const waiting = new Map<number, Waiting>();
  const ready = loadCodecs();
  let nextAsk = 1;

  const context: HandlerContext = {
    ask(type, payload, transfer = []) {
      const id = nextAsk++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        port.postMessage({ kind: 'ask', id, type, payload } satisfies Message, [...transfer]);
      });
    },
  };

  async function run(id: number, type: string, payload: unknown): Promise<void> {
    try {
      await ready;
      const handler = handlers[type];
      if (!handler) throw new TypeError(`The engine has no call "${type}".`);
      const { result, transfer } = await handler(payload as never, context);
      port.postMessage({ kind: 'result', id, result } satisfies Message, [...(transfer ?? [])]);
    } catch (error) {
      port.postMessage({ kind: 'failure', id, error: toWire(error) } satisfies Message);
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
}
