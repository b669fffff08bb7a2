import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { OPERATIONS, type OperationName } from '../../src/api/index.js';
import { parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

async function documentOf({ socket }: Served): Promise<Document> {
  return parse((await ask(socket, '/api/openapi.json')).text) as unknown as Document;
}

function described(document: Document): Map<string, Described> {
  const all = Object.values(document.paths).flatMap((path) => Object.values(path));
  return new Map(all.map((operation) => [operation.operationId, operation]));
}

t.test('the description of the API is valid OpenAPI and holds every operation', async (t) => {
  const document = await documentOf(await serve(t));
  const result = await new Validator().validate(document as unknown as Record<string, unknown>);
  t.ok(result.valid, JSON.stringify(result.errors));
  t.equal(document.openapi, '3.1.0');
  t.same(
    [...described(document).keys()].sort(),
    [...Object.keys(OPERATIONS), 'version', 'metrics', 'job-events'].sort(),
  );
  const members = document.paths['/api/backups/{user_id}']?.get as unknown as { parameters: { name: string }[] };
  t.same(members.parameters.map(({ name }) => name).sort(), [
    'all',
    'cursor',
    'kind',
    'limit',
    'session_id',
    'since',
    'until',
    'user_id',
  ]);
});

/** One call of every operation that answers JSON. */
const CALLS: Readonly<Record<Exclude<OperationName, 'cat' | 'export'>, (served: Served, ids: Ids) => Call>> = {
  backup: ({ source }) => ['/api/commands/backup', { user_id: 'ana', type: 'manual', paths: [source] }],
  end: () => ['/api/commands/end', { user_id: 'ana', session_id: 'session_1', data: { sparks: [{ id: 'a' }] } }],
  list: () => ['/api/backups/ana'],
  snapshot: (_, { backup }) => [`/api/backups/ana/${backup}`],
  ls: ({ source }) => [`/api/users/ana/entries?path=${source}`],
  find: () => ['/api/users/ana/found?latest=true&pattern=*.txt'],
  versions: () => ['/api/users/ana/versions?pattern=*.txt'],
  diff: (_, { backup }) => [`/api/users/ana/diff?before=${backup}&after=latest`],
  'diff-disk': ({ source }) => ['/api/users/ana/diff-disk', { before: 'latest', directory: source }],
  restore: ({ root }) => ['/api/restore', { user_id: 'ana', target: join(root, 'out'), verify: true }],
  'restore-session': () => ['/api/restore/session', { user_id: 'ana', session_id: 'session_1' }],
  'rebuild-index': () => ['/api/rebuild-index', {}],
  scrub: () => ['/api/scrub', {}],
  retention: () => ['/api/users/ana/retention', { dry_run: true }],
  prune: () => ['/api/prune', { dry_run: true }],
  'retain-all': () => ['/api/retention', {}],
  pin: (_, { backup }) => [`/api/backups/ana/${backup}/pin`, {}],
  unpin: (_, { backup }) => [`/api/backups/ana/${backup}/unpin`, {}],
  forget: (_, { backup }) => [`/api/backups/ana/${backup}/forget`, {}],
  unforget: (_, { backup }) => [`/api/backups/ana/${backup}/unforget`, {}],
  scopes: () => ['/api/users/ana/scopes'],
  'scope-end': () => ['/api/users/ana/scopes/end', { scope: 'session:session_1' }],
  'user-list': () => ['/api/users'],
  'user-add': ({ source }) => [
    '/api/users',
    { user_id: 'bob', sources: [{ kind: 'path', path: source, at_session_end: true }] },
  ],
  'user-show': () => ['/api/users/bob'],
  'user-set': () => ['/api/users/bob', { exclude: ['*.tmp'] }],
  'end-sources': () => ['/api/commands/end-sources', { user_id: 'bob', session_id: 'session_1' }],
  'token-create': () => ['/api/tokens', { name: 'app', users: ['*'], scopes: ['list'] }],
  'token-list': () => ['/api/tokens'],
  'token-revoke': () => ['/api/tokens/app'],
  health: () => ['/api/health'],
  status: () => ['/api/status'],
  stats: () => ['/api/stats'],
  jobs: () => ['/api/jobs'],
  job: (_, { job }) => [`/api/jobs/${job}`],
  cancel: (_, { job }) => [`/api/jobs/${job}/cancel`, {}],
  'watch-jobs': () => ['/api/job-changes'],
};
type Call = readonly [path: string, body?: object];
interface Ids {
  readonly backup: string;
  readonly job: string;
}

t.test('every answer is as its description says', async (t) => {
  const served = await serve(t);
  const operations = described(await documentOf(served));
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const made = parse((await served.backUp()).text);
  const ids = { backup: String(made.backup_id), job: served.daemon.queue.list()[0]!.id };
  for (const [name, call] of Object.entries(CALLS)) {
    // This one does not end by itself.
    if (name === 'watch-jobs') continue;
    const [path, body] = call(served, ids);
    const { method } = OPERATIONS[name as OperationName];
    const reply = await ask(served.socket, path, { method, ...(body ? { body } : {}) });
    t.equal(reply.status, 200, `${name}: ${reply.text}`);
    const schema = operations.get(name)?.responses['200']?.content['application/json']?.schema;
    const validate = ajv.compile(schema!);
    t.ok(validate(parse(reply.text)), `${name}: ${JSON.stringify(validate.errors)}`);
  }
  const failed = await ask(served.socket, '/api/backups/nobody');
  const validate = ajv.compile(operations.get('list')!.responses['4XX']!.content['application/json']!.schema);
  t.ok(validate(parse(failed.text)), JSON.stringify(validate.errors));
});
