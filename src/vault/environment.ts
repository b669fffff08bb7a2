/** What the vault takes from the process's environment, and who runs it. */
export interface VaultEnvironment {
  /** `BITACORA_VAULT` */
  readonly vault?: string | undefined;
  /** `CREDENTIALS_DIRECTORY`, where systemd puts a service's credentials. */
  readonly credentialsDirectory?: string | undefined;
  /** `XDG_CONFIG_HOME`, or its default below the home directory. */
  readonly configHome: string;
  /** `XDG_DATA_HOME`, or its default below the home directory. */
  readonly dataHome: string;
  /** The vault that the configuration names, absolute. */
  readonly configuredVault?: string | undefined;
  /** The master key file that the configuration names, absolute. */
  readonly configuredKeyFile?: string | undefined;
  /** Effective user id. */
  readonly uid: number;
}

/** The one place where this room reads the environment. */
export function readVaultEnvironment(home: string): VaultEnvironment {
  const { BITACORA_VAULT, CREDENTIALS_DIRECTORY, XDG_CONFIG_HOME, XDG_DATA_HOME } = process.env;
  return {
    vault: BITACORA_VAULT || undefined,
    credentialsDirectory: CREDENTIALS_DIRECTORY || undefined,
    configHome: absolute(XDG_CONFIG_HOME) ?? `${home}/.config`,
    dataHome: absolute(XDG_DATA_HOME) ?? `${home}/.local/share`,
    uid: process.geteuid?.() ?? 0,
  };
}

/** The XDG specification has relative paths ignored. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path : undefined;
}
