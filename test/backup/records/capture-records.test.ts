import t from 'tap';
import { type RecordPart, recordSource } from '../../../src/backup/index.js';
import { RecordReader } from '../../../src/snapshot/index.js';
import { makeSetting, noise, objects, type Setting } from '../fixture.js';

type Sent = readonly (readonly [collection: string, json: string, shape?: 'value'])[];

/** A source of records that come as given, a few at a time. */
function source(sent: Sent, session: string | null = 's1', userWide = ['user_config']) {
  return recordSource(
    async function* () {
      for (let at = 0; at < sent.length; at += 7) {
        yield sent.slice(at, at + 7).map(([collection, json, shape]): RecordPart => {
          return { collection, shape: shape ?? 'list', json: Buffer.from(json) };
        });
      }
    },
    { session: session ?? undefined, userWide },
  );
}

/** Everything that a snapshot holds of records: scope, collection, shape, and the JSON in order. */
async function kept({ repository }: Setting, scopes: Parameters<Setting['read']>[0][]) {
  const all: Record<string, Record<string, readonly string[]>> = {};
  for (const scope of scopes) {
    const reader = new RecordReader(repository, scope);
    const collections: Record<string, string[]> = {};
    for (const { name, shape } of await reader.collections()) {
      const json: string[] = [];
      for await (const record of reader.records(name)) json.push(Buffer.from(record.json).toString());
      collections[`${name} ${shape}`] = json;
    }
    all[scope.scope] = collections;
  }
  return all;
}

const ODD: Sent = [
  ['actions', '{"id":"b"}'],
  ['sparks', '{"id":12345678901234567890123,"n":1.0e5}'],
  ['actions', '{ "id" : "a" }'],
  ['actions', '{"id":"b"}'],
  ['sparks', '{"note":"no id"}'],
  ['actions', '{\n  "id": "\\u0062",\t"text": "é\\n"\r\n}'],
  ['user_config', '{"theme":"dark"}', 'value'],
  ['sparks', '17'],
  ['sparks', '{"id":"x","id":"y"}'],
  ['sparks', '{"id":null}'],
];

for (const threads of [0, 1]) {
  t.test(`backup() with ${threads} threads keeps records as they were sent`, async (t) => {
    const setting = await makeSetting(t, { threads });
    const report = await setting.run({ paths: [], records: source(ODD) });
    t.same(await kept(setting, [...report.scopes]), {
      'session:s1': {
        'actions list': ['{"id":"b"}', '{ "id" : "a" }', '{"id":"b"}', '{\n  "id": "\\u0062",\t"text": "é\\n"\r\n}'],
        'sparks list': [
          '{"id":12345678901234567890123,"n":1.0e5}',
          '{"note":"no id"}',
          '17',
          '{"id":"x","id":"y"}',
          '{"id":null}',
        ],
      },
      'collection:user_config': { 'user_config value': ['{"theme":"dark"}'] },
    });
    const [session] = report.scopes;
    t.match(session, { files: 9, path: Buffer.from('/_records/session:s1') });
    const ids: unknown[] = [];
    for (const name of ['actions', 'sparks']) {
      for await (const key of new RecordReader(setting.repository, session!).keys(name)) ids.push([key.id, key.index]);
    }
    t.same(ids, [
      ['b', 0],
      ['a', 1],
      ['b', 2],
      ['b', 3],
      ['12345678901234567890123', 0],
      [undefined, 1],
      [undefined, 2],
      [undefined, 3],
      [undefined, 4],
    ]);
    t.match(report.counts, {
      files: 10,
      filesNew: 10,
      bytes: report.scopes.reduce((sum, { bytes }) => sum + bytes, 0),
    });
  });
}

/** Records of about `bytes` bytes each, that compress as text does. */
function session(count: number, bytes: number, seed = 1): Sent {
  const text = noise(count * bytes, seed).toString('hex');
  return Array.from({ length: count }, (_, i) => [
    ['actions', 'topics', 'sparks'][i % 3]!,
    `{"id":"r${i}","at":"2026-01-02T03:04:05Z","text":"${text.slice(i * bytes, (i + 1) * bytes)}"}`,
  ]);
}

t.test('backup() of a session of 500 records is one pack and one log entry', async (t) => {
  const setting = await makeSetting(t, { threads: 1 });
  const sent = session(500, 2000);
  const report = await setting.run({ paths: [], records: source(sent) });
  t.equal(report.packs, 1);
  t.equal((await objects(setting, 'packs')).length, 1);
  t.equal((await objects(setting, 'log')).length, 1);
  const again = await setting.run({ paths: [], records: source(sent, 's1') });
  t.equal(again.packs, 0, 'unchanged, it adds nothing but its entry');
  t.match(again.counts, { bytesNew: 0, bytesAdded: 0, chunksNew: 0, filesUnchanged: 500, filesNew: 0 });
  const elsewhere = await setting.run({ paths: [], records: source(sent, 's2') });
  t.equal(elsewhere.counts.bytesNew, 0, 'another session with the same records');
});

