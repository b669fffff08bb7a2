import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { tokensOf } from '../../src/api/tokens.js';
import { type Logger, silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { startDaemon } from './daemon.js';
import { Gate, parse, type Served, serve } from './fixture.js';
import { ask, type Reply } from './http.js';

const create = ({ socket }: Served, body: object) => ask(socket, '/api/tokens', { body });
const bearing = (token: unknown) => ({ authorization: `Bearer ${String(token)}` });

/** Logs into memory. */
function listening(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const write = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { lines, debug: write, info: write, warn: write, error: write };
}

function filesBelow(directory: string): string {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.map((file) => readFileSync(file, 'latin1')).join('');
}

t.test('a token is shown once, counts at once and after a restart, and lies nowhere', async (t) => {
  const logger = listening();
  const served = await serve(t, { logger });
  await served.backUp();
  const made = await create(served, { name: 'app', users: ['ana'], scopes: ['list', 'list'] });
  t.equal(made.status, 200, made.text);
  const { token, token_id: id } = parse(made.text);
  t.match(token, /^bitacora_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
  const list = async (socket: string) => ask(socket, '/api/backups/ana', { headers: bearing(token) });
  t.equal((await list(served.socket)).status, 200);
  const shown = parse((await ask(served.socket, '/api/tokens')).text) as { tokens: Record<string, unknown>[] };
  t.match(shown, {
    tokens: [{ token_id: id, name: 'app', users: ['ana'], scopes: ['list'], expires: null, last_used: /^20/ }],
  });
  t.equal(shown.tokens.length, 1);
  t.equal(
    (await ask(served.socket, '/api/backups/ana', { headers: bearing(`${String(token).slice(0, -3)}AAA`) })).status,
    401,
  );
  const { path } = served.daemon.vault;
  await served.daemon.close();
  const again = await startDaemon({ vault: path, keyFile: served.keyFile, logger });
  t.teardown(() => again.close());
  t.equal((await list(again.socket)).status, 200, 'it outlives the daemon');
  const secret = String(token).slice(-43);
  const bytes = Buffer.from(secret, 'base64url').toString('latin1');
  const stored = filesBelow(path);
  t.notOk(stored.includes(secret) || stored.includes(bytes), 'not in the vault');
  t.notOk(logger.lines.join('\n').includes(secret), 'not in the log');
});

t.test('a revoked token ends at once, with what it is being told', async (t) => {
  const served = await serve(t);
  await served.backUp();
  const { token } = parse((await create(served, { name: 'app', users: ['*'], scopes: ['backup'] })).text);
  const held = new Gate();
  const begun = new Gate();
  const job = await served.daemon.queue.submit(
    { operation: 'backup', user: 'ana', access: 'write', input: {}, durable: false },
    {
      work: async () => {
        begun.open();
        await held.opened;
        return {};
      },
    },
  );
  t.teardown(() => held.open());
  await begun.opened;
  const events = ask(served.socket, `/api/jobs/${job.id}/events`, { headers: bearing(token) });
  // The next call is answered behind the one that listens.
  t.equal((await ask(served.socket, `/api/jobs/${job.id}`, { headers: bearing(token) })).status, 200);
  const gone = await ask(served.socket, '/api/tokens/app', { method: 'DELETE' });
  t.equal(gone.status, 200, gone.text);
  t.equal((await events.catch((): Reply => ({ status: 0, headers: {}, text: '', complete: false }))).complete, false);
  const refused = await ask(served.socket, `/api/jobs/${job.id}`, { headers: bearing(token) });
  t.match(refused, { status: 401, headers: { 'www-authenticate': /^Bearer .*invalid_token/ } });
  t.match(parse(refused.text), { error: { code: 'UNAUTHENTICATED' } });
  t.match(parse((await ask(served.socket, '/api/tokens/app', { method: 'DELETE' })).text), {
    error: { code: 'UNKNOWN_TOKEN' },
  });
  await tokensOf(served.daemon.vault).load(silentLogger);
  t.same((await served.daemon.vault.tokens.list()).records, [], 'and is not in the vault any more');
});

t.test('a token has a name of its own, known users, and a future', async (t) => {
  const served = await serve(t);
  await served.backUp();
  const app = { name: 'app', users: ['ana'], scopes: ['list'] };
  t.equal((await create(served, { ...app, expires: new Date(systemClock.now() + 60_000).toISOString() })).status, 200);
  for (const [wishes, code] of [
    [app, 'TOKEN_EXISTS'],
    [{ ...app, name: '0123456789abcdef' }, 'BAD_NAME'],
    [{ ...app, name: 'two words' }, 'BAD_NAME'],
    [{ ...app, name: 'b', users: ['nobody'] }, 'UNKNOWN_USER'],
    [{ ...app, name: 'b', users: ['*', 'ana'] }, 'USAGE'],
    [{ ...app, name: 'b', users: [] }, 'USAGE'],
    [{ ...app, name: 'b', scopes: ['everything'] }, 'USAGE'],
    [{ ...app, name: 'b', expires: '2020-01-01T00:00:00Z' }, 'USAGE'],
  ] as const) {
    t.match(parse((await create(served, wishes)).text), { error: { code } }, JSON.stringify(wishes));
  }
});

t.test('the last use is written down once a day', async (t) => {
  const { daemon } = await serve(t);
  const tokens = tokensOf(daemon.vault);
  const wishes = { name: 'app', users: null, scopes: ['list' as const], expires: 0 };
  const { token } = await tokens.create(wishes, { clock: systemClock, random: systemRandom });
  const start = systemClock.now();
  const stored = async () => (await daemon.vault.tokens.list()).records.map(({ version, used }) => [version, used]);
  for (const hours of [0, 1, 23, 25, 26]) {
    tokens.use(tokens.find(token, start)!, start + hours * 3_600_000, silentLogger);
    // Whatever is being written has been, once another change is done.
    await tokens.revoke('none').catch(() => undefined);
  }
  t.same(await stored(), [[3, start + 25 * 3_600_000]]);
  const { last_used: last } = tokens.list()[0]!;
  t.equal(Date.parse(last!), start + 26 * 3_600_000, 'and known to the moment until then');
});

t.test(
  'a damaged record counts for nothing and is told; one that cannot be removed is refused all the same',
  async (t) => {
    const logger = listening();
    const served = await serve(t, { logger });
    const { token } = parse((await create(served, { name: 'app', users: ['*'], scopes: ['list'] })).text);
    const { vault } = served.daemon;
    const remove = vault.tokens.remove.bind(vault.tokens);
    vault.tokens.remove = async () => {
      throw new Error('no');
    };
    t.equal((await ask(served.socket, '/api/tokens/app', { method: 'DELETE' })).status, 500);
    t.equal((await ask(served.socket, '/api/users', { headers: bearing(token) })).status, 401);
    vault.tokens.remove = remove;
    t.equal((await ask(served.socket, '/api/tokens/app', { method: 'DELETE' })).status, 200);
  },
);
