/** Whom a call concerns, as its description must have it. */
export type Whom = 'user' | 'all' | 'job' | 'own';
export type Scope = 'backup' | 'restore' | 'list' | 'admin' | 'metrics' | 'anybody' | 'administrator';

export interface Names {
  readonly user: string;
  readonly job: string;
}
type Call = readonly [method: string, path: string, body?: object];

/**
 * What may be asked by whom, written down a second time and by hand: scope, whom it concerns, and a call that changes nothing of
 * account. Every operation of the API's description must be here, several times where it may be asked in several ways.
 */
export const TABLE: readonly (readonly [operation: string, Scope, Whom, (names: Names) => Call])[] = [
  [
    'backup',
    'backup',
    'user',
    ({ user }) => ['POST', '/api/commands/backup', { user_id: user, type: 'manual', dry_run: true }],
  ],
  ['end', 'backup', 'user', ({ user }) => ['POST', '/api/commands/end', { user_id: user, session_id: 's1' }]],
  [
    'end-sources',
    'backup',
    'user',
    ({ user }) => ['POST', '/api/commands/end-sources', { user_id: user, session_id: 's1' }],
  ],
  ['list', 'list', 'user', ({ user }) => ['GET', `/api/backups/${user}`]],
  ['snapshot', 'list', 'user', ({ user }) => ['GET', `/api/backups/${user}/0123456789`]],
  ['ls', 'list', 'user', ({ user }) => ['GET', `/api/users/${user}/entries`]],
  ['find', 'list', 'user', ({ user }) => ['GET', `/api/users/${user}/found?pattern=*.txt`]],
  ['versions', 'list', 'user', ({ user }) => ['GET', `/api/users/${user}/versions?pattern=*.txt`]],
  ['diff', 'list', 'user', ({ user }) => ['GET', `/api/users/${user}/diff?before=latest&after=latest`]],
  [
    'diff-disk',
    'administrator',
    'user',
    ({ user }) => ['POST', `/api/users/${user}/diff-disk`, { before: 'latest', directory: '/none' }],
  ],
  ['cat', 'restore', 'user', ({ user }) => ['GET', `/api/users/${user}/content?snapshot=0123456789&path=/none`]],
  [
    'export',
    'restore',
    'user',
    ({ user }) => ['POST', `/api/users/${user}/export`, { snapshot: '0123456789', format: 'tar' }],
  ],
  [
    'restore',
    'restore',
    'user',
    ({ user }) => ['POST', '/api/restore', { user_id: user, snapshot: '0123456789', target: '/allowed/x' }],
  ],
  [
    'restore-session',
    'restore',
    'user',
    ({ user }) => ['POST', '/api/restore/session', { user_id: user, session_id: 's1', target: '/allowed/x' }],
  ],
  [
    'restore-session',
    'restore',
    'user',
    ({ user }) => ['POST', '/api/restore/session', { user_id: user, session_id: 's1' }],
  ],
  ['restore', 'restore', 'user', ({ user }) => ['POST', '/api/restore', { user_id: user, snapshot: '0123456789' }]],
  [
    'restore-session',
    'restore',
    'user',
    ({ user }) => ['POST', '/api/restore/session', { user_id: user, session_id: 'none' }],
  ],
  ['rebuild-index', 'admin', 'user', ({ user }) => ['POST', '/api/rebuild-index', { user_id: user }]],
  ['rebuild-index', 'admin', 'all', () => ['POST', '/api/rebuild-index', {}]],
  ['scrub', 'admin', 'user', ({ user }) => ['POST', '/api/scrub', { user_id: user }]],
  ['scrub', 'admin', 'all', () => ['POST', '/api/scrub', {}]],
  ['retention', 'admin', 'user', ({ user }) => ['POST', `/api/users/${user}/retention`, { dry_run: true }]],
  ['retain-all', 'admin', 'all', () => ['POST', '/api/retention', {}]],
  ['pin', 'admin', 'user', ({ user }) => ['POST', `/api/backups/${user}/0123456789/pin`, {}]],
  ['unpin', 'admin', 'user', ({ user }) => ['POST', `/api/backups/${user}/0123456789/unpin`, {}]],
  ['forget', 'admin', 'user', ({ user }) => ['POST', `/api/backups/${user}/0123456789/forget`, {}]],
  ['unforget', 'admin', 'user', ({ user }) => ['POST', `/api/backups/${user}/0123456789/unforget`, {}]],
  ['prune', 'admin', 'user', ({ user }) => ['POST', '/api/prune', { user_id: user, dry_run: true }]],
  ['prune', 'admin', 'all', () => ['POST', '/api/prune', { dry_run: true }]],
  ['scopes', 'list', 'user', ({ user }) => ['GET', `/api/users/${user}/scopes`]],
  ['scope-end', 'backup', 'user', ({ user }) => ['POST', `/api/users/${user}/scopes/end`, { scope: 'path:/none' }]],
  ['user-list', 'list', 'own', () => ['GET', '/api/users']],
  ['user-add', 'administrator', 'all', () => ['POST', '/api/users', { user_id: 'ana' }]],
  ['user-show', 'list', 'user', ({ user }) => ['GET', `/api/users/${user}`]],
  ['user-set', 'admin', 'user', ({ user }) => ['PUT', `/api/users/${user}`, { exclude: [] }]],
  [
    'token-create',
    'administrator',
    'all',
    () => ['POST', '/api/tokens', { name: '-', users: ['*'], scopes: ['list'] }],
  ],
  ['token-list', 'admin', 'all', () => ['GET', '/api/tokens']],
  ['token-revoke', 'admin', 'all', () => ['DELETE', '/api/tokens/none']],
  ['status', 'admin', 'all', () => ['GET', '/api/status']],
  ['stats', 'list', 'user', ({ user }) => ['GET', `/api/stats?user_id=${user}`]],
  ['stats', 'list', 'own', () => ['GET', '/api/stats']],
  ['jobs', 'anybody', 'user', ({ user }) => ['GET', `/api/jobs?user_id=${user}`]],
  ['jobs', 'anybody', 'own', () => ['GET', '/api/jobs']],
  ['job', 'anybody', 'job', ({ job }) => ['GET', `/api/jobs/${job}`]],
  ['job-events', 'anybody', 'job', ({ job }) => ['GET', `/api/jobs/${job}/events`]],
  ['cancel', 'anybody', 'job', ({ job }) => ['POST', `/api/jobs/${job}/cancel`, {}]],
  ['watch-jobs', 'anybody', 'own', () => ['GET', '/api/job-changes']],
  ['health', 'anybody', 'own', () => ['GET', '/api/health']],
  ['version', 'anybody', 'own', () => ['GET', '/api/version']],
  ['metrics', 'metrics', 'all', () => ['GET', '/metrics']],
];
