import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { noise } from '../backup/fixture.js';
import { parse, serve } from './fixture.js';
import { ask } from './http.js';

const KINDS = ['cat', 'export'] as const;

for (const kind of KINDS) {
  t.test(`what ${kind} finds damaged the next backup stores again`, async (t) => {
    const { socket, source, root, backUp } = await serve(t);
    const content = noise(300_000);
    writeFileSync(join(source, 'bytes'), content);
    t.equal((await backUp()).status, 200);
    const read = async () => {
      const query = new URLSearchParams({ snapshot: 'latest', path: join(source, 'bytes') });
      const body = { latest: true, format: 'tar' };
      return kind === 'cat'
        ? ask(socket, `/api/users/ana/content?${query}`)
        : ask(socket, '/api/users/ana/export', { body });
    };
    t.match(await read(), { status: 200, complete: true });
    const packs = packsBelow(join(root, 'vault', 'users'));
    t.ok(packs.length > 0);
    for (const pack of packs) damagePack(pack);

    const { status, complete, text } = await read();
    t.ok(status >= 500 || !complete, `${status} ${text.slice(0, 200)}`);
    t.match(parse((await backUp()).text), { status: 'complete' });
    const healed = await read();
    t.match(healed, { status: 200, complete: true }, healed.text.slice(0, 200));
  });
}

t.test('records that are damaged cost themselves, and the next capture stores them again', async (t) => {
  const { socket, source, root, backUp } = await serve(t);
  t.equal((await backUp()).status, 200);
  const users = join(root, 'vault', 'users');
  const before = new Set(packsBelow(users));
  const raw = '{"user_id":"ana","type":"manual","session_id":"s1","data":{"sparks":[{"id":"a"},{"id":"b"}]}}';
  const save = () => ask(socket, '/api/commands/backup', { raw });
  t.equal((await save()).status, 200);
  for (const pack of packsBelow(users)) if (!before.has(pack)) damagePack(pack);
  const restore = (target: string) =>
    ask(socket, '/api/restore', { body: { user_id: 'ana', latest: true, target: join(root, target) } });
  const { status, text } = await restore('lacking');
  t.equal(status, 500, text);
  t.match(parse(text), { status: 'corrupt', files: 2 });
  t.match(parse(text).failures, [{ path: /^_records\/session:s1/, code: 'DATA_CORRUPT' }]);
  t.equal(readFileSync(join(root, 'lacking', source, 'a.txt'), 'utf8'), 'one\n');
  t.equal((await save()).status, 200);
  t.match(parse((await restore('whole')).text), { status: 'complete', files: 3 });
});

function packsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /packs\/..\/[0-9a-f]{64}$/.test(name))
    .map((name) => join(directory, name));
}

/** In the first frame, which is data. */
function damagePack(path: string): void {
  const bytes = readFileSync(path);
  rmSync(path);
  bytes[150]! ^= 1;
  writeFileSync(path, bytes);
}
