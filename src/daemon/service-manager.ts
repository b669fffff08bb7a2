import { execFile } from 'node:child_process';
import { type Logger, utf8 } from '../base/index.js';
import { sendDatagram } from '../posix/index.js';
import type { DaemonEnvironment } from './environment.js';

const TOOL = '/usr/bin/systemd-notify';

/** Tells the service manager how it goes (sd_notify(3)). Without one, nothing is told. */
export class ServiceManager {
  readonly #environment: DaemonEnvironment;
  readonly #logger: Logger;
  #watchdog: NodeJS.Timeout | undefined;
  #failed = false;
  #stopping = false;

  constructor(environment: DaemonEnvironment, logger: Logger) {
    this.#environment = environment;
    this.#logger = logger;
  }

  /** The service is up, or up again after `reloading`; from here on it is watched, where that is wanted. */
  ready(status: string): void {
    if (this.#stopping) return;
    this.#tell(['READY=1', `MAINPID=${process.pid}`, `STATUS=${status}`]);
    const { watchdogMs } = this.#environment;
    if (this.#watchdog || watchdogMs === undefined || this.#environment.notifySocket === undefined) return;
    // From the event loop: what blocks it for too long keeps the word from being sent, and that is what is watched.
    this.#watchdog = setInterval(() => this.#tell(['WATCHDOG=1']), watchdogMs / 2);
    this.#watchdog.unref();
  }

  /**
   * It reads its configuration again; `ready` follows however that ends.
   *
   * @param monotonicMs - Now, by the system's clock: tells the answer to this reload from one to an earlier.
   */
  reloading(monotonicMs: number): void {
    this.#tell(['RELOADING=1', `MONOTONIC_USEC=${Math.floor(monotonicMs * 1000)}`]);
  }

  /** @param graceMs - How long it may take. */
  stopping(status: string, graceMs: number): void {
    this.#stopping = true;
    this.#tell(['STOPPING=1', `STATUS=${status}`, `EXTEND_TIMEOUT_USEC=${graceMs * 1000}`]);
  }

  close(): void {
    clearInterval(this.#watchdog);
  }

  #tell(lines: readonly string[]): void {
    const { notifySocket } = this.#environment;
    if (notifySocket === undefined) return;
    // A leading @ stands for the zero byte of the abstract kind.
    const address = utf8(notifySocket.replace(/^@/, '\0'));
    try {
      if (sendDatagram(address, utf8(`${lines.join('\n')}\n`))) return;
      execFile(TOOL, [`--pid=${process.pid}`, ...lines], (error) => {
        if (error) this.#fail(error);
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Said once: whoever does not listen to the first word does not to the next. */
  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#logger.warn('The service manager cannot be told how it goes.', { error: String(error) });
  }
}
