import {
  type ApiServer,
  createJobWork,
  type DaemonFacts,
  jobPriority,
  type OperationHost,
  type Settings,
  serveApi,
} from '../api/index.js';
import type { Clock, Random } from '../base/index.js';
import { loadCodecs } from '../codec/index.js';
import { createEngine, type Engine } from '../engine/index.js';
import { Queue, type QueueLimits, type Timetable } from '../scheduler/index.js';
import { chooseVaultPath, openVault, type Vault, type VaultEnvironment } from '../vault/index.js';
import { checkConfig } from './config/check.js';
import type { LoadedConfig } from './config/find.js';
import { settingsOf } from './config/settings.js';
import type { DaemonEnvironment } from './environment.js';
import { runnableOnly } from './job-store.js';
import type { DaemonLog } from './log.js';
import { passedSockets } from './passed-sockets.js';
import { Reloader } from './reload.js';
import { Rounds } from './rounds.js';
import { ServiceManager } from './service-manager.js';
import { usualSocket } from './socket-place.js';
import { createTimetable, type DaemonTimetable } from './timetable.js';
import { upkeepRounds } from './upkeep.js';

export interface DaemonOptions {
  /** Undefined without a file: everything is as usual. */
  readonly loaded: LoadedConfig | undefined;
  /** The configuration file where the command line names one. */
  readonly configFile?: string | undefined;
  /** Where the command line says otherwise. */
  readonly vault?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly socket?: string | undefined;
  readonly vaultEnvironment: VaultEnvironment;
  readonly environment: DaemonEnvironment;
  /** Of the program. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: DaemonLog;
  /** Aborted when the daemon should stop. */
  readonly signal: AbortSignal;
  /** Called once, with what has the daemon read its configuration again. */
  onReload?(reload: () => void): void;
  /** Called once it answers. */
  onReady?(facts: DaemonFacts): void;
}

/** How long answers under way may take once all jobs have ended. */
const ANSWERS_GRACE_MS = 2000;
/** Users that stay open between their snapshots. */
const RESTING_USERS = 256;

/**
 * Runs the daemon until `signal` is aborted: the vault under its lock, one engine for all jobs, the queue with what an earlier process left,
 * the API on its socket. Stops in the opposite order: nothing new, running jobs for as long as the grace lasts, then the rest.
 *
 * @throws {BitacoraError} what keeps it from starting: `VAULT_BUSY`, `CONFIG`, `VAULT_READ_ONLY`, and what opening a vault throws.
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { log, clock, random, signal, environment } = options;
  const config = options.loaded?.config ?? checkConfig('', '/').config!;
  const path = chooseVaultPath(options.vault, options.vaultEnvironment);
  const passed = passedSockets(environment.passed);
  const socket = passed.unix?.path ?? options.socket ?? config.api.socket.path ?? usualSocket(path, environment);
  const manager = new ServiceManager(environment, log);
  let settings = settingsOf(config);
  const reloader = createReloader(options, manager, path, (next) => {
    settings = next.settings;
    queue?.setLimits(next.config.limits);
    timed?.timetable.replace(settings.schedule, settings.timezone);
    log.setLevel(next.config.log.level);
  });
  for (const problem of reloader.problems) log.warn(problem);
  const graceMs = () => (reloader.current?.config ?? config).limits.grace;
  const problems: string[] = [];
  const open = { keyFile: options.keyFile, environment: options.vaultEnvironment, clock, random, logger: log, socket };
  const vault = await openVault({ path, restingUsers: RESTING_USERS, ...open });
  let engine: Engine | undefined;
  let queue: Queue | undefined;
  let server: ApiServer | undefined;
  let timed: ReturnType<typeof startTimed> | undefined;
  try {
    vault.checkWritable();
    await loadCodecs();
    engine = await createEngine(config.backup.workers === undefined ? {} : { threads: config.backup.workers });
    const facts = {
      // Nobody looks before there is one.
      get queue(): Queue {
        return queue!;
      },
      pid: process.pid,
      started: clock.now(),
      socket,
      get configFile(): string | undefined {
        return reloader.current?.file;
      },
      get problems(): readonly string[] {
        return [...reloader.problems, ...problems];
      },
      upcoming: () => timed?.timetable.upcoming() ?? [],
    };
    const host = {
      vault,
      engine: async () => engine!,
      // Each operation has those that are in force when it begins.
      get settings(): Settings {
        return settings;
      },
      daemon: facts,
      clock,
      random,
      logger: log,
    };
    queue = await openQueue(host, vault, config.limits, problems, log);
    const { listen, socket: own } = config.api;
    const inherited = { socketFd: passed.unix?.fd, tcpFd: passed.tcp?.fd };
    server = await serveApi({ host, socket, socketGroup: own.group, listen, inherited, version: options.version });
    // Not before everything is in place: what would have to be given up again had better not begin.
    queue.resume();
    timed = startTimed({ vault, queue, settings: () => settings, clock, random, logger: log });
    const { address: tcp } = server;
    log.info('Ready.', { vault: path, socket, tcp, version: options.version, waiting: queue.list().length });
    manager.ready(servesText(path));
    options.onReload?.(() => {
      if (!signal.aborted) void reloader.reload();
    });
    options.onReady?.(facts);
    await aborted(signal);
    manager.stopping('Waits for running jobs', graceMs() + ANSWERS_GRACE_MS);
    log.info('Stopping.', { running: queue.list({ states: ['running'] }).length });
  } finally {
    await timed?.stop();
    await closeAll(graceMs(), { queue, server, engine, vault });
    manager.close();
  }
  log.info('Stopped.');
}

/** What is done by itself: upkeep in its rounds, and the timetable. */
function startTimed(parts: DaemonTimetable): { readonly timetable: Timetable; stop(): Promise<void> } {
  const { vault, queue, settings, clock, random, logger } = parts;
  const rounds = new Rounds({ rounds: upkeepRounds(vault, settings, random), queue, clock, random, logger });
  const timetable = createTimetable(parts);
  rounds.start();
  timetable.start();
  return {
    timetable,
    stop: async () => {
      await Promise.all([rounds.stop(), timetable.stop()]);
    },
  };
}

