import { Bell } from './bell.js';
import type { Job } from './job.js';
import type { LiveJob } from './live-job.js';

interface Watcher {
  readonly changed: Map<string, LiveJob>;
  readonly bell: Bell;
}

/** Those who want to know of every job. Each has at most one entry a job waiting, however slow it reads. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();

  tell(job: LiveJob): void {
    for (const { changed, bell } of this.#watchers) {
      changed.set(job.id, job);
      bell.ring();
    }
  }

  /** Ends every watcher. */
  close(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const { bell } of watchers) bell.ring();
  }

  /** Watches from the call on, not only from the first step. */
  watch(signal: AbortSignal | undefined): AsyncGenerator<Job> {
    const watcher = { changed: new Map<string, LiveJob>(), bell: new Bell() };
    this.#watchers.add(watcher);
    return this.#steps(watcher, signal);
  }

  async *#steps(watcher: Watcher, signal: AbortSignal | undefined): AsyncGenerator<Job> {
    const { changed, bell } = watcher;
    try {
      while (!signal?.aborted) {
        const [next] = changed.values();
        if (next) {
          changed.delete(next.id);
          yield next.now;
        } else if (this.#watchers.has(watcher)) await bell.wait(signal);
        else return;
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}
