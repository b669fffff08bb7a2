import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { exportJson, exportTar, type RecordLayer } from '../../../src/restore/index.js';
import { makePlace, type Place } from '../fixture.js';
import { capture } from '../records/fixture.js';

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of bytes) parts.push(piece);
  return Buffer.concat(parts).toString();
}

/** A document with nothing but the records and their hash, which is checked. */
async function documentOf(t: Test, { repository: store }: Place, layers: readonly RecordLayer[]): Promise<string> {
  const tail = (hash: string) => ({ hash });
  const text = await textOf(exportJson({ store, layers, head: { first: 1 }, tail }));
  const [, data, hash] = /^\{"first":1,"data":(.*),"hash":"([0-9a-f]{64})"\}\n$/s.exec(text) ?? [];
  t.equal(
    hash,
    createHash('sha256')
      .update(data ?? '')
      .digest('hex'),
  );
  return data ?? text;
}

t.test('exportJson() gives every record as it was sent', async (t) => {
  const place = await makePlace(t);
  const layers = await capture(place, {
    actions: ['{"id":1.50}', '{ "id" : 12345678901234567890 }', '{"id":1.50}'],
    user_config: '{"n":1e400,"n":2}',
    none: [],
    'odd "name"': ['null', '"\\ud800"'],
  });
  t.equal(
    await documentOf(t, place, layers),
    '{"actions":[{"id":1.50},{ "id" : 12345678901234567890 },{"id":1.50}],"none":[],"odd \\"name\\"":[null,"\\ud800"],"user_config":{"n":1e400,"n":2}}',
  );
});

t.test('exportJson() joins the lists of several captures and shows the newest value', async (t) => {
  const place = await makePlace(t);
  const layers = [
    ...(await capture(place, { actions: ['1', '2'], mode: '"old"', gone: ['3'] }, 'a')),
    ...(await capture(place, { actions: ['4'], mode: '"new"', turned: '5' }, 'b')),
    ...(await capture(place, { actions: [], turned: ['6'] }, 'c')),
  ];
  const hidden: RecordLayer['hidden'] = (collection, index) =>
    collection === 'gone' || (collection === 'actions' && index === 0);
  layers[0] = { ...layers[0]!, hidden };
  t.equal(await documentOf(t, place, layers), '{"actions":[2,4],"mode":"new","turned":[6]}');
  t.equal(await documentOf(t, place, []), '{}');
});

t.test('exportTar() holds records behind the files', async (t) => {
  const place = await makePlace(t);
  const records = await capture(place, {
    actions: ['{"id":1}', '2'],
    user_config: '{}',
    long: [`"${'x'.repeat(3000)}"`],
  });
  const tree = place.tree.directory('s', [place.tree.file('f', 'file')]);
  await place.tree.store();
  const { trees, chunks } = place.repository;
  const problems: unknown[] = [];
  const archive = exportTar({
    tree: trees,
    chunks,
    scopes: [place.scope('/s', tree)],
    records,
    onProblem: (problem) => problems.push(problem),
  });
  const parts: Uint8Array[] = [];
  for await (const piece of archive) parts.push(piece);
  const out = join(place.root, 'out');
  mkdirSync(out);
  execFileSync('tar', ['-xf', '-', '-C', out], { input: Buffer.concat(parts) });
  t.same(problems, []);
  t.equal(readFileSync(join(out, 's/f'), 'utf8'), 'file');
  t.equal(readFileSync(join(out, '_records/session:s1/actions.ndjson'), 'utf8'), '{"id":1}\n2\n');
  t.equal(readFileSync(join(out, '_records/session:s1/long.ndjson'), 'utf8').length, 3003);
  t.equal(readFileSync(join(out, '_records/collection:user_config/user_config.json'), 'utf8'), '{}');
});
