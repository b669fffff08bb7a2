/** What a service is to be made of: everything that its units say and that differs from one machine to the next. */
export interface ServicePlan {
  /** Node, its options, and the program: absolute. */
  readonly program: readonly string[];
  /** `NAME=value` of what it wants in its environment. */
  readonly variables: readonly string[];
  /** Whom the daemon runs as. */
  readonly user: string;
  /** Absolute. */
  readonly vault: string;
  /** Whether the command line has to name it, since no configuration does. */
  readonly namesVault: boolean;
  readonly keyFile: string;
  /** Absolute; undefined without a file. */
  readonly configFile: string | undefined;
  readonly socket: string;
  /** Whose members may ask at the socket, beside root and the user. */
  readonly socketGroup: string | undefined;
  /** `host:port` where it is asked over TCP. */
  readonly listen: string | undefined;
  /** Directories that it backs up; none where an application sends what is to be kept. */
  readonly paths: readonly string[];
  /** Directories that restores may write to. */
  readonly targets: readonly string[];
  /** Whether programs that the configuration names, or a backend, may need a network. */
  readonly network: boolean;
  /** What running jobs are given when the service stops. */
  readonly graceMs: number;
}

/** The user that the service has unless the vault is another's. */
export const SERVICE_USER = 'bitacora';
/** What systemd makes for that user. */
export const STATE_DIRECTORY = '/var/lib/bitacora';

/** Where the program is after an installation as the documentation has it; what `systemd/` shows. */
export const EXAMPLE_PLAN: ServicePlan = {
  program: ['/usr/local/bin/bitacora'],
  variables: [],
  user: SERVICE_USER,
  vault: `${STATE_DIRECTORY}/vault`,
  namesVault: true,
  keyFile: '/etc/bitacora/keys/master.key',
  configFile: undefined,
  socket: '/run/bitacora/bitacora.sock',
  socketGroup: undefined,
  listen: undefined,
  paths: [],
  targets: [],
  network: false,
  graceMs: 30_000,
};

/** Whether one of the two lies in the other, or they are the same. Both absolute, without `..`. */
export function touches(a: string, b: string): boolean {
  return isIn(a, b) || isIn(b, a);
}

/** Whether `path` is `directory` or lies in it. */
export function isIn(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}
