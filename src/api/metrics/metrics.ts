import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock, Logger } from '../../base/index.js';
import type { JobQueue } from '../../scheduler/index.js';
import { freeSpace, type Vault } from '../../vault/index.js';
import type { BackupAges } from './ages.js';
import { JobFigures } from './job-figures.js';
import { observe, observed } from './observed.js';
import { addUpkeep } from './upkeep.js';

export interface MetricsParts {
  readonly vault: Vault;
  readonly queue: JobQueue;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the watching. */
  readonly signal: AbortSignal;
}

/** Users that are named; of more, those who wait longest for a complete snapshot. */
const USERS_NAMED_MAX = 1000;

/** Longest that the logs of users are waited for; whoever asks again finds more. */
const SCAN_WAIT_MS = 2000;

/** The figures of one daemon, as Prometheus reads them. */
export class Metrics {
  readonly #parts: MetricsParts;
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #seconds: Histogram;
  readonly watching: Promise<void>;
  #started = false;

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'bitacora_http_requests_total',
      help: 'Calls that were answered.',
      labelNames: ['operation', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'bitacora_http_request_duration_seconds',
      help: 'From the head of a call to the end of its answer.',
      labelNames: ['operation'],
      registers,
    });
    addState(this.#registry, parts);
    addUpkeep(this.#registry, parts.vault, parts.signal);
    addAges(this.#registry, observed(parts.queue).ages, parts);
    this.watching = observe(parts.queue, new JobFigures(this.#registry), parts.signal);
  }

  /** Takes in a call that was answered. `operation` is a name of the API's description. */
  answered(operation: string, status: number, ms: number): void {
    this.#requests.inc({ operation, status: String(status) });
    this.#seconds.observe({ operation }, ms / 1000);
  }

  /** All of it, as text. */
  async text(): Promise<{ readonly mediaType: string; readonly text: string }> {
    const { vault, logger, signal, queue } = this.#parts;
    if (!this.#started) {
      this.#started = true;
      // Not before somebody asks: it watches every collection of garbage and the loop of events from then on.
      collectDefaultMetrics({ register: this.#registry });
    }
    await observed(queue).ages.scan(vault, logger, SCAN_WAIT_MS, signal);
    return { mediaType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

function addState(registry: Registry, { vault, queue, version }: MetricsParts): void {
  const registers = [registry];
  new Gauge({ name: 'bitacora_info', help: 'The program.', labelNames: ['version'], registers }).set({ version }, 1);
  new Gauge({
    name: 'bitacora_jobs',
    help: 'Jobs that wait or run.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of ['queued', 'running'] as const) this.set({ state }, queue.list({ states: [state] }).length);
    },
  });
  new Gauge({
    name: 'bitacora_vault_writable',
    help: 'Whether the vault can be written.',
    registers,
    collect() {
      this.set(vault.readOnly ? 0 : 1);
    },
  });
  new Gauge({
    name: 'bitacora_vault_filesystem_bytes',
    help: 'Of the file system that the vault is on.',
    labelNames: ['what'],
    registers,
    async collect() {
      const space = await freeSpace(vault.path);
      if (!space) return;
      this.set({ what: 'free' }, space.freeBytes);
      this.set({ what: 'total' }, space.totalBytes);
    },
  });
}

function addAges(registry: Registry, ages: BackupAges, { clock }: MetricsParts): void {
  const registers = [registry];
  const worst = () => ages.list().slice(0, USERS_NAMED_MAX);
  new Gauge({
    name: 'bitacora_last_success_timestamp_seconds',
    help: 'When the newest complete snapshot of a user was made; 0 where there is none.',
    labelNames: ['user'],
    registers,
    collect() {
      this.reset();
      for (const [user, { success }] of worst()) this.set({ user }, (success ?? 0) / 1000);
    },
  });
  new Gauge({
    name: 'bitacora_last_success_age_seconds',
    help: 'How long ago that was.',
    labelNames: ['user'],
    registers,
    collect() {
      this.reset();
      const now = clock.now();
      for (const [user, { success }] of worst()) {
        if (success !== undefined) this.set({ user }, Math.max(0, now - success) / 1000);
      }
    },
  });
  new Gauge({
    name: 'bitacora_users_failing',
    help: 'Users for whom what was tried last failed or was not whole.',
    registers,
    collect() {
      this.set(ages.counts.failing);
    },
  });
  new Gauge({
    name: 'bitacora_users_watched',
    help: 'Users whose newest complete snapshot is known here.',
    registers,
    collect() {
      this.set(ages.counts.known);
    },
  });
}
