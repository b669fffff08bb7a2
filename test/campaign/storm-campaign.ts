import { setTimeout as after } from 'node:timers/promises';
import type { SeededRandom } from './random.js';
import { checkStorm } from './storm-check.js';
import { StormDaemon } from './storm-daemon.js';
import { newRequest, type StormRequest } from './storm-requests.js';

/** Who asks at once. */
const CLIENTS = 10;
/** Answers of one storm before its daemon is killed, at most. */
const ANSWERS_MOST = 60;
const MORE_MS_MOST = 60;
/** What asking a daemon that dies may end with. */
const CUT_OFF = /socket hang up|ECONNRESET|ECONNREFUSED|ENOENT|EPIPE/;

/** What one storm did. */
export interface Storm {
  readonly answers: number;
  readonly cutOff: number;
  readonly snapshots: number;
}

/** Sessions that end while their daemon is killed, again and again. Throws with what is broken. */
export class StormCampaign {
  readonly #daemon: StormDaemon;
  readonly #random: SeededRandom;
  readonly #requests: StormRequest[] = [];
  #answers = 0;
  #cutOff = 0;

  /** @param root - An empty directory. */
  constructor(root: string, random: SeededRandom) {
    this.#daemon = new StormDaemon(root);
    this.#random = random;
  }

  /** Starts a daemon, has sessions end from many sides, kills it in the middle, and looks into the vault. */
  async round(): Promise<Storm> {
    const random = this.#random;
    await this.#daemon.start();
    this.#answers = 0;
    this.#cutOff = 0;
    const enough = 1 + random.below(ANSWERS_MOST);
    const moreMs = random.below(MORE_MS_MOST);
    let killed = false;
    let reached = (): void => {};
    const ready = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const client = async (): Promise<void> => {
      while (!killed) {
        await this.#askSomething();
        if (this.#answers >= enough) reached();
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    try {
      await Promise.race([ready, clients]);
      await after(moreMs);
    } finally {
      killed = true;
      await this.#daemon.kill('SIGKILL');
    }
    await clients;
    const snapshots = await checkStorm(this.#daemon, this.#requests, false);
    return { answers: this.#answers, cutOff: this.#cutOff, snapshots };
  }

  /** Lets a last daemon do what was promised, and has everything acknowledged back. Returns how many snapshots were compared. */
  async finish(): Promise<number> {
    await this.#daemon.start();
    try {
      await this.#untilIdle();
      let compared = 0;
      for (const request of this.#requests) {
        for (const id of request.acknowledged) {
          await this.#compare(request, id);
          compared++;
        }
      }
      return compared;
    } finally {
      await this.#daemon.kill('SIGTERM');
      await checkStorm(this.#daemon, this.#requests, true);
    }
  }

  close(): Promise<void> {
    return this.#daemon.kill('SIGKILL');
  }

  async #askSomething(): Promise<void> {
    const random = this.#random;
    const request = this.#choose();
    const times = random.chance(0.15) ? 2 : 1;
    const async = random.chance(0.2);
    await Promise.all(Array.from({ length: times }, () => this.#send(request, async)));
  }

  /** Repeats come from those with a key, of this storm or of one before. */
  #choose(): StormRequest {
    const random = this.#random;
    const earlier = this.#requests.length > 0 && random.chance(0.3) ? random.pick(this.#requests) : undefined;
    if (earlier?.key !== undefined) return earlier;
    const request = newRequest(random, this.#requests.length);
    this.#requests.push(request);
    return request;
  }

  async #send(request: StormRequest, async: boolean): Promise<void> {
    const { key, body } = request;
    request.sent++;
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (key !== undefined) headers['idempotency-key'] = key;
    if (async) headers.prefer = 'respond-async';
    try {
      const { status, text, complete } = await this.#daemon.ask('/api/commands/end', { raw: body, headers });
      if (!complete) {
        this.#cutOff++;
        return;
      }
      this.#answers++;
      const answer = JSON.parse(text) as { backup_id?: string; job_id?: string; status?: string };
      if (status === 200 && answer.status === 'complete' && answer.backup_id)
        request.acknowledged.add(answer.backup_id);
      else if (status === 202 && answer.job_id) request.promised.add(answer.job_id);
      else throw new Error(`The end of ${request.session} of ${request.user} was answered ${status}: ${text}`);
    } catch (error) {
      if (!CUT_OFF.test(String(error))) throw error;
      this.#cutOff++;
    }
  }

  async #untilIdle(): Promise<void> {
    for (;;) {
      const { text } = await this.#daemon.ask('/api/jobs');
      const { jobs } = JSON.parse(text) as { jobs: { job_id: string; state: string }[] };
      const busy = jobs.filter(({ state }) => state === 'queued' || state === 'running');
      if (busy.length === 0) return;
      // A job's events do not end before it does.
      await Promise.all(busy.map(({ job_id: id }) => this.#daemon.ask(`/api/jobs/${id}/events`)));
    }
  }

  /** An acknowledged snapshot holds what was sent, to the last byte. */
  async #compare({ user, session, body, marker }: StormRequest, id: string): Promise<void> {
    const { status, text } = await this.#daemon.ask(`/api/users/${user}/export`, {
      body: { snapshot: id, format: 'json' },
    });
    if (status !== 200) throw new Error(`Snapshot ${id} of ${marker} does not come back: ${text.slice(0, 500)}`);
    const sent = (JSON.parse(body) as { data: { actions: unknown } }).data;
    const back = (JSON.parse(text) as { data: { actions?: unknown } }).data;
    if (JSON.stringify(back.actions) === JSON.stringify(sent.actions)) return;
    throw new Error(`Snapshot ${id} of ${session} is not what was sent as ${marker}: ${text.slice(0, 500)}`);
  }
}
