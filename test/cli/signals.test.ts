import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Ended, Place } from './bin.js';

const FILES = 16;
const FILE_BYTES = 2 ** 20;

/** A source that is slow to back up at a high level: words in an order that does not repeat. */
async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  let state = 1;
  const words = Array.from({ length: 4096 }, (_, index) => `word${(index * 7919) % 4096} `);
  for (let file = 0; file < FILES; file++) {
    let text = '';
    while (text.length < FILE_BYTES) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      text += words[state >>> 20];
    }
    writeFileSync(join(place.source, `file-${file}`), text);
  }
  await place.run(['init']);
  return place;
}

/** Sends signals once the command says that it is at work. */
function interrupted(place: Place, args: readonly string[], signals: readonly NodeJS.Signals[]): Promise<Ended> {
  let sent = false;
  return place.run([...args, '--progress', 'json'], {
    onStderr: (_, kill) => {
      if (sent) return;
      sent = true;
      for (const signal of signals) kill(signal);
    },
  });
}

/** All files of the vault that are not in its index. */
function objects(place: Place): string[] {
  return readdirSync(place.vault, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('index'));
}

t.test('a backup that is interrupted ends with 130, commits nothing, and leaves a vault that works', async (t) => {
  const place = await setUp(t);
  const slow = ['backup', 'ana', '--path', place.source, '--level', '19', '--threads', '1'];
  for (const signals of [['SIGINT'], ['SIGTERM'], ['SIGINT', 'SIGINT']] as const) {
    const { code, stdout, stderr } = await interrupted(place, slow, signals);
    t.equal(code, 130, signals.join(' '));
    t.notMatch(stdout, /Snapshot/);
    t.notMatch(stderr, /^ +at |INTERNAL/m);
  }
  const list = await place.json(['list', 'ana']);
  t.match(list, { code: 0, answer: { backups: [] } });
  t.same(list.answer.backups, []);
  t.same(
    objects(place).filter((name) => /^tmp\/|\.tmp/.test(name)),
    [],
    'no temporary file is left once it was opened again',
  );
  const again = await place.json(['backup', 'ana', '--path', place.source, '--level', '1']);
  t.match(again, { code: 0, answer: { status: 'complete', files: { total: FILES } } });
});

t.test('a restore that is interrupted ends with 130, and the next one finishes it', async (t) => {
  const place = new Place(t);
  for (let folder = 0; folder < 10; folder++) {
    mkdirSync(join(place.source, String(folder)));
    for (let file = 0; file < 1200; file++) writeFileSync(join(place.source, String(folder), String(file)), `${file}`);
  }
  await place.run(['init']);
  await place.run(['backup', 'ana', '--path', place.source]);
  const target = place.join('out');
  const restore = ['restore', 'ana', '--latest', '--target', target, '--overwrite', 'changed', '--verify'];
  const stopped = await interrupted(place, restore, ['SIGINT']);
  t.match(stopped, { code: 130, stdout: '' });
  const finished = await place.json(restore);
  t.match(finished, { code: 0, answer: { status: 'complete', verified: 12_000 } });
  const all = readdirSync(target, { recursive: true });
  t.equal(all.length, place.source.split('/').length - 1 + 10 + 12_000, 'and nothing else beside them');
});

t.test('an interrupted command says so in JSON too', async (t) => {
  const place = await setUp(t);
  const { code, stdout } = await interrupted(
    place,
    ['backup', 'ana', '--path', place.source, '--level', '19', '--threads', '1', '--json'],
    ['SIGINT'],
  );
  t.equal(code, 130);
  t.match(JSON.parse(stdout), { error: { code: 'CANCELLED' } });
});
