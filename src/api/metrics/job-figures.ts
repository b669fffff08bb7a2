import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Job } from '../../scheduler/index.js';
import type { ScrubAnswer } from '../contract/scrub.js';

/** Seconds, from a small session to a large first backup. */
const DURATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200];
/** Bytes, from a small session to a large file system. */
const SIZE_BUCKETS = [1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

/** Jobs that have ended, in figures. Labels are the names of operations, states and error codes: there are few of each. */
export class JobFigures {
  readonly #ended: Counter;
  readonly #failures: Counter;
  readonly #seconds: Histogram;
  readonly #waited: Histogram;
  readonly #sizes: Histogram;
  readonly #added: Counter;
  readonly #checked: Counter;
  readonly #findings: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#ended = new Counter({
      name: 'bitacora_jobs_ended_total',
      help: 'Jobs that have ended, by how; a backup that is not whole is partial.',
      labelNames: ['operation', 'outcome'],
      registers,
    });
    this.#failures = new Counter({
      name: 'bitacora_failures_total',
      help: 'Jobs that have failed, by the code of the error.',
      labelNames: ['operation', 'code'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'bitacora_job_duration_seconds',
      help: 'How long jobs ran.',
      labelNames: ['operation'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#waited = new Histogram({
      name: 'bitacora_job_wait_seconds',
      help: 'How long jobs waited for their turn.',
      labelNames: ['operation'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#sizes = new Histogram({
      name: 'bitacora_snapshot_size_bytes',
      help: 'Plain bytes that snapshots captured.',
      buckets: SIZE_BUCKETS,
      registers,
    });
    this.#added = new Counter({
      name: 'bitacora_bytes_added_total',
      help: 'Bytes that snapshots have added to the vault.',
      registers,
    });
    this.#checked = new Counter({
      name: 'bitacora_checked_bytes_total',
      help: 'Bytes of packs that checks have read.',
      registers,
    });
    this.#findings = new Gauge({
      name: 'bitacora_check_findings',
      help: 'What the last check of all users found damaged, missing, or not to be asked for.',
      registers,
    });
  }

  note(job: Job): void {
    const { operation, state, result, error, submitted, started, ended } = job;
    const answer = (result ?? {}) as Readonly<Record<string, unknown>>;
    const partial = state === 'succeeded' && answer.status === 'partial';
    this.#ended.inc({ operation, outcome: partial ? 'partial' : state });
    if (state === 'failed') this.#failures.inc({ operation, code: error?.code ?? 'INTERNAL' });
    if (started !== undefined && ended !== undefined) {
      this.#seconds.observe({ operation }, seconds(ended - started));
      this.#waited.observe({ operation }, seconds(started - submitted));
    }
    const { size_uncompressed: size, bytes_added: added } = answer;
    if (typeof size === 'number') this.#sizes.observe(size);
    if (typeof added === 'number') this.#added.inc(added);
    if (operation === 'scrub' && state === 'succeeded') this.#noteCheck(job);
  }

  #noteCheck({ user, result }: Job): void {
    const { users, vault_problems: own } = result as ScrubAnswer;
    this.#checked.inc(users.reduce((sum, { bytes }) => sum + bytes, 0));
    if (user !== undefined) return;
    this.#findings.set(users.reduce((sum, { problems }) => sum + problems.length, own.length));
  }
}

/** Clocks may be set back in between. */
function seconds(ms: number): number {
  return Math.max(0, ms) / 1000;
}
