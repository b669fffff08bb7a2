/** What the tidy rules know about this program. Change it together with the design, never to silence a finding. */

/** Rooms of `src/` and how high they stand: a room imports only what stands lower. */
export const RANKS: Readonly<Record<string, number>> = {
  base: 0,
  posix: 0,
  chunking: 1,
  codec: 1,
  crypto: 1,
  format: 1,
  storage: 1,
  engine: 2,
  store: 3,
  snapshot: 4,
  vault: 5,
  backup: 6,
  restore: 6,
  upkeep: 6,
  scheduler: 7,
  api: 8,
  daemon: 9,
  cli: 10,
};

/** Imports between rooms of one rank that are meant. */
export const SAME_RANK_ALLOWED: readonly string[] = ['posix -> base'];

/** A path that ends in `/` means everything below it. */
type Places = readonly string[];

const FILES: Places = [
  'src/posix/',
  'src/storage/',
  'src/chunking/',
  'src/engine/',
  'src/store/',
  'src/vault/',
  'src/backup/',
  'src/restore/',
  'src/upkeep/',
  'src/api/server/',
  'src/api/client/',
  'src/daemon/',
  'src/cli/',
];

/** Modules of Node that only some places may use; the others are free. */
export const NODE_MODULES: Readonly<Record<string, Places>> = {
  'node:fs': FILES,
  'node:fs/promises': FILES,
  'node:worker_threads': ['src/engine/'],
  'node:child_process': ['src/posix/', 'src/backup/', 'src/daemon/', 'src/cli/'],
  'node:http': ['src/api/'],
  'node:https': ['src/api/'],
  'node:net': ['src/api/', 'src/daemon/'],
};

/** Every package from npm and where it may be used. A package that is not here may not be imported at all. */
export const PACKAGES: Readonly<Record<string, Places>> = {
  '@aws-sdk/client-s3': ['src/storage/s3/'],
  '@bokuweb/zstd-wasm': ['src/codec/zstd-wasm.ts'],
  '@fastify/swagger': ['src/api/'],
  '@msgpack/msgpack': ['src/format/'],
  commander: ['src/cli/'],
  croner: ['src/scheduler/'],
  fastify: ['src/api/'],
  ignore: ['src/backup/', 'src/restore/'],
  koffi: ['src/posix/'],
  level: ['src/store/'],
  'p-limit': ['src/storage/', 'src/store/', 'src/vault/', 'src/backup/', 'src/restore/', 'src/upkeep/'],
  pino: ['src/daemon/'],
  'prom-client': ['src/api/metrics/'],
  'smol-toml': ['src/daemon/'],
  zod: ['src/format/', 'src/vault/', 'src/api/', 'src/daemon/', 'src/cli/'],
  'zstd-napi': ['src/codec/zstd-native.ts'],
};

/** Ways to the clock, to randomness and to the environment, and the files that keep them. */
export const AMBIENT: readonly { readonly names: readonly string[]; readonly places: Places; readonly why: string }[] =
  [
    {
      names: ['Date.now', 'new Date()', 'performance.now', 'process.hrtime', 'process.uptime'],
      places: ['src/base/clock.ts'],
      why: 'time is a parameter, so that tests can bring their own',
    },
    {
      names: [
        'Math.random',
        'randomBytes',
        'randomFill',
        'randomFillSync',
        'randomInt',
        'randomUUID',
        'getRandomValues',
      ],
      places: ['src/base/random.ts'],
      why: 'randomness is a parameter, so that tests can bring their own',
    },
    {
      names: ['process.env'],
      places: [
        'src/backup/environment.ts',
        'src/codec/environment.ts',
        'src/posix/environment.ts',
        'src/vault/environment.ts',
        'src/cli/environment.ts',
        'src/daemon/environment.ts',
      ],
      why: 'settings come in at one place and travel as arguments',
    },
  ];

/** Where the program is entered; everything in `src/` is reached from here or from a room's door. */
export const ENTRIES: readonly string[] = [
  'src/cli/main.ts',
  'src/cli/tour.ts',
  'src/api/client/library.ts',
  'src/engine/thread.ts',
];

/** Longer ones are listed in `lengths.json` with their length, which may only shrink. */
export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 80;
