import { tmpdir } from 'node:os';

/** What the daemon takes from its environment. */
export interface DaemonEnvironment {
  /** `NOTIFY_SOCKET`: where the service manager wants to be told how it goes. */
  readonly notifySocket: string | undefined;
  /** `WATCHDOG_USEC`, where it is meant for this process: how often the service manager wants to hear of it, milliseconds. */
  readonly watchdogMs: number | undefined;
  /** `LISTEN_FDS` with `LISTEN_FDNAMES`, where they are meant for this process: sockets that it was given, in order. */
  readonly passed: readonly PassedDescriptor[];
  /** `XDG_RUNTIME_DIR` */
  readonly runtimeDirectory: string | undefined;
  readonly temporaryDirectory: string;
  /** Effective user id. */
  readonly uid: number;
}

export interface PassedDescriptor {
  readonly fd: number;
  /** What the socket's unit calls it; empty where it does not say. */
  readonly name: string;
}

/** Of the first descriptor that a service is given, behind the usual three. */
const LISTEN_FDS_START = 3;
const LISTEN_FDS_MAX = 64;

/** The one place where this room reads the environment. */
export function readDaemonEnvironment(): DaemonEnvironment {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, XDG_RUNTIME_DIR } = process.env;
  const { LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES } = process.env;
  const watchdogUs = Number(WATCHDOG_USEC);
  const mine = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
  return {
    notifySocket: NOTIFY_SOCKET || undefined,
    watchdogMs: mine && watchdogUs > 0 ? watchdogUs / 1000 : undefined,
    passed: LISTEN_PID === String(process.pid) ? passedDescriptors(LISTEN_FDS, LISTEN_FDNAMES) : [],
    runtimeDirectory: XDG_RUNTIME_DIR?.startsWith('/') ? XDG_RUNTIME_DIR : undefined,
    temporaryDirectory: tmpdir(),
    uid: process.geteuid?.() ?? 0,
  };
}

function passedDescriptors(count: string | undefined, names: string | undefined): PassedDescriptor[] {
  const length = Math.min(Number(count) || 0, LISTEN_FDS_MAX);
  const named = names?.split(':') ?? [];
  return Array.from({ length }, (_, index) => ({ fd: LISTEN_FDS_START + index, name: named[index] ?? '' }));
}
