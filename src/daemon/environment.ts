import { tmpdir } from 'node:os';

/** What the daemon takes from its environment. */
export interface DaemonEnvironment {
  /** `NOTIFY_SOCKET`: where the service manager wants to be told how it goes. */
  readonly notifySocket: string | undefined;
  /** `WATCHDOG_USEC`, where it is meant for this process: how often the service manager wants to hear of it, milliseconds. */
  readonly watchdogMs: number | undefined;
  /** `XDG_RUNTIME_DIR` */
  readonly runtimeDirectory: string | undefined;
  readonly temporaryDirectory: string;
  /** Effective user id. */
  readonly uid: number;
}

/** The one place where this room reads the environment. */
export function readDaemonEnvironment(): DaemonEnvironment {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, XDG_RUNTIME_DIR } = process.env;
  const watchdogUs = Number(WATCHDOG_USEC);
  const mine = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
  return {
    notifySocket: NOTIFY_SOCKET || undefined,
    watchdogMs: mine && watchdogUs > 0 ? watchdogUs / 1000 : undefined,
    runtimeDirectory: XDG_RUNTIME_DIR?.startsWith('/') ? XDG_RUNTIME_DIR : undefined,
    temporaryDirectory: tmpdir(),
    uid: process.geteuid?.() ?? 0,
  };
}
