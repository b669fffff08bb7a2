import type { Clock, Logger, ProgressSink, Random } from '../base/index.js';
import type { Engine } from '../engine/index.js';
import type { Vault } from '../vault/index.js';
import { ADMINISTRATOR, type Caller } from './authority.js';
import type { DaemonFacts } from './daemon-facts.js';
import type { OperationContext } from './operation.js';
import type { RecordBody } from './records/body.js';
import type { Settings } from './settings.js';

/** What the operations of one process share. */
export interface OperationHost {
  readonly vault: Vault;
  /** The workers, of all operations; the host's owner closes them. */
  engine(): Promise<Engine>;
  readonly settings: Settings;
  readonly daemon: DaemonFacts | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What one operation has for itself. */
export interface OperationCall {
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
  readonly jobId?: string | undefined;
  /** Left out, an administrator: whoever runs the program itself. */
  readonly caller?: Caller | undefined;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  readonly records?: RecordBody | undefined;
  /** See `OperationContext.again`. */
  readonly again?: boolean | undefined;
}

/** Gives `use` a context, and closes what was opened with it however that ends. */
export async function withContext<T>(
  host: OperationHost,
  call: OperationCall,
  use: (context: OperationContext) => Promise<T>,
): Promise<T> {
  const closing: (() => void | Promise<void>)[] = [];
  const { vault, settings, daemon, clock, random, logger } = host;
  const { signal, progress, jobId, body, records, again = false, caller = ADMINISTRATOR } = call;
  try {
    return await use({
      vault,
      engine: () => host.engine(),
      atEnd: (close) => {
        closing.push(close);
      },
      jobId,
      body,
      records,
      again,
      settings,
      caller,
      daemon,
      clock,
      random,
      logger,
      progress,
      signal,
    });
  } finally {
    await closeAll(closing);
  }
}

/** The last first; an error keeps none from being closed. */
async function closeAll(closing: readonly (() => void | Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of [...closing].reverse()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
