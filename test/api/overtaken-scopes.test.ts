import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse, serve } from './fixture.js';
import { ask } from './http.js';

t.test('of scopes that lie in each other the newer capture is the state', async (t) => {
  const { socket, source, backUp } = await serve(t);
  const docs = join(source, 'docs');
  const file = join(docs, 'f.txt');
  mkdirSync(docs);
  const save = async (paths: string[], more: object = {}) => {
    const { status } = await backUp({ paths, ...more });
    t.equal(status, 200);
  };
  const latest = async () => {
    const query = new URLSearchParams({ snapshot: 'latest', path: file });
    const { status, text } = await ask(socket, `/api/users/ana/content?${query}`);
    return status === 200 ? text : parse(text).error;
  };
  const names = async () => {
    const { text } = await ask(socket, `/api/users/ana/entries?${new URLSearchParams({ latest: 'true', path: docs })}`);
    return (parse(text).entries as { path: string }[]).map(({ path }) => path.slice(docs.length + 1));
  };

  writeFileSync(file, 'one');
  writeFileSync(join(docs, 'gone.txt'), 'one');
  await save([docs]);
  t.equal(await latest(), 'one');

  writeFileSync(file, 'two');
  rmSync(join(docs, 'gone.txt'));
  await save([source]);
  t.equal(await latest(), 'two', 'the outer one is newer');
  t.same(await names(), ['f.txt'], 'what it lacks is gone');

  writeFileSync(file, 'three');
  await save([docs]);
  t.equal(await latest(), 'three', 'the inner one is newer');

  for (const exclude of [['/docs'], ['/docs/*']]) {
    writeFileSync(file, 'four');
    await save([source], { exclude });
    t.equal(await latest(), 'three', `the outer one is newer, and left it out: ${exclude[0]}`);
  }

  await save([source, docs]);
  t.equal(await latest(), 'four', 'both in one snapshot');
});
