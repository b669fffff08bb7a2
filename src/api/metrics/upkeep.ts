import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Vault } from '../../vault/index.js';
import { nearQuotas } from '../quotas.js';

/** Seconds; beside a prune nobody should wait for more than 50 ms. */
const WAIT_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/** What upkeep did last, and how much is stored, as far as it is known without a listing. */
export function addUpkeep(registry: Registry, vault: Vault, signal: AbortSignal): void {
  const registers = [registry];
  const waits = new Histogram({
    name: 'bitacora_writer_wait_seconds',
    help: 'How long whoever writes to a user’s log waited for the turn: commits, and upkeep beside them.',
    buckets: WAIT_BUCKETS,
    registers,
  });
  const watcher = (ms: number): void => waits.observe(ms / 1000);
  vault.turnWatchers.add(watcher);
  signal.addEventListener('abort', () => void vault.turnWatchers.delete(watcher), { once: true });
  new Gauge({
    name: 'bitacora_round_done_timestamp_seconds',
    help: 'When retention, prune and check of the whole vault last ended without failing, whoever ran them.',
    labelNames: ['operation'],
    registers,
    async collect() {
      this.reset();
      for (const [operation, { done }] of await vault.rounds.read()) {
        if (done !== undefined) this.set({ operation }, done / 1000);
      }
    },
  });
  new Gauge({
    name: 'bitacora_quota_used_ratio',
    help: 'Of users whose quota is nearly used up as of their last backup since the start: the share that is.',
    labelNames: ['user'],
    registers,
    collect() {
      this.reset();
      for (const [user, { bytes, max }] of nearQuotas(vault)) this.set({ user }, bytes / max);
    },
  });
  new Gauge({
    name: 'bitacora_stored_bytes',
    help: 'Bytes of what is stored of all users, in use and in the trash; only once somebody had to know.',
    labelNames: ['what'],
    registers,
    collect() {
      this.reset();
      const { known } = vault.stored;
      if (!known) return;
      this.set({ what: 'live' }, known.liveBytes);
      this.set({ what: 'trash' }, known.trashBytes);
    },
  });
}
