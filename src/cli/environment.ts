/** What the command line takes from the process's environment. */
export interface CliEnvironment {
  /** `BITACORA_DEBUG=1` shows stack traces and the program's own log. */
  readonly debug: boolean;
}

/** The one place where this room reads the environment. */
export function readCliEnvironment(): CliEnvironment {
  const { BITACORA_DEBUG } = process.env;
  return { debug: BITACORA_DEBUG !== undefined && BITACORA_DEBUG !== '' && BITACORA_DEBUG !== '0' };
}
