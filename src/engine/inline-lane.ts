import type { Answer, Handlers, Lane } from './lane.js';

/** The engine without threads: the same handlers, called where they stand. Buffers are handed over, not copied. */
export function createInlineLane(index: number, handlers: Handlers, dispose: () => Promise<void>): Lane {
  const answers = new Map<string, (payload: never) => Promise<Answer>>();
  const context = {
    async ask(type: string, payload: unknown): Promise<unknown> {
      const answer = answers.get(type);
      if (!answer) throw new TypeError(`Nobody answers "${type}".`);
      return (await answer(payload as never)).result;
    },
  };
  return {
    index,
    async call(type, payload) {
      const handler = handlers[type];
      if (!handler) throw new TypeError(`The engine has no call "${type}".`);
      return (await handler(payload as never, context)).result;
    },
    onAsk: (type, answer) => void answers.set(type, answer),
    close: dispose,
  };
}
