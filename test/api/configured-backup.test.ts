import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type AnswerOf, DEFAULT_SETTINGS, OPERATIONS, type Settings, withContext } from '../../src/api/index.js';
import { noProgress, silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { createEngine } from '../../src/engine/index.js';
import { createUuid, formatUuid } from '../../src/snapshot/index.js';
import type { Vault } from '../../src/vault/index.js';
import { makeVault } from '../vault/fixture.js';

type Input = Parameters<Awaited<ReturnType<typeof OPERATIONS.backup.load>>>[1];

interface Setting {
  readonly vault: Vault;
  /** Holds `a`, `b.tmp` and `deep/c`. */
  readonly source: string;
  readonly other: string;
  /** What hooks append to. */
  readonly log: string;
  backUp(settings: Partial<Settings>, input?: Partial<Input>, call?: Call): Promise<AnswerOf<'backup'>>;
}

interface Call {
  readonly jobId?: string;
  readonly again?: boolean;
  readonly body?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

async function setUp(t: Test): Promise<Setting> {
  const place = await makeVault(t);
  const vault = await place.open({ clock: systemClock });
  const engine = await createEngine({ threads: 0 });
  t.teardown(async () => {
    await engine.close();
    await vault.close();
  });
  const [source, other, log] = [join(place.root, 'source'), join(place.root, 'other'), join(place.root, 'log')];
  await mkdir(join(source, 'deep'), { recursive: true });
  await mkdir(other);
  for (const name of ['a', 'b.tmp', 'deep/c']) await writeFile(join(source, name), name);
  const backUp: Setting['backUp'] = async (settings, input, { jobId, again, body, signal } = {}) => {
    const host = {
      vault,
      engine: async () => engine,
      settings: { ...DEFAULT_SETTINGS, ...settings },
      daemon: undefined,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    };
    const run = await OPERATIONS.backup.load();
    const call = { signal: signal ?? new AbortController().signal, progress: noProgress, jobId, again, body };
    return withContext(host, call, (context) => run(context, { user_id: 'ana', type: 'manual', ...input }));
  };
  return { vault, source, other, log, backUp };
}

const path = (text: string) => ({ kind: 'path' as const, path: Buffer.from(text), atSessionEnd: false });
const common = { user: 'ana', exclude: [], atSessionEnd: false };
const shell = (script: string, ...args: string[]) => ['/bin/sh', '-c', script, 'hook', ...args];
const hook = (script: string, ...args: string[]) => ({ argv: shell(script, ...args), timeoutMs: 60_000 });

t.test('a backup without paths captures what the record and the configuration have', async (t) => {
  const { vault, source, other, backUp } = await setUp(t);
  await vault.ensureUser('ana', { sources: [path(source)], exclude: ['*.tmp'] });
  const sources: Settings['sources'] = [
    { ...common, kind: 'path', path: other },
    { ...common, kind: 'command', name: 'hi.txt', argv: ['/bin/echo', 'hi'], timeoutMs: 60_000 },
    { ...common, kind: 'path', path: '/nowhere', user: 'ben' },
  ];
  const answer = await backUp({ sources });
  t.same(answer.captured.sort(), [`path:${other}`, `path:${source}`, 'stream:hi.txt']);
  t.match(answer, { status: 'complete', files: { total: 3 }, excluded: 1 });
  const named = await backUp({ sources }, { paths: [other] });
  t.same(named.captured, [`path:${other}`], 'what the call names goes before');
});

t.test('excludes of configuration, record and call hold together', async (t) => {
  const { vault, source, backUp } = await setUp(t);
  await vault.ensureUser('ana', { exclude: ['*.tmp'] });
  const sources: Settings['sources'] = [{ ...common, kind: 'path', path: source, exclude: ['/a'] }];
  t.match(await backUp({ sources, exclude: ['deep/'] }), { files: { total: 0 }, excluded: 3 });
  t.match(await backUp({ exclude: ['nothing'] }, { paths: [source], exclude: ['/a'] }), { files: { total: 1 } });
});

t.test('a backup of nothing is refused, and makes no user', async (t) => {
  const { vault, backUp } = await setUp(t);
  await t.rejects(backUp({}), { code: 'NO_SOURCE', message: /user set ana --source/ });
  await t.rejects(backUp({}, { stream_name: 'x' }), { code: 'USAGE' });
  await t.rejects(backUp({}, { paths: ['/nowhere'] }), { code: 'SOURCE_MISSING' });
  t.same((await vault.users()).records, []);
});

t.test('where backups are turned off they are refused', async (t) => {
  const { source, backUp } = await setUp(t);
  await t.rejects(backUp({ enabled: false }, { paths: [source] }), { code: 'DISABLED' });
});

t.test('hooks run around a backup and are told of it', async (t) => {
  const { source, log, backUp } = await setUp(t);
  const say =
    'printf "%s %s %s %s %s\\n" $1 "$BITACORA_USER" "[$BITACORA_JOB]" "$BITACORA_STATUS" "$BITACORA_BACKUP_ID" >> "$2"';
  const hooks = { before: hook(say, 'before', log), after: hook(say, 'after', log) };
  const jobId = formatUuid(createUuid(systemClock, systemRandom));
  const answer = await backUp({ hooks }, { paths: [source] }, { jobId });
  t.equal(await readFile(log, 'utf8'), `before ana [${jobId}]  \nafter ana [${jobId}] complete ${answer.backup_id}\n`);
  await rm(log);
  await t.rejects(backUp({ hooks }, { paths: ['/nowhere'] }), { code: 'SOURCE_MISSING' });
  t.equal(await readFile(log, 'utf8'), 'before ana []  \nafter ana [] failed \n');
  await rm(log);
  await backUp({ hooks }, { paths: [source], dry_run: true });
  await t.rejects(readFile(log), { code: 'ENOENT' }, 'not around a dry run');
});

t.test('the hook before may make the source that is backed up', async (t) => {
  const { source, backUp } = await setUp(t);
  const made = `${source}-made`;
  const hooks = { before: hook('mkdir "$1"', made), after: hook('rmdir "$1"', made) };
  t.match(await backUp({ hooks }, { paths: [made] }), { status: 'complete', warnings: [] });
});

t.test('a failed hook before is the end of the job, a failed hook after is a warning', async (t) => {
  const { vault, source, log, backUp } = await setUp(t);
  const after = hook('echo "$BITACORA_STATUS" > "$1"; echo no thaw >&2; exit 4', log);
  await t.rejects(backUp({ hooks: { before: hook('exit 5'), after } }, { paths: [source] }), {
    code: 'HOOK_FAILED',
    message: /exit code 5/,
  });
  t.equal(await readFile(log, 'utf8'), 'failed\n', 'what was begun is ended');
  t.same((await vault.users()).records, []);
  const answer = await backUp({ hooks: { before: undefined, after } }, { paths: [source] });
  t.match(answer, { status: 'complete', warnings: [/"after" .*exit code 4.*no thaw/] });
  t.equal(await readFile(log, 'utf8'), 'complete\n');
});

t.test('a cancelled backup is thawed all the same', async (t) => {
  const { log, backUp } = await setUp(t);
  const stop = new AbortController();
  const sources: Settings['sources'] = [
    { ...common, kind: 'command', name: 'slow', argv: shell('echo begun; sleep 600'), timeoutMs: 600_000 },
  ];
  const hooks = { before: undefined, after: hook('echo "$BITACORA_STATUS" > "$1"', log) };
  const running = backUp({ hooks, sources }, { paths: [] }, { signal: stop.signal });
  stop.abort();
  await t.rejects(running, { code: 'CANCELLED' });
  t.equal(await readFile(log, 'utf8'), 'cancelled\n');
});

t.test('a backup that is cancelled while the hook before runs is cancelled, not failed', async (t) => {
  const { source, log, backUp } = await setUp(t);
  const stop = new AbortController();
  const hooks = { before: hook('sleep 600'), after: hook('echo "$BITACORA_STATUS" > "$1"', log) };
  const running = backUp({ hooks }, { paths: [source] }, { signal: stop.signal });
  stop.abort();
  await t.rejects(running, { code: 'CANCELLED' });
  t.equal(await readFile(log, 'utf8'), 'cancelled\n');
});

t.test('a job that is run again finds its snapshot, whatever has become of the source', async (t) => {
  const { vault, source, backUp } = await setUp(t);
  const jobId = formatUuid(createUuid(systemClock, systemRandom));
  const first = await backUp({}, { paths: [source] }, { jobId });
  await backUp({}, { paths: [source] });
  await rm(source, { recursive: true });
  const again = await backUp({}, { paths: [source] }, { jobId, again: true });
  t.match(again, { backup_id: first.backup_id, timestamp: first.timestamp, captured: first.captured });
  t.same(again.files, first.files);
  const repository = await vault.openUser('ana');
  t.equal((await repository.snapshots.list()).length, 2);
  repository.close();
  const other = formatUuid(createUuid(systemClock, systemRandom));
  await t.rejects(
    backUp({}, { paths: [source] }, { jobId: other, again: true }),
    { code: 'SOURCE_MISSING' },
    'another job’s does not count',
  );
});

t.test('bytes that come with the call are a stream', async (t) => {
  const { backUp } = await setUp(t);
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('-- dump');
  }
  const answer = await backUp({}, { stream_name: 'dump.sql' }, { body: body() });
  t.match(answer, { captured: ['stream:dump.sql'], size_uncompressed: 7 });
  await t.rejects(backUp({}, {}, { body: body() }), { code: 'USAGE' });
});
