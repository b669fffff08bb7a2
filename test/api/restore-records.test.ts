import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { listed } from '../restore/state-fixture.js';
import { parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

const FIRST = `{"sparks":[{"id":"a","n":12345678901234567890},{"id":"b","n":1.0}],"user_config":{"theme":"dark"}}`;
const SECOND = `{"sparks":[{"id":"b", "n":2.50},{"n":3}],"topics":[]}`;

/** Two sessions with an item in common, and a directory beside the second. */
async function make(t: Test): Promise<Served & { readonly firstTime: string }> {
  const served = await serve(t);
  const end = (more: string) =>
    ask(served.socket, '/api/commands/backup', { raw: `{"user_id":"ana","type":"manual",${more}}` });
  const first = await end(`"session_id":"s1","data":${FIRST}`);
  t.equal(first.status, 200, first.text);
  const second = await end(`"session_id":"s2","paths":["${served.source}"],"data":${SECOND}`);
  t.equal(second.status, 200, second.text);
  return { ...served, firstTime: String(parse(first.text).timestamp) };
}

function restore({ socket }: Served, body: object, path = '/api/restore') {
  return ask(socket, path, { body: { user_id: 'ana', ...body } });
}

t.test('records come in the answer as they were sent, folded', async (t) => {
  const served = await make(t);
  const { status, text, headers } = await restore(served, { latest: true });
  t.equal(status, 200, text);
  t.match(headers['content-type'], /^application\/json/);
  const data = /"data":(\{.*\}),"/s.exec(text)?.[1];
  t.equal(
    data,
    `{"user_config":{"theme":"dark"},"sparks":[{"id":"a","n":12345678901234567890},{"id":"b", "n":2.50},{"n":3}],"topics":[]}`,
  );
  t.match(parse(text), { user_id: 'ana', session_id: null, thinned: [], folded_from: [String, String] });
  const then = await restore(served, { at: served.firstTime });
  t.match(parse(then.text).data, { sparks: [{ id: 'a' }, { id: 'b', n: 1 }], user_config: { theme: 'dark' } });
  t.equal((parse(then.text).folded_from as string[]).length, 1);
});

t.test('a session comes alone, as it was captured', async (t) => {
  const served = await make(t);
  const { status, text } = await restore(served, { session_id: 's1' }, '/api/restore/session');
  t.equal(status, 200, text);
  t.match(parse(text), { session_id: 's1', data: { sparks: [{ id: 'a' }, { id: 'b', n: 1 }] } });
  t.same(Object.keys(parse(text).data as object), ['sparks'], 'the user’s own collections are no part of it');
  const target = join(served.root, 'session');
  const written = await restore(served, { session_id: 's2', target }, '/api/restore/session');
  t.match(parse(written.text), { status: 'complete', session_id: 's2', restored: ['session:s2'], files: 2 });
  t.equal(readFileSync(join(target, '_records/session:s2/sparks.ndjson'), 'utf8'), '{"id":"b", "n":2.50}\n{"n":3}\n');
  t.equal(existsSync(join(target, served.source)), false);

  const unknown = await restore(served, { session_id: 's11' }, '/api/restore/session');
  t.equal(unknown.status, 404);
  t.match(parse(unknown.text), { error: { code: 'UNKNOWN_SESSION', details: { nearest: 's1' } } });
  const early = await restore(served, { session_id: 's2', at: served.firstTime }, '/api/restore/session');
  t.match(parse(early.text), { error: { code: 'UNKNOWN_SESSION', message: /first captured at/ } });
});

t.test('items name records and files alike', async (t) => {
  const served = await make(t);
  const one = await restore(served, { items: ['sparks/b'] });
  t.same(parse(one.text).data, { sparks: [{ id: 'b', n: 2.5 }] });
  const target = join(served.root, 'some');
  const some = await restore(served, { target, items: ['sparks/a', 'a.txt'], verify: true });
  t.match(parse(some.text), { status: 'complete', files: 2, verified: 2 }, some.text);
  t.equal(readFileSync(join(target, served.source, 'a.txt'), 'utf8'), 'one\n');
  t.equal(
    readFileSync(join(target, '_records/session:s1/sparks.ndjson'), 'utf8'),
    '{"id":"a","n":12345678901234567890}\n',
  );
  const nothing = await restore(served, { target: join(served.root, 'none'), items: ['sparks/z'] });
  t.equal(nothing.status, 404, nothing.text);
});

t.test('an archive has both', async (t) => {
  const served = await make(t);
  const { socket, source } = served;
  const tar = await fetchBytes(socket, { latest: true, format: 'tar', exclude: ['b.txt'] });
  const names = listed(tar);
  t.ok(names.includes('_records/session:s1/sparks.ndjson'), names.join());
  t.ok(names.includes(`${source.slice(1)}/a.txt`), names.join());
  t.notOk(names.includes(`${source.slice(1)}/b.txt`));
});

t.test('what only means something with a target is refused without one, and the other way round', async (t) => {
  const served = await make(t);
  t.match(await restore(served, { latest: true, verify: true }), {
    status: 400,
    text: /verify.* is for a .*target/,
  });
  const both = await restore(served, { latest: true, target: join(served.root, 'x'), format: 'tar' });
  t.match(both, { status: 400, text: /without a .*target/ });
  const files = await serve(t);
  await files.backUp();
  t.match(await restore(files, { latest: true }), { status: 400, text: /no records in that state, only files/ });
});

t.test('records are listed, found, read and compared', async (t) => {
  const { socket, firstTime } = await make(t);
  const get = async (path: string, query: Record<string, string>) =>
    (await ask(socket, `/api/users/ana/${path}?${new URLSearchParams(query)}`)).text;
  const listed = async (query: Record<string, string>) =>
    (parse(await get('entries', query)).entries as { path: string; records?: number }[]).map(
      ({ path, records }) => `${path} ${records ?? ''}`,
    );
  const scopes = ['/_records/collection:user_config ', '/_records/session:s1 ', '/_records/session:s2 '];
  t.same((await listed({})).slice(-3).sort(), scopes);
  t.same(await listed({ path: '/_records/session:s2' }), [
    '/_records/session:s2/sparks.ndjson 2',
    '/_records/session:s2/topics.ndjson 0',
  ]);
  t.same(await listed({ path: '_records/session:s1/sparks.ndjson', at: firstTime }), [
    '/_records/session:s1/sparks.ndjson 2',
  ]);
  t.match(parse(await get('entries', { path: '/_records/none' })).error, { code: 'UNKNOWN_PATH' });
  t.match(parse(await get('found', { latest: 'true', pattern: 'sparks/*' })).entries, [
    { path: '/_records/session:s1/sparks.ndjson', records: 1 },
    { path: '/_records/session:s2/sparks.ndjson', records: 2 },
  ]);
  t.match(parse(await get('versions', { pattern: 'sparks/b' })).paths, [
    { path: '/_records/session:s1/sparks.ndjson', scope: 'session:s1', versions: [{ size: 19, snapshots: 1 }] },
    { path: '/_records/session:s2/sparks.ndjson', versions: [{ size: 21 }] },
  ]);
  t.equal(await get('content', { snapshot: 'latest', path: 'sparks/b' }), '{"id":"b", "n":2.50}');
  t.equal(await get('content', { at: firstTime, path: 'sparks/b' }), '{"id":"b","n":1.0}');
  t.equal(await get('content', { session_id: 's1', path: 'sparks/b' }), '{"id":"b","n":1.0}');
  t.equal(await get('content', { latest: 'true', path: '/_records/session:s2/topics.ndjson' }), '');
  t.match(parse(await get('content', { latest: 'true', path: 'sparks/z' })).error, { code: 'UNKNOWN_PATH' });
  const differences = parse(await get('diff', { before: `at:${firstTime}`, after: 'latest' }));
  t.match(differences, {
    changes: [{ path: '/_records/session:s1/sparks.ndjson', change: 'changed', what: ['content'] }],
    only_before: [],
  });
  t.ok((differences.only_after as string[]).includes('session:s2'));
});

t.test('a user who has nothing but records is listed and searched like others', async (t) => {
  const { socket } = await serve(t);
  const raw = `{"user_id":"ana","type":"manual","session_id":"s1","data":${FIRST}}`;
  t.equal((await ask(socket, '/api/commands/backup', { raw })).status, 200);
  const calls = ['entries', 'found?latest=true&pattern=*', 'versions?pattern=*', 'diff?before=latest&after=latest'];
  for (const call of calls) {
    const { status, text } = await ask(socket, `/api/users/ana/${call}`);
    t.equal(status, 200, `${call}: ${text}`);
  }
  const scrub = await ask(socket, '/api/scrub', { body: { user_id: 'ana' } });
  t.match(scrub, { status: 200, text: /"status":"sound"/ }, scrub.text);
  t.equal((await ask(socket, '/api/stats?user_id=ana')).status, 200);
});

/** The bytes of an answer. */
async function fetchBytes(socket: string, body: object): Promise<Buffer> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const call = request({ socketPath: socket, path: '/api/restore', method: 'POST', agent: false, headers });
    call.on('error', reject);
    call.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts)));
      response.on('error', reject);
    });
    call.end(JSON.stringify({ user_id: 'ana', ...body }));
  });
}
