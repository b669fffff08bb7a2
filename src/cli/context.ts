import type { Clock, Logger, Random } from '../base/index.js';
import type { Output } from './output.js';
import type { ProgressDisplay, ProgressMode } from './progress-line.js';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly vault?: string;
  readonly keyFile?: string;
  /** The configuration file. */
  readonly config?: string;
  /** The daemon to ask, and nobody else. */
  readonly socket?: string;
  readonly json?: boolean;
  readonly progress: ProgressMode;
  readonly quiet?: boolean;
}

/** What a command works with. */
export interface CommandContext {
  readonly globals: GlobalOptions;
  readonly output: Output;
  readonly progress: ProgressDisplay;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Has a hangup do this from now on, instead of stopping the command. */
  onHangup(listener: () => void): void;
}

/** Exit codes of answers that are no errors; errors bring their own. */
export const EXIT = { ok: 0, partial: 3, corrupt: 65 } as const;
