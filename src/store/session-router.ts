import type { Answer, Engine, FinishedPack, KnownQuestion, Lane } from '../engine/index.js';

/** What a write session answers its workers. */
export interface SessionAnswers {
  known(question: KnownQuestion): Promise<Uint8Array>;
  pack(pack: FinishedPack): Promise<void>;
}

interface Seat {
  readonly lane: Lane;
  /** Sessions that begin with this lane. */
  sessions: number;
}

/** Brings the questions of an engine's workers to the session that they belong to; one router an engine. */
export class SessionRouter {
  static readonly #routers = new WeakMap<Engine, SessionRouter>();
  readonly #sessions = new Map<number, { readonly answers: SessionAnswers; readonly seat: Seat }>();
  readonly #seats: readonly Seat[];
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
    this.#seats = engine.lanes.map((lane) => ({ lane, sessions: 0 }));
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

  /** Returns the session's number, and the lanes in the order in which it should use them: first what fewest others begin with. */
  add(answers: SessionAnswers): { readonly id: number; readonly lanes: readonly Lane[] } {
    const id = this.#next++;
    const seat = this.#seats.reduce((best, other) => (other.sessions < best.sessions ? other : best));
    seat.sessions++;
    this.#sessions.set(id, { answers, seat });
    const others = this.#seats.filter((other) => other !== seat);
    return { id, lanes: [seat, ...others].map(({ lane }) => lane) };
  }

  remove(id: number): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    session.seat.sessions--;
    this.#sessions.delete(id);
  }

  #session(id: number): SessionAnswers {
    const session = this.#sessions.get(id);
    if (!session) throw new TypeError(`Write session ${id} has ended.`);
    return session.answers;
  }
}