const servesText = (path: string): string => `Serves ${path}`;

function createReloader(
  { loaded, configFile, vault, keyFile, socket, log, clock }: DaemonOptions,
  manager: ServiceManager,
  path: string,
  apply: (next: LoadedConfig) => void,
): Reloader {
  const overridden = [
    ...(vault === undefined ? [] : ['backup.storage.local.path']),
    ...(keyFile === undefined ? [] : ['keys.file']),
    ...(socket === undefined ? [] : ['api.socket.path']),
  ];
  return new Reloader({
    started: loaded,
    configFile,
    overridden,
    apply,
    log,
    manager,
    clock,
    status: servesText(path),
  });
}

async function openQueue(
  host: OperationHost,
  vault: Vault,
  limits: QueueLimits,
  problems: string[],
  log: DaemonLog,
): Promise<Queue> {
  const { clock, random } = host;
  const store = runnableOnly(vault.queue);
  const opened = await Queue.open({
    store,
    work: createJobWork(host),
    paused: true,
    limits,
    priorityOf: jobPriority,
    clock,
    random,
    logger: log,
  });
  for (const { code, message, details } of opened.damaged) {
    log.error(message, { code, object: details.object });
    problems.push(`${message} That job does not run; the file stays until you remove it.`);
  }
  return opened.queue;
}

interface Parts {
  readonly queue: Queue | undefined;
  readonly server: ApiServer | undefined;
  readonly engine: Engine | undefined;
  readonly vault: Vault;
}

/** The lock goes last: until then nobody else may believe that the vault is free. */
async function closeAll(graceMs: number, { queue, server, engine, vault }: Parts): Promise<void> {
  const hurry = new AbortController();
  const timer = setTimeout(() => hurry.abort(), graceMs);
  try {
    // Answers that wait for a job are given before the server goes.
    await queue?.stop(hurry.signal);
    await server?.close(ANSWERS_GRACE_MS);
    await engine?.close();
  } finally {
    clearTimeout(timer);
    await vault.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** What ends the process when nobody has caught it: said in the log, and the lock is let go by the kernel. */
export function dieOnUncaught(log: DaemonLog): void {
  const die = (what: string) => (error: unknown) => {
    log.fatal(`The daemon ends: ${what}.`, { error });
    process.exit(FAULT_EXIT);
  };
  process.on('uncaughtException', die('an error that nobody caught'));
  process.on('unhandledRejection', die('a promise that nobody waited for has failed'));
}

const FAULT_EXIT = 1;
