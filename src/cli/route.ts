import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, connectApi, type OperationContext } from '../api/index.js';
import { BitacoraError, isBitacoraError, throwIfAborted } from '../base/index.js';
import { chooseVaultPath, vaultHolder } from '../vault/index.js';
import type { CallOptions } from './call-options.js';
import { type Configuration, readConfiguration } from './configuration.js';
import type { CommandContext } from './context.js';
import { programVersion } from './version.js';

/**
 * Has something done where it belongs: by the daemon that holds the vault where one answers, else in this process.
 *
 * @throws {BitacoraError} `DAEMON_SILENT` where the vault is held and its holder does not answer; with `--socket` wherever that
 *   one does not; and what either way throws.
 */
export async function route<T>(
  context: CommandContext,
  options: CallOptions,
  through: (client: ApiClient) => Promise<T>,
  here: (own: OperationContext) => Promise<T>,
): Promise<T> {
  const configuration = await readConfiguration(context.globals);
  const found = await findDaemon(context, configuration);
  if (found.client) return throughDaemon(context, options, found.client, through);
  // Loaded only now: who asks a daemon needs neither vault nor engine.
  const { embedded } = await import('./embedded.js');
  const { clock, signal } = context;
  const until = clock.monotonic() + PATIENCE_MS;
  for (let { refused } = found; ; ) {
    let busy: BitacoraError;
    try {
      return await embedded(context, configuration, options, here);
    } catch (error) {
      if (!isBitacoraError(error, 'VAULT_BUSY') || error.details.socket === undefined) throw error;
      busy = error;
    }
    // It may have begun to answer for the vault since we looked.
    const late = await findDaemon(context, configuration);
    if (late.client) return throughDaemon(context, options, late.client, through);
    refused = late.refused ?? refused;
    if (refused && refused.code !== 'DAEMON_SILENT') throw refused;
    // A daemon that has just taken the vault answers in a moment; one that ends lets go of it.
    if (clock.monotonic() >= until) throw refused ? heldButSilent(busy, refused) : busy;
    await pause(PAUSE_MS, signal);
  }
}

/** How long a daemon that holds the vault may stay silent before it is called so. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 100;

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => throwIfAborted(signal));
}

interface Found {
  readonly client?: ApiClient;
  /** Why the socket that the lock file names was of no use: it may be one that was left behind. */
  readonly refused?: BitacoraError;
}

async function findDaemon(context: CommandContext, { environment }: Configuration): Promise<Found> {
  const { globals, signal, progress, logger } = context;
  const common = { version: programVersion(), signal, progress: progress.sink, logger };
  if (globals.socket !== undefined) {
    const vaultIdentity =
      globals.vault === undefined ? undefined : identityOf(chooseVaultPath(globals.vault, environment));
    return { client: await connectApi({ ...common, socket: globals.socket, vaultIdentity }) };
  }
  const path = chooseVaultPath(globals.vault, environment);
  const socket = vaultHolder(path)?.socket;
  if (socket === undefined) return {};
  try {
    return { client: await connectApi({ ...common, socket, vaultIdentity: identityOf(path) }) };
  } catch (error) {
    if (!isBitacoraError(error) || error.code === 'CANCELLED') throw error;
    return { refused: error };
  }
}

function throughDaemon<T>(
  { logger }: CommandContext,
  { threads }: CallOptions,
  client: ApiClient,
  through: (client: ApiClient) => Promise<T>,
): Promise<T> {
  if (threads !== undefined)
    logger.warn('--threads counts for nothing here: the daemon that does the work has its own.');
  return through(client);
}

/** Tells the vault's directory from every other, a copy of it included. */
function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev}-${stat.ino}`;
}

function heldButSilent(busy: BitacoraError, refused: BitacoraError): BitacoraError {
  const { directory, pid, socket } = busy.details;
  const message = `The vault "${String(directory)}" is held by process ${String(pid)}, which does not answer at "${String(socket)}". See what it does, and try again.`;
  return new BitacoraError('DAEMON_SILENT', message, { retryable: true, cause: refused, details: busy.details });
}
