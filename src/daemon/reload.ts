import { type Clock, isBitacoraError } from '../base/index.js';
import { findConfig, type LoadedConfig } from './config/find.js';
import { fixedChanges } from './config/fixed.js';
import type { DaemonLog } from './log.js';
import type { ServiceManager } from './service-manager.js';

export interface ReloaderOptions {
  /** The configuration that the daemon was started with. */
  readonly started: LoadedConfig | undefined;
  /** The file where the command line names one; else the usual one. */
  readonly configFile: string | undefined;
  /** Settings that the command line decides, whatever the file says. */
  readonly overridden: readonly string[];
  /** Puts a configuration in force. */
  apply(next: LoadedConfig): void;
  readonly log: DaemonLog;
  readonly manager: Pick<ServiceManager, 'reloading' | 'ready'>;
  readonly clock: Clock;
  /** What the service manager shows of a daemon that is well. */
  readonly status: string;
}

/**
 * Reads the configuration again when asked to. A right one replaces all settings at once, and what counts from the next start on is
 * named; a wrong one changes nothing. Either is told in the log, by `problems`, and to the service manager.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #current: LoadedConfig | undefined;
  #problems: readonly string[];
  #running = false;
  #again = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#current = options.started;
    this.#problems = warningsOf(options.started);
  }

  /** The configuration in force; undefined without a file. */
  get current(): LoadedConfig | undefined {
    return this.#current;
  }

  /** What the operator should know of the configuration, as it stands. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Once now, and where it is asked for meanwhile, once more afterwards. Does not throw. */
  async reload(): Promise<void> {
    this.#again = this.#running;
    if (this.#running) return;
    this.#running = true;
    const { manager, clock, status } = this.#options;
    manager.reloading(clock.monotonic());
    let outcome: string | undefined;
    do {
      this.#again = false;
      outcome = await this.#once();
    } while (this.#again);
    this.#running = false;
    manager.ready(outcome === undefined ? status : `${status}; ${outcome}`);
  }

  /** Returns what is not as it was wanted, in a few words. */
  async #once(): Promise<string | undefined> {
    const { apply, configFile, log, overridden, started } = this.#options;
    let next: LoadedConfig | undefined;
    try {
      next = await findConfig(configFile);
    } catch (error) {
      return this.#refuse(isBitacoraError(error) ? error.message : String(error));
    }
    if (!next) {
      if (!this.#current) return undefined;
      return this.#refuse(`The configuration "${this.#current.file}" is no longer there, or cannot be read.`);
    }
    apply(next);
    this.#current = next;
    const fixed = fixedChanges(started?.config, next.config, overridden);
    const waiting = fixed.map((key) => `"${key}" has changed and counts from the next start of the daemon on.`);
    this.#problems = [...warningsOf(next), ...waiting];
    log.info('Reloaded the configuration.', { file: next.file });
    for (const problem of this.#problems) log.warn(problem);
    return fixed.length === 0 ? undefined : `${fixed.join(', ')} changed: restart for that`;
  }

  #refuse(why: string): string {
    const problem = `The configuration was not reloaded, and the one before is still in force. ${why}`;
    this.#problems = [...warningsOf(this.#current), problem];
    this.#options.log.error(problem);
    return 'the changed configuration is wrong and not in force, see the log';
  }
}

function warningsOf(loaded: LoadedConfig | undefined): string[] {
  return (loaded?.warnings ?? []).map(({ message }) => message);
}
