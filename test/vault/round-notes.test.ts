import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { RoundNotes } from '../../src/vault/index.js';

const KEY = new Uint8Array(32).fill(1);

t.test('the last run of each round is kept, and when one ended well', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'bitacora-rounds-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  const notes = new RoundNotes(path, KEY);
  t.equal((await notes.read()).size, 0);
  await Promise.all([
    notes.note('scrub', { started: 1, ended: 2, outcome: 'sound' }),
    notes.note('prune', { started: 3, ended: 4, outcome: 'done' }),
  ]);
  await notes.note('scrub', { started: 5, ended: 6, outcome: 'failed' });
  const again = await new RoundNotes(path, KEY).read();
  t.same(again.get('scrub'), { started: 5, ended: 6, outcome: 'failed', done: 2 });
  t.same(again.get('prune'), { started: 3, ended: 4, outcome: 'done', done: 4 });

  t.equal((await new RoundNotes(path, new Uint8Array(32)).read()).size, 0, 'another key');
  const file = join(path, 'rounds');
  const text = readFileSync(file, 'utf8');
  for (const damaged of [text.replace('"ended":6', '"ended":9'), text.slice(0, 40), '', '\n', 'x\n'.repeat(9)]) {
    writeFileSync(file, damaged);
    t.equal((await notes.read()).size, 0, damaged);
  }
  await notes.note('scrub', { started: 7, ended: 8, outcome: 'sound' });
  t.same([...(await notes.read()).keys()], ['scrub'], 'and written anew');
});
