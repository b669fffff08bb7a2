import t from 'tap';
import { type RecordPart, recordSource } from '../../../src/backup/index.js';
import { RecordReader } from '../../../src/snapshot/index.js';
import { makeSetting, noise, objects, type Setting } from '../fixture.js';

type Sent = readonly (readonly [collection: string, json: string, shape?: 'value'])[];

/** A source of records that come as given, a few at a time. */
function source(sent: Sent, session: string | undefined = 's1', userWide = ['user_config']) {
  return recordSource(
    async function* () {
      for (let at = 0; at < sent.length; at += 7) {
        yield sent.slice(at, at + 7).map(([collection, json, shape]): RecordPart => {
          return { collection, shape: shape ?? 'list', json: Buffer.from(json) };
        });
      }
    },
    { session, userWide },
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
