import { joinByKey, joinEnd } from './join.js';
import { bytes, document, items } from './operation-entry.js';
import { CARE_OPERATIONS } from './operations-care.js';
import { MEDIA } from './protocol.js';
import { withoutTarget } from './without-target.js';

/** What a backup reads besides what is configured, or leaves out of that. */
const CAPTURE_MEMBERS = ['paths', 'exclude', 'one_file_system', 'include_caches', 'max_file_bytes', 'codec', 'level'];
/** A source is a path that the daemon reads. */
const SOURCE_MEMBERS = ['sources', 'add_sources', 'remove_sources'];

/**
 * Every operation: its route, where its code is, and the schemas of its input and answer, each loaded only when wanted. The
 * command line, the server and the client all follow this table. Where a job's name is shown, it is the key here.
 */
export const OPERATIONS = {
  backup: document({
    method: 'POST',
    path: '/api/commands/backup',
    summary: 'Takes a snapshot.',
    who: { scope: 'backup', user: 'named', administrators: CAPTURE_MEMBERS },
    job: {
      access: 'write',
      durable: true,
      // A barrier: whoever asked must not go on before.
      waits: ({ type }) => type === 'critical',
      join: (input, body, live) => joinByKey('backup', input, body, live),
    },
    upload: true,
    records: true,
    // What was called critical and is not whole must not look like success.
    status: ({ status, backup_type }) => (status === 'partial' && backup_type === 'critical' ? 409 : 200),
    load: async () => (await import('./operations/backup.js')).backUp,
    contract: () => import('./contract/backup.js'),
  }),
  end: document({
    method: 'POST',
    path: '/api/commands/end',
    summary: 'Ends a session: its records are captured, and the answer says that they are safe.',
    who: { scope: 'backup', user: 'named' },
    job: { access: 'write', durable: 'once promised', join: joinEnd },
    records: true,
    load: async () => (await import('./operations/end.js')).endSession,
    contract: () => import('./contract/end.js'),
  }),
  'end-sources': document({
    method: 'POST',
    path: '/api/commands/end-sources',
    summary: 'Captures the sources that follow the end of a session.',
    who: { scope: 'backup', user: 'named' },
    job: { access: 'write', durable: true },
    load: async () => (await import('./operations/end-sources.js')).endSources,
    contract: () => import('./contract/end-sources.js'),
  }),
  list: document({
    method: 'GET',
    path: '/api/backups/:user_id',
    summary: 'The snapshots of a user, newest first.',
    who: { scope: 'list', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/list.js')).list,
    contract: () => import('./contract/list.js'),
  }),
  snapshot: document({
    method: 'GET',
    path: '/api/backups/:user_id/:backup_id',
    summary: 'One snapshot, by its id or the only one that begins so.',
    who: { scope: 'list', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/snapshot.js')).snapshot,
    contract: () => import('./contract/snapshot.js'),
  }),
  ls: items({
    method: 'GET',
    path: '/api/users/:user_id/entries',
    summary: 'What a directory held, or the item itself; without a path the scopes.',
    who: { scope: 'list', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/ls.js')).ls,
    contract: () => import('./contract/ls.js'),
  }),
  find: items({
    method: 'GET',
    path: '/api/users/:user_id/found',
    summary: 'What matches a pattern in one state.',
    who: { scope: 'list', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/find.js')).find,
    contract: () => import('./contract/find.js'),
  }),
  versions: items({
    method: 'GET',
    path: '/api/users/:user_id/versions',
    summary: 'What matches a pattern in any snapshot, with the versions that there were of it.',
    who: { scope: 'list', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/versions.js')).versions,
    contract: () => import('./contract/versions.js'),
  }),
  diff: items({
    method: 'GET',
    path: '/api/users/:user_id/diff',
    summary: 'What differs between two states.',
    who: { scope: 'list', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/diff.js')).diff,
    contract: () => import('./contract/diff.js'),
  }),
  'diff-disk': items({
    method: 'POST',
    path: '/api/users/:user_id/diff-disk',
    summary: 'What differs between a state and a directory on disk.',
    who: { scope: 'administrator', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/diff-disk.js')).diffWithDisk,
    contract: () => import('./contract/diff-disk.js'),
  }),
  cat: bytes({
    method: 'GET',
    path: '/api/users/:user_id/content',
    summary: 'The bytes of one file.',
    who: { scope: 'restore', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/cat.js')).cat,
    contract: () => import('./contract/cat.js'),
  }),
  export: bytes({
    method: 'POST',
    path: '/api/users/:user_id/export',
    summary: 'A state as an archive, or its records as JSON.',
    who: { scope: 'restore', user: 'named' },
    job: undefined,
    mediaType: ({ format }) => (format === 'json' ? MEDIA.json : MEDIA.tar),
    load: async () => (await import('./operations/export.js')).exportState,
    contract: () => import('./contract/export.js'),
  }),
  restore: document({
    method: 'POST',
    path: '/api/restore',
    summary: 'Writes files and records back; without a target they are the answer.',
    who: { scope: 'restore', user: 'named', target: 'target' },
    job: { access: 'read', durable: false },
    status: ({ status }) => (status === 'corrupt' ? 500 : 200),
    instead: withoutTarget,
    load: async () => (await import('./operations/restore.js')).restoreFiles,
    contract: () => import('./contract/restore.js'),
  }),
  'restore-session': document({
    method: 'POST',
    path: '/api/restore/session',
    summary: 'Writes back what a session left behind; without a target its records are the answer.',
    who: { scope: 'restore', user: 'named', target: 'target' },
    job: { access: 'read', durable: false },
    status: ({ status }) => (status === 'corrupt' ? 500 : 200),
    instead: withoutTarget,
    load: async () => (await import('./operations/restore.js')).restoreFiles,
    contract: () => import('./contract/restore-session.js'),
  }),
  'user-list': document({
    method: 'GET',
    path: '/api/users',
    summary: 'The vault’s users.',
    who: { scope: 'list', user: 'own' },
    job: undefined,
    load: async () => (await import('./operations/users.js')).listUsers,
    contract: () => import('./contract/user-list.js'),
  }),
  'user-add': document({
    method: 'POST',
    path: '/api/users',
    summary: 'Makes a user.',
    who: { scope: 'administrator', user: 'vault' },
    job: undefined,
    load: async () => (await import('./operations/users.js')).addUser,
    contract: () => import('./contract/user-add.js'),
  }),
  'user-show': document({
    method: 'GET',
    path: '/api/users/:user_id',
    summary: 'What is known of a user.',
    who: { scope: 'list', user: 'named' },
    job: undefined,
    load: async () => (await import('./operations/users.js')).showUser,
    contract: () => import('./contract/user-show.js'),
  }),
  'user-set': document({
    method: 'PUT',
    path: '/api/users/:user_id',
    summary: 'Changes what a user has.',
    who: { scope: 'admin', user: 'named', administrators: SOURCE_MEMBERS },
    job: undefined,
    load: async () => (await import('./operations/users.js')).setUser,
    contract: () => import('./contract/user-set.js'),
  }),
  'token-create': document({
    method: 'POST',
    path: '/api/tokens',
    summary: 'Makes a bearer token, and shows it this once.',
    // Not with a token: one that was stolen must not make others.
    who: { scope: 'administrator', user: 'vault' },
    job: undefined,
    load: async () => (await import('./operations/tokens.js')).createToken,
    contract: () => import('./contract/token-create.js'),
  }),
  'token-list': document({
    method: 'GET',
    path: '/api/tokens',
    summary: 'All tokens, without themselves.',
    who: { scope: 'admin', user: 'vault' },
    job: undefined,
    load: async () => (await import('./operations/tokens.js')).listTokens,
    contract: () => import('./contract/token-list.js'),
  }),
  'token-revoke': document({
    method: 'DELETE',
    path: '/api/tokens/:token_id',
    summary: 'Ends a token, by its id or name, at once.',
    who: { scope: 'admin', user: 'vault' },
    job: undefined,
    load: async () => (await import('./operations/tokens.js')).revokeToken,
    contract: () => import('./contract/token-revoke.js'),
  }),
  health: document({
    method: 'GET',
    path: '/api/health',
    summary: 'Whether everything works as it should.',
    who: { scope: 'anybody', user: 'own' },
    job: undefined,
    status: ({ status }) => (status === 'failing' ? 503 : 200),
    load: async () => (await import('./operations/health.js')).health,
    contract: () => import('./contract/health.js'),
  }),
  status: document({
    method: 'GET',
    path: '/api/status',
    summary: 'How the vault, its users and its daemon are.',
    who: { scope: 'admin', user: 'vault' },
    job: undefined,
    load: async () => (await import('./operations/status.js')).status,
    contract: () => import('./contract/status.js'),
  }),
  stats: document({
    method: 'GET',
    path: '/api/stats',
    summary: 'What is stored, and how small.',
    who: { scope: 'list', user: 'own' },
    job: undefined,
    load: async () => (await import('./operations/stats.js')).stats,
    contract: () => import('./contract/stats.js'),
  }),
  jobs: document({
    method: 'GET',
    path: '/api/jobs',
    summary: 'The jobs that wait, run, or ended lately, without their results.',
    who: { scope: 'anybody', user: 'own' },
    job: undefined,
    load: async () => (await import('./operations/jobs.js')).jobs,
    contract: () => import('./contract/jobs.js'),
  }),
  job: document({
    method: 'GET',
    path: '/api/jobs/:job_id',
    summary: 'One job, with its result.',
    who: { scope: 'anybody', user: 'job' },
    job: undefined,
    load: async () => (await import('./operations/jobs.js')).job,
    contract: () => import('./contract/one-job.js'),
  }),
  cancel: document({
    method: 'POST',
    path: '/api/jobs/:job_id/cancel',
    summary: 'Asks for the end of a job.',
    who: { scope: 'anybody', user: 'job' },
    job: undefined,
    load: async () => (await import('./operations/jobs.js')).cancel,
    contract: () => import('./contract/one-job.js'),
  }),
  'watch-jobs': items({
    method: 'GET',
    path: '/api/job-changes',
    summary: 'All jobs, then each whenever it has changed; does not end by itself.',
    who: { scope: 'anybody', user: 'own' },
    job: undefined,
    load: async () => (await import('./operations/jobs.js')).watchJobs,
    contract: () => import('./contract/watch-jobs.js'),
  }),
  ...CARE_OPERATIONS,
} as const;

export type OperationName = keyof typeof OPERATIONS;
type Loaded<Name extends OperationName> = Awaited<ReturnType<(typeof OPERATIONS)[Name]['load']>>;
/** The names of the operations that answer in a certain way. */
export type OperationsOf<Kind extends 'document' | 'items' | 'bytes'> = {
  [Name in OperationName]: (typeof OPERATIONS)[Name]['answer'] extends Kind ? Name : never;
}[OperationName];
export type InputOf<Name extends OperationName> = Parameters<Loaded<Name>>[1];
/** A document, an `ItemStream`, or an iterable of bytes. */
export type AnswerOf<Name extends OperationName> = Awaited<ReturnType<Loaded<Name>>>;
