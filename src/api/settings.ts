import type { CodecName } from '../codec/index.js';
import type { AccessScope } from '../format/index.js';

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

/** How long captures live, days. */
export interface RetentionSettings {
  /** Every capture of a session, counted from its last one. */
  readonly sessionDays: number;
  /** The last capture of each day, of each week, of each month. */
  readonly dailyDays: number;
  readonly weeklyDays: number;
  readonly monthlyDays: number;
  /** Snapshots that somebody asked for; undefined: as the policy has it. */
  readonly manualDays: number | undefined;
  readonly criticalDays: number | undefined;
}

/** How much may be stored. */
export interface SpaceSettings {
  /** Of the vault as a whole, bytes; undefined: as far as its disk goes. */
  readonly vaultBytesMax: number | undefined;
  /** Of each user, bytes; undefined: no limit. */
  readonly userBytesMax: number | undefined;
  /** The share of either from which on it is told. */
  readonly warningShare: number;
}

export interface RecordSettings {
  /** Collections that belong to the user rather than to the session in which they come. */
  readonly userWide: readonly string[];
  /** What gives a session's records where a call brings none. */
  readonly pull: HookSettings | undefined;
}

/** One line of the timetable. */
export interface ScheduleSettings {
  /** User ids, or `['*']` for all. */
  readonly users: readonly string[];
  /** Either one: a cron expression, in the configuration's time zone, */
  readonly cron: string | undefined;
  /** or the time from one run to the next. */
  readonly everyMs: number | undefined;
  readonly kind: 'periodic' | 'manual' | 'critical';
  /** Each run begins up to so much later, at random. */
  readonly jitterMs: number;
  /** Whether what was missed while nothing ran is done at the start, once. */
  readonly runMissed: boolean;
}

export interface ScrubSettings {
  readonly enabled: boolean;
  /** From one run to the next; undefined: as is usual. */
  readonly everyMs: number | undefined;
  /** Of the packs that one run reads, a part of one; undefined: as is usual. */
  readonly share: number | undefined;
}

/** What a user of the socket's group may do. */
export interface PeerSettings {
  readonly uid: number;
  /** User ids, or `['*']` for all. */
  readonly users: readonly string[];
  readonly scopes: readonly AccessScope[];
}

export interface AccessSettings {
  /** Names under which the API may be asked over TCP, beside those of this machine and the address that it listens on. */
  readonly hosts: readonly string[];
  readonly peers: readonly PeerSettings[];
  /** Absolute directories below which whoever is no administrator may have restores written. */
  readonly allowedTargets: readonly string[];
}

/** What the configuration says to operations, in the daemon and embedded alike. A reload replaces it as a whole. */
export interface Settings {
  /** Triggers are answered; restores work in any case. */
  readonly enabled: boolean;
  /** Whether a session that ends is backed up. */
  readonly autoBackupOnSessionEnd: boolean;
  readonly codec: CodecName;
  /** Undefined: the codec's own. */
  readonly level: number | undefined;
  /** What day, week, month and cron expressions mean: a name of the time zone database; undefined: the system's. */
  readonly timezone: string | undefined;
  /** Patterns left out of every backup. */
  readonly exclude: readonly string[];
  readonly sources: readonly ConfiguredSource[];
  readonly hooks: { readonly before: HookSettings | undefined; readonly after: HookSettings | undefined };
  /** Undefined: as is usual (`DEFAULT_POLICY`). */
  readonly retention: RetentionSettings | undefined;
  readonly space: SpaceSettings;
  readonly records: RecordSettings;
  readonly schedule: readonly ScheduleSettings[];
  /** Undefined: as is usual. */
  readonly scrub: ScrubSettings | undefined;
  readonly access: AccessSettings;
  /** A sentence that says which configured copy is not made; undefined where all are. */
  readonly missingCopy: string | undefined;
}

/** Without a configuration. */
export const DEFAULT_SETTINGS: Settings = {
  enabled: true,
  autoBackupOnSessionEnd: true,
  codec: 'zstd',
  level: undefined,
  timezone: undefined,
  exclude: [],
  sources: [],
  hooks: { before: undefined, after: undefined },
  retention: undefined,
  space: { vaultBytesMax: undefined, userBytesMax: undefined, warningShare: 0.9 },
  records: { userWide: ['user_config'], pull: undefined },
  schedule: [],
  scrub: undefined,
  access: { hosts: [], peers: [], allowedTargets: [] },
  missingCopy: undefined,
};
