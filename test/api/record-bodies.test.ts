import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { type Served, serve } from './fixture.js';
import { ask, collect, type Reply } from './http.js';

/** Sends bytes as they are. */
async function send({ socket }: Served, path: string, body: Uint8Array, headers: Readonly<Record<string, string>>) {
  return new Promise<Reply>((resolve, reject) => {
    const call = request({ socketPath: socket, path, agent: false, method: 'POST', headers });
    call.on('response', (response) => void collect(response).then(resolve, reject));
    // The daemon may have answered and cut off what it did not want.
    call.on('error', () => {});
    call.end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const LINES = { 'content-type': 'application/x-ndjson; charset=utf-8' };
const END = '/api/commands/end';
const END_LINES = `${END}?user_id=ana&session_id=s1`;

function endBody(data: string): Buffer {
  return Buffer.from(`{"user_id":"ana","data":${data},"session_id":"s1"}`);
}

/** The bytes of `data` as they come back. */
async function dataOf({ socket }: Served): Promise<string> {
  const { text } = await ask(socket, '/api/restore', { body: { user_id: 'ana', latest: true } });
  return /"data":(\{.*\}),"integrity_hash"/s.exec(text)?.[1] ?? text;
}

const ODD = '{"actions":[{"id":1.0},{ "id" : 12345678901234567890 },{"id":1.0}],"t":"\\u00e9\\ud800"}';

t.test('records in JSON come back as they were sent, packed or not', async (t) => {
  const served = await serve(t);
  for (const [coding, body] of [
    ['identity', endBody(ODD)],
    ['gzip', gzipSync(endBody(ODD))],
  ] as const) {
    const reply = await send(served, END, body, { ...JSON_TYPE, 'content-encoding': coding });
    t.equal(reply.status, 200, reply.text);
    t.match(JSON.parse(reply.text), { captured: ['session:s1'], size_uncompressed: 65 });
    t.equal(await dataOf(served), ODD);
  }
});

t.test('records in lines come back as they were sent, packed or not', async (t) => {
  const served = await serve(t);
  const lines = [
    '{"collection":"actions","record":{"id":1.0}}',
    '{"collection":"t","value":"\\u00e9\\ud800"}',
    '{"record":{ "id" : 12345678901234567890 },"collection":"actions"}',
    '{"collection":"actions","record":{"id":1.0}}',
  ].join('\n');
  const empty = await send(served, END_LINES, Buffer.from(''), LINES);
  t.equal(empty.status, 200, 'a session that left nothing behind');
  t.equal(await dataOf(served), '{}');
  for (const [coding, body] of [
    ['identity', Buffer.from(lines)],
    ['gzip', gzipSync(lines)],
  ] as const) {
    const reply = await send(served, END_LINES, body, { ...LINES, 'content-encoding': coding });
    t.equal(reply.status, 200, reply.text);
    t.equal(await dataOf(served), ODD);
  }
});

t.test('more lines than are held are stored while they come', async (t) => {
  const served = await serve(t);
  const text = 'x'.repeat(1000);
  const line = (i: number) => `{"collection":"actions","record":{"id":${i},"text":"${text}"}}\n`;
  const lines = Array.from({ length: 6000 }, (_, i) => line(i)).join('');
  const reply = await send(served, END_LINES, Buffer.from(lines), LINES);
  t.equal(reply.status, 200, reply.text);
  t.equal(reply.headers.connection, 'close');
  const { actions } = JSON.parse(await dataOf(served)) as { actions: { id: number }[] };
  t.same(
    actions.map(({ id }) => id),
    Array.from({ length: 6000 }, (_, i) => i),
  );
  const bad = await send(served, END_LINES, Buffer.from(`${lines}{"collection":"actions","record":}`), LINES);
  t.equal(bad.status, 400);
  t.match(JSON.parse(bad.text), { error: { code: 'USAGE', message: /^Line 6001 of the records/ } });
  const { backups } = JSON.parse((await ask(served.socket, '/api/backups/ana')).text) as { backups: unknown[] };
  t.equal(backups.length, 1, 'nothing is kept of what was wrong');
});

t.test('what is no records is refused', async (t) => {
  const served = await serve(t);
  const refused = async (body: Uint8Array, headers: Readonly<Record<string, string>>, status: number, what: RegExp) => {
    const lines = headers['content-type']?.startsWith('application/x-ndjson');
    const reply = await send(served, lines ? END_LINES : END, body, headers);
    t.equal(reply.status, status, reply.text);
    t.match((JSON.parse(reply.text) as { error: { message: string } }).error.message, what);
  };
  await refused(endBody('[1]'), JSON_TYPE, 400, /"data": it is an object with a member for each collection/);
  await refused(endBody('{"a":[1,]}'), JSON_TYPE, 400, /cannot be read: JSON does not go on with "\]" at byte 32/);
  await refused(endBody('{},"data":{}'), JSON_TYPE, 400, /"data" stands there twice/);
  await refused(endBody('{"a":1,"a":2}'), JSON_TYPE, 400, /"a" stands in the records twice/);
  await refused(endBody('{"a/b":[]}'), JSON_TYPE, 400, /cannot be the name of a collection/);
  await refused(Buffer.from('{"user_id":"\xff"}', 'latin1'), JSON_TYPE, 400, /UTF-8/);
  await refused(Buffer.from('{"__proto__":{},"user_id":"ana"}'), JSON_TYPE, 400, /Unrecognized key: "__proto__"/);
  await refused(endBody('null'), JSON_TYPE, 422, /Nothing says what to capture/);
  await refused(Buffer.from('{"a":1}'), LINES, 400, /^Line 1 of the records cannot be read/);
  await refused(Buffer.from('x'), { ...LINES, 'content-encoding': 'br' }, 400, /only gzip is understood/);
  for (const headers of [LINES, JSON_TYPE]) {
    await refused(
      Buffer.from('no gzip'),
      { ...headers, 'content-encoding': 'gzip' },
      400,
      /no gzip, or ends too early/,
    );
    const half = gzipSync(Buffer.alloc(100_000, 'ab')).subarray(0, 100);
    await refused(half, { ...headers, 'content-encoding': 'gzip' }, 400, /no gzip, or ends too early/);
  }
});

t.test('what unpacks to more than a call may bring is refused', async (t) => {
  const served = await serve(t);
  const bomb = gzipSync(Buffer.alloc(80 * 2 ** 20, ' '));
  for (const headers of [JSON_TYPE, LINES]) {
    const path = headers === LINES ? END_LINES : END;
    const reply = await send(served, path, bomb, { ...headers, 'content-encoding': 'gzip' });
    t.equal(reply.status, 413, reply.text);
    t.match(JSON.parse(reply.text), { error: { code: 'TOO_LARGE' } });
  }
});

t.test('what stands beside the records may be no larger than a body without any', async (t) => {
  const served = await serve(t);
  const members = `"other":[${'[],'.repeat(2 ** 19)}[]],"user_id":"ana","session_id":"s1"`;
  for (const data of ['', ',"data":{"a":[1]}']) {
    const reply = await send(served, END, Buffer.from(`{${members}${data}}`), JSON_TYPE);
    t.equal(reply.status, 413);
    t.match(JSON.parse(reply.text), { error: { code: 'TOO_LARGE', message: /beside "data" has more than 1 MiB/ } });
  }
  const large = endBody(`{"a":["${'x'.repeat(2 ** 21)}"]}`);
  t.equal((await send(served, END, large, JSON_TYPE)).status, 200, 'the records themselves are not meant');
});

t.test('lines that break off leave no snapshot', async (t) => {
  const served = await serve(t);
  const line = `{"collection":"actions","record":"${'x'.repeat(100_000)}"}\n`;
  const call = request({
    socketPath: served.socket,
    path: END_LINES,
    agent: false,
    method: 'POST',
    headers: { ...LINES, 'transfer-encoding': 'chunked' },
  });
  call.on('error', () => {});
  const lines = line.repeat(60);
  await new Promise<void>((resolve) => call.write(lines, () => resolve()));
  const jobs = async () =>
    (JSON.parse((await ask(served.socket, '/api/jobs')).text) as { jobs: { state: string; error?: unknown }[] }).jobs;
  // It runs by now, or will: more was sent than is held before the job begins.
  while ((await jobs()).length === 0);
  call.destroy();
  let [job] = await jobs();
  while (job?.state !== 'failed') [job] = await jobs();
  t.match(job, { error: { code: 'SOURCE_FAILED' } });
  const { backups } = JSON.parse((await ask(served.socket, '/api/backups/ana')).text) as { backups: unknown[] };
  t.same(backups, []);
});

t.test('bodies that are not answered yet take no more memory than there is for them', async (t) => {
  const served = await serve(t, { limits: { recordBytesMax: 2000 } });
  const slow = request({ socketPath: served.socket, path: END, agent: false, method: 'POST', headers: JSON_TYPE });
  slow.setHeader('content-length', 1500);
  slow.write('{');
  const replied = new Promise<Reply>((resolve, reject) => {
    slow.on('response', (response) => void collect(response).then(resolve, reject));
    slow.on('error', reject);
  });
  const body = endBody(`{"t":${JSON.stringify('x'.repeat(600))}}`);
  let refused = await send(served, END, body, JSON_TYPE);
  // Until the slow one is met.
  while (refused.status === 200) refused = await send(served, END, body, JSON_TYPE);
  t.match([refused.status, JSON.parse(refused.text)], [503, { error: { code: 'QUEUE_FULL' } }]);
  slow.end(' '.repeat(1499));
  t.equal((await replied).status, 400);
  let taken = await send(served, END, body, JSON_TYPE);
  while (taken.status === 503) taken = await send(served, END, body, JSON_TYPE);
  t.equal(taken.status, 200, taken.text);
});
