import { dirname, join } from 'node:path';
import {
  type ApiServer,
  createJobWork,
  DEFAULT_SETTINGS,
  jobPriority,
  type OperationHost,
  type ServerLimits,
  type ServerParts,
  type Settings,
  serveApi,
} from '../../src/api/index.js';
import { type Logger, silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { programVersion } from '../../src/cli/version.js';
import { createEngine, type Engine } from '../../src/engine/index.js';
import { type JobWork, Queue } from '../../src/scheduler/index.js';
import { openVault, type Vault } from '../../src/vault/index.js';

export const VERSION = programVersion();

export interface TestDaemonOptions {
  readonly vault: string;
  readonly keyFile: string;
  readonly socket?: string;
  readonly threads?: number;
  readonly limits?: Partial<ServerLimits>;
  readonly logger?: Logger;
  readonly version?: string;
  /** Read at each call. */
  readonly settings?: Settings;
  /** How it is served besides. */
  readonly serving?: Partial<Pick<ServerParts, 'listen' | 'socketGroup' | 'inherited'>>;
  /** Around the work of jobs that bring none of their own: those that may be done after a restart. */
  readonly around?: (work: JobWork) => JobWork;
  /** The same around the work of the others. */
  readonly aroundOwn?: (work: JobWork) => JobWork;
}

export interface TestDaemon {
  readonly socket: string;
  readonly vault: Vault;
  readonly queue: Queue;
  readonly server: ApiServer;
  close(): Promise<void>;
}

/** As little of a daemon as the server needs: vault, queue and engine in this process. */
export async function startDaemon(options: TestDaemonOptions): Promise<TestDaemon> {
  const { logger = silentLogger, limits, keyFile, version = VERSION } = options;
  const socket = options.socket ?? join(dirname(options.vault), 'run', 'bitacora.sock');
  const clock = systemClock;
  const random = systemRandom;
  const vault = await openVault({ path: options.vault, keyFile, clock, random, logger, socket });
  let engine: Promise<Engine> | undefined;
  let queue: Queue | undefined;
  const host: OperationHost & { readonly daemon: NonNullable<OperationHost['daemon']> } = {
    vault,
    engine: () => {
      engine ??= createEngine({ threads: options.threads ?? 0 });
      return engine;
    },
    get settings() {
      return options.settings ?? DEFAULT_SETTINGS;
    },
    daemon: {
      get queue() {
        return queue!;
      },
      pid: process.pid,
      started: clock.now(),
      socket,
      configFile: undefined,
      problems: [],
      upcoming: () => [],
    },
    clock,
    random,
    logger,
  };
  const work = createJobWork(host);
  const opened = await Queue.open({
    store: vault.queue,
    work: options.around?.(work) ?? work,
    limits: { writers: 2, readers: 4, urgent: 4 },
    priorityOf: jobPriority,
    clock,
    random,
    logger,
  });
  queue = opened.queue;
  if (options.around) wrapOwnWork(queue, options.around);
  const { aroundOwn } = options;
  if (aroundOwn) {
    const submit = queue.submit.bind(queue);
    queue.submit = (request, more) => submit(request, more?.work ? { ...more, work: aroundOwn(more.work) } : more);
  }
  const server = await serveApi({ host, socket, version, limits, ...options.serving });
  return {
    socket,
    vault,
    queue,
    server,
    close: async () => {
      await server.close(0);
      await opened.queue.stop(AbortSignal.abort());
      await (await engine)?.close();
      await vault.close();
    },
  };
}

/** Jobs that bring their own work are wrapped, too. */
function wrapOwnWork(queue: Queue, around: (work: JobWork) => JobWork): void {
  const submit = queue.submit.bind(queue);
  queue.submit = (request, options = {}) => submit(request, { ...options, work: options.work && around(options.work) });
}