t.test('backup() stores little of a large collection that changed at its beginning', async (t) => {
  const setting = await makeSetting(t, { threads: 1 });
  const sent = session(6000, 1000).map(([, json]) => ['actions', json] as const);
  const first = await setting.run({ paths: [], records: source(sent) });
  t.ok(first.counts.bytesNew > 6_000_000);
  const second = await setting.run({ paths: [], records: source([['actions', '{"id":"new"}'], ...sent]) });
  t.ok(second.counts.bytesNew < 300_000, `${second.counts.bytesNew} bytes are new`);
  const [scope] = second.scopes;
  let count = 0;
  for await (const _ of new RecordReader(setting.repository, scope!).keys('actions')) count++;
  t.equal(count, 6001);
});

t.test('backup() keeps each collection in order, however they are mixed', async (t) => {
  const setting = await makeSetting(t, { threads: 1 });
  const text = noise(4_000_000).toString('latin1');
  const sent: [string, string][] = Array.from({ length: 4000 }, (_, i) => {
    const size = (i * 7919) % 10_000;
    return [`c${i % 37}`, JSON.stringify({ id: i, text: text.slice(i * 900, i * 900 + size) })];
  });
  const report = await setting.run({ paths: [], records: source(sent, 's1', ['c3']) });
  const found = await kept(setting, [...report.scopes]);
  const expected: Record<string, string[]> = {};
  for (const [name, json] of sent) {
    expected[`${name} list`] ??= [];
    expected[`${name} list`]!.push(json);
  }
  t.same(Object.keys(found), ['session:s1', 'collection:c3']);
  t.ok(report.counts.bytes > 24 * 2 ** 20, 'more than is held');
  for (const [name, list] of Object.entries(expected)) {
    const scope = name === 'c3 list' ? 'collection:c3' : 'session:s1';
    t.equal(JSON.stringify(found[scope]![name]), JSON.stringify(list), name);
  }
});

t.test('backup() of records without a session makes a scope of each collection', async (t) => {
  const setting = await makeSetting(t);
  const report = await setting.run({ paths: [], records: source(ODD, null) });
  t.same(
    report.scopes.map(({ scope }) => scope),
    ['collection:actions', 'collection:sparks', 'collection:user_config'],
  );
  await t.rejects(setting.run({ paths: [], records: source([], null) }), { code: 'NO_SOURCE' });
  const empty = await setting.run({ paths: [], records: source([]) });
  t.match(empty.scopes, [{ scope: 'session:s1', files: 0, bytes: 0 }], 'a session that left nothing');
  t.match(empty.counts, { files: 0, filesNew: 0 });
});

t.test('backup() of records that cannot be kept so keeps nothing', async (t) => {
  const setting = await makeSetting(t);
  const refused = (sent: Sent, code: string) => t.rejects(setting.run({ paths: [], records: source(sent) }), { code });
  await refused([['a/b', '1']], 'BAD_NAME');
  await refused([['a\u0000', '1']], 'BAD_NAME');
  await refused([['', '1']], 'BAD_NAME');
  await refused([['x'.repeat(256), '1']], 'BAD_NAME');
  await refused(
    [
      ['a', '1', 'value'],
      ['a', '2', 'value'],
    ],
    'USAGE',
  );
  await refused(
    [
      ['a', '1', 'value'],
      ['a', '2'],
    ],
    'USAGE',
  );
  await refused(
    [
      ['a', '1'],
      ['a', '2', 'value'],
    ],
    'USAGE',
  );
  await refused([['a', '{"id":']], 'USAGE');
  await refused(
    Array.from({ length: 1025 }, (_, i) => [`c${i}`, '1'] as const),
    'USAGE',
  );
  const broken = recordSource(
    async function* () {
      yield [{ collection: 'a', shape: 'list', json: Buffer.from('1') } as const];
      throw new Error('the line is dead');
    },
    { session: 's1', userWide: [] },
  );
  const failed = setting.run({ paths: [], records: broken });
  await t.rejects(failed, { code: 'SOURCE_FAILED', message: /the line is dead/ });
  t.same(await setting.repository.snapshots.list(), []);
  t.same(await objects(setting, 'packs'), []);
});

t.test('backup() does not wait for records that do not come once it is stopped', async (t) => {
  const setting = await makeSetting(t);
  const stop = new AbortController();
  let told = false;
  const hanging = recordSource(
    async function* (signal) {
      signal.addEventListener('abort', () => {
        told = true;
      });
      yield [{ collection: 'a', shape: 'list', json: Buffer.from('1') } as const];
      setImmediate(() => stop.abort());
      await new Promise(() => {});
    },
    { session: 's1', userWide: [] },
  );
  await t.rejects(setting.run({ paths: [], records: hanging, signal: stop.signal }), { code: 'CANCELLED' });
  t.ok(told);
});

t.test('backup() with a dry run counts records and stores none', async (t) => {
  const setting = await makeSetting(t);
  const report = await setting.run({ paths: [], records: source(session(50, 2000)), dryRun: true });
  t.match(report.counts, { files: 50, filesNew: 50, bytesAdded: 0 });
  t.match(report.scopes, [{ scope: 'session:s1', files: 50 }]);
  t.same(await objects(setting, 'packs'), []);
});
