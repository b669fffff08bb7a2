import { rm } from 'node:fs/promises';
import t from 'tap';
import { recordSource } from '../../../src/backup/index.js';
import { readRecords } from '../../../src/backup/records/record-text.js';
import { RecordReader } from '../../../src/snapshot/index.js';
import { makeSetting, noise, objects } from '../fixture.js';

const ABOUT = { session: 's1', userWide: ['user_config'] };

function streamed(json: Uint8Array) {
  return recordSource(
    () =>
      readRecords(
        'json',
        (async function* () {
          yield json;
        })(),
      ),
    ABOUT,
  );
}

function tabled(json: Uint8Array) {
  const open = (): never => {
    throw new TypeError('What lies in memory as a whole is not read as a stream.');
  };
  return recordSource(open, { ...ABOUT, json });
}

/** Records of about `bytes` bytes. */
function list(count: number, bytes: number, seed: number): string[] {
  const text = noise(Math.ceil((count * bytes) / 2), seed).toString('hex');
  return Array.from({ length: count }, (_, i) => `{"id":"r${i}","text":"${text.slice(i * bytes, (i + 1) * bytes)}"}`);
}

const BODIES: Readonly<Record<string, string>> = {
  'nothing but the scope': '{}',
  'lists, values, and nothing in them': '{"a":[],"user_config":{"x":1},"b":[1,{"id":7}],"c":"text","d":[[]]}',
  'a session of some runs': `{"actions":[${list(900, 2000, 1).join(' ,\n')}],"topics":[${list(9, 100, 2).join(',')}]}`,
  'records longer than a part, and than a run': `{"a":[${list(3, 40, 3)
    .concat(list(1, 3_300_000, 4), list(2, 700_000, 5))
    .join(',')}],"b":[2]}`,
  'many collections': `{${Array.from({ length: 60 }, (_, i) => `"c${i}":[${list(3, 60, i).join(',')}]`).join(',')}}`,
};

for (const threads of [0, 1]) {
  for (const [name, text] of Object.entries(BODIES)) {
    t.test(`backup() of ${name}, with ${threads} threads, stores what reading as a stream stores`, async (t) => {
      const json = Buffer.from(text);
      const setting = await makeSetting(t, { threads });
      const first = await setting.run({ paths: [], records: streamed(json) });
      const second = await setting.run({ paths: [], records: tabled(json) });
      t.same(second.scopes, first.scopes);
      t.equal(second.packs, 0, 'every chunk is the same');
      t.match(second.counts, { files: first.counts.files, bytes: first.counts.bytes, filesNew: 0, chunksNew: 0 });

      const fresh = await makeSetting(t, { threads });
      const alone = await fresh.run({ paths: [], records: tabled(json) });
      t.match(alone.counts, {
        files: first.counts.files,
        filesNew: first.counts.filesNew,
        bytes: first.counts.bytes,
        bytesRead: first.counts.bytesRead,
        bytesNew: first.counts.bytesNew,
      });
      const kept: Record<string, string[]> = {};
      for (const scope of alone.scopes) {
        const reader = new RecordReader(fresh.repository, scope);
        for (const { name: collection } of await reader.collections()) {
          kept[collection] = [];
          for await (const record of reader.records(collection))
            kept[collection].push(Buffer.from(record.json).toString());
        }
      }
      const sent = Object.entries(JSON.parse(text) as Record<string, unknown>).map(([collection, value]) => {
        return [collection, (Array.isArray(value) ? value : [value]).map((record) => JSON.stringify(record))];
      });
      t.same(kept, Object.fromEntries(sent));
    });
  }
}

t.test('backup() of records with a name that no collection can have keeps nothing', async (t) => {
  const setting = await makeSetting(t, { threads: 0 });
  await t.rejects(setting.run({ paths: [], records: tabled(Buffer.from('{"a":[1],"b/c":[2]}')) }), {
    code: 'BAD_NAME',
  });
});

t.test('backup() of what a table does not hold reads it as a stream, which says what is wrong', async (t) => {
  const setting = await makeSetting(t, { threads: 0 });
  const json = Buffer.from('{"a":[1],"a":[2]}');
  await t.rejects(setting.run({ paths: [], records: { ...streamed(json), json } }), {
    code: 'USAGE',
    message: /twice/,
  });
});

t.test('backup() of records stores again what was in a pack that went since it was looked for', async (t) => {
  const setting = await makeSetting(t, { threads: 0, local: true });
  const json = Buffer.from(BODIES['lists, values, and nothing in them']!);
  const first = await setting.run({ paths: [], records: tabled(json) });
  for (const name of await objects(setting, 'packs')) await rm(setting.backend.localPath(name)!);
  const second = await setting.run({ paths: [], records: tabled(json) });
  t.same(second.scopes, first.scopes);
  t.equal(second.packs, 1);
  const [scope] = second.scopes;
  const records: string[] = [];
  for await (const { json: one } of new RecordReader(setting.repository, scope!).records('b'))
    records.push(Buffer.from(one).toString());
  t.same(records, ['1', '{"id":7}']);
});
