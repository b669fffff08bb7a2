import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { RecordLayer } from '../../../src/restore/index.js';
import { failed, look, makePlace } from '../fixture.js';
import { capture } from './fixture.js';

t.test('restore() writes records a line each, and values as they are', async (t) => {
  const place = await makePlace(t);
  const records = await capture(place, {
    actions: ['{"id":1}', '{\r\n "id" : 2,\n "text":"a\\nb" }', '{"id":1}'],
    user_config: '{\n"theme": "dark"\n}',
    none: [],
  });
  const report = await place.run([], { records, verify: true });
  t.match(report, { files: 3, verified: 3, corrupt: false, failures: { count: 0 } });
  const at = join(place.target, '_records');
  t.equal(
    readFileSync(join(at, 'session:s1', 'actions.ndjson'), 'utf8'),
    '{"id":1}\n{   "id" : 2,  "text":"a\\nb" }\n{"id":1}\n',
  );
  t.equal(readFileSync(join(at, 'session:s1', 'none.ndjson'), 'utf8'), '');
  t.equal(readFileSync(join(at, 'collection:user_config', 'user_config.json'), 'utf8'), '{\n"theme": "dark"\n}');
  const stat = statSync(join(at, 'session:s1', 'actions.ndjson'));
  t.equal(stat.mode & 0o777, 0o600);
  t.equal(stat.mtimeMs, 1_700_000_000_500);
  t.equal(report.bytesWritten, 68);
});

t.test('restore() leaves out what newer captures hide, and files of which nothing is left', async (t) => {
  const place = await makePlace(t);
  const [layer] = await capture(place, { actions: ['1', '2', '3'], topics: ['4', '5'], empty: [] });
  const hidden: RecordLayer['hidden'] = (collection, index) => collection === 'topics' || index === 1;
  await place.run([], { records: [{ ...layer!, hidden }] });
  t.same(look(join(place.target, '_records/session:s1')), ['actions.ndjson = 1\n3\n', 'empty.ndjson = ']);
});

t.test('restore() keeps hostile names of scopes and collections inside the target', async (t) => {
  const place = await makePlace(t);
  const names = ['..', '.', '.hidden', '../../../escape', '/etc/passwd', 'a/b', '%2e', 'ü', 'x'.repeat(255), '~'];
  const layers: RecordLayer[] = [];
  const [layer] = await capture(place, { plain: ['1'] });
  // No capture makes such scopes; somebody with the key may.
  for (const name of names) layers.push({ ...layer!, scope: { ...layer!.scope, scope: name } });
  const report = await place.run([], { records: layers });
  t.same(failed(report), []);
  t.same(readdirSync(place.target), ['_records']);
  const found = readdirSync(join(place.target, '_records')).sort();
  t.equal(found.length, names.length, 'each has a directory of its own');
  t.ok(found.includes('%2E.') && found.includes('%2E') && found.includes('%252e') && found.includes('%C3%BC'));
  t.ok(found.every((name) => name.length < 256 && !name.startsWith('.')));
});

t.test('restore() follows no link on the way to records', async (t) => {
  const place = await makePlace(t);
  const records = await capture(place, { actions: ['1'] });
  const elsewhere = join(place.root, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(place.target, '_records'));
  const report = await place.run([], { records, overwrite: 'always' });
  t.same(failed(report), ['TARGET_UNSAFE _records/session:s1/actions.ndjson']);
  t.same(readdirSync(elsewhere), []);
});

t.test('restore() treats files of records that are there as it is told', async (t) => {
  const place = await makePlace(t);
  const records = await capture(place, { actions: ['"new"'] });
  const directory = join(place.target, '_records/session:s1');
  const file = join(directory, 'actions.ndjson');
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, 'old');
  writeFileSync(join(directory, 'gone.ndjson'), 'old');
  mkdirSync(join(place.target, '_records/session:other'));
  writeFileSync(join(place.target, '_records/session:other/kept.ndjson'), 'old');
  t.match(await place.run([], { records, overwrite: 'never' }), { files: 0, kept: 1 });
  t.equal(readFileSync(file, 'utf8'), 'old');
  t.match(await place.run([], { records, overwrite: 'always', dryRun: true }), { files: 1, bytesWritten: 6 });
  t.equal(readFileSync(file, 'utf8'), 'old');
  t.match(await place.run([], { records, overwrite: 'changed' }), { files: 1, deleted: 0 });
  t.equal(readFileSync(file, 'utf8'), '"new"\n');
  const narrowed = { records, overwrite: 'always', delete: true, include: ['actions/*'] } as const;
  t.match(await place.run([], narrowed), { deleted: 0 }, 'only what was asked for as a whole');
  t.match(await place.run([], { records, overwrite: 'always', delete: true }), { deleted: 1 });
  t.same(look(join(place.target, '_records')), [
    'session:other/',
    'session:other/kept.ndjson = old',
    'session:s1/',
    'session:s1/actions.ndjson = "new"\n',
  ]);
});
