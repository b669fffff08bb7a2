import type { Answer, Engine, FinishedPack, KnownQuestion } from '../engine/index.js';

/** What a write session answers its workers. */
export interface SessionAnswers {
  known(question: KnownQuestion): Promise<Uint8Array>;
  pack(pack: FinishedPack): Promise<void>;
}

/** Brings the questions of an engine's workers to the session that they belong to; one router an engine. */
export class SessionRouter {
  static readonly #routers = new WeakMap<Engine, SessionRouter>();
  readonly #sessions = new Map<number, SessionAnswers>();
  #next = 1;

  static of(engine: Engine): SessionRouter {
    let router = SessionRouter.#routers.get(engine);
    if (!router) {
      router = new SessionRouter(engine);
      SessionRouter.#routers.set(engine, router);
    }
    return router;
  }

  private constructor(engine: Engine) {
    for (const lane of engine.lanes) {
      lane.onAsk('write.known', async (question: KnownQuestion): Promise<Answer> => {
        return { result: await this.#session(question.session).known(question) };
      });
      lane.onAsk('write.pack', async (pack: FinishedPack): Promise<Answer> => {
        await this.#session(pack.session).pack(pack);
        return { result: undefined };
      });
    }
  }

  add(session: SessionAnswers): number {
    const id = this.#next++;
    this.#sessions.set(id, session);
    return id;
  }

  remove(id: number): void {
    this.#sessions.delete(id);
  }

  #session(id: number): SessionAnswers {
    const session = this.#sessions.get(id);
    if (!session) throw new TypeError(`Write session ${id} has ended.`);
    return session;
  }
}
