import type { CodecName } from '../codec/index.js';

/** A command to run beside a backup, from the configuration alone. */
export interface HookSettings {
  /** The program and its arguments; no shell is involved. */
  readonly argv: readonly string[];
  readonly timeoutMs: number;
}

/** Where a user's data comes from, as the configuration has it. */
export type ConfiguredSource = PathSourceSettings | CommandSourceSettings;

interface SourceSettings {
  readonly user: string;
  readonly exclude: readonly string[];
  readonly atSessionEnd: boolean;
}

export interface PathSourceSettings extends SourceSettings {
  readonly kind: 'path';
  /** Absolute. */
  readonly path: string;
}

export interface CommandSourceSettings extends SourceSettings {
  readonly kind: 'command';
  readonly name: string;
  /** The program and its arguments; no shell is involved. */
  readonly argv: readonly string[];
  readonly timeoutMs: number;
}

/** What the configuration says to operations, in the daemon and embedded alike. */
export interface Settings {
  /** Triggers are answered; restores work in any case. */
  readonly enabled: boolean;
  readonly codec: CodecName;
  /** Undefined: the codec's own. */
  readonly level: number | undefined;
  /** Patterns left out of every backup. */
  readonly exclude: readonly string[];
  readonly sources: readonly ConfiguredSource[];
  readonly hooks: { readonly before: HookSettings | undefined; readonly after: HookSettings | undefined };
}

/** Without a configuration. */
export const DEFAULT_SETTINGS: Settings = {
  enabled: true,
  codec: 'zstd',
  level: undefined,
  exclude: [],
  sources: [],
  hooks: { before: undefined, after: undefined },
};
