import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { noise } from '../backup/fixture.js';
import { PROGRAM } from '../helpers/delivered.js';
import { listed } from '../restore/state-fixture.js';
import { Place } from './bin.js';

interface Made {
  readonly place: Place;
  /** The two snapshots, the older first. */
  readonly ids: readonly string[];
}

/** A vault with two snapshots, between which one file changed and one came. */
async function make(t: Test): Promise<Made> {
  const place = new Place(t);
  await place.run(['init']);
  writeFileSync(join(place.source, 'one.txt'), 'old\n');
  writeFileSync(join(place.source, 'bytes'), noise(300_000));
  const ids: string[] = [];
  const backup = async () =>
    ids.push(String((await place.json(['backup', 'ana', '--path', place.source])).answer.backup_id));
  await backup();
  writeFileSync(join(place.source, 'one.txt'), 'newer\n');
  writeFileSync(join(place.source, 'two.txt'), '');
  await backup();
  return { place, ids };
}

t.test('find tells versions without a selector and entries with one', async (t) => {
  const { place, ids } = await make(t);
  const text = await place.run(['find', 'ana', '*.txt']);
  t.match(text, { code: 0, stderr: '' });
  const lines = text.stdout.split('\n').slice(0, -1);
  t.match(lines, [
    new RegExp(`^ +6 B  .*  in ${ids[1]} of .*  ${place.source}/one.txt$`),
    new RegExp(`^ +4 B  .*  in ${ids[0]} of .*  ${place.source}/one.txt$`),
    new RegExp(`^ +0 B  .*  in ${ids[1]} of .*  ${place.source}/two.txt$`),
  ]);
  t.match((await place.run(['find', 'ana', 'bytes'])).stdout, new RegExp(`in 2 snapshots from .* to ${ids[1]} of`));
  const { answer } = await place.json(['find', 'ana', `${place.source}/one.*`]);
  t.match(answer, {
    user_id: 'ana',
    snapshots: 2,
    paths: [{ type: 'file', versions: [{ size: 6 }, { size: 4, last: ids[0] }] }],
  });
  const then = await place.json(['find', 'ana', '*.txt', '--snapshot', ids[0]!]);
  t.match(then.answer.entries, [{ path: join(place.source, 'one.txt'), size: 4 }]);
  t.equal(then.answer.entries?.length, 1);
  t.match(await place.run(['find', 'ana', '']), { code: 64 });
});

t.test('diff compares snapshots with each other and with the disk; differences are no failure', async (t) => {
  const { place, ids } = await make(t);
  const text = await place.run(['diff', 'ana', ids[0]!, 'latest']);
  t.match(text, { code: 0, stderr: '' });
  t.same(text.stdout.split('\n').slice(0, -1), [
    `M  ${place.source}/  times`,
    `M  ${place.source}/one.txt  content, times (4 B to 6 B)`,
    `+  ${place.source}/two.txt`,
    '3 differences: 1 added (0 B), 2 changed (6 B)',
  ]);
  const { answer } = await place.json(['diff', 'ana', 'latest', ids[0]!]);
  t.match(answer, {
    changes: [{ change: 'changed' }, { what: ['content', 'times'] }, { change: 'removed', before: { size: 0 } }],
    summary: { differences: 3, added: { items: 0 }, removed: { items: 1 }, changed: { items: 2, bytes: 4 } },
  });
  t.match(await place.run(['diff', 'ana', 'latest', './source']), { code: 0, stdout: 'No differences\n' });
  t.match(await place.run(['diff', 'ana', 'latest', '.', '--checksum'], { cwd: place.source }), {
    stdout: 'No differences\n',
  });
  t.match((await place.run(['diff', 'ana', ids[0]!, place.source])).stdout, /M {2}.*one\.txt {2}content, times/);
  t.match(await place.run(['diff', 'ana', ids[0]!, ids[1]!, '--checksum']), { code: 64 });
  t.match(await place.run(['diff', 'ana', 'latest', '/no/where']), { code: 66 });
  t.match(await place.run(['diff', 'ana', 'latest', '12345678']), { code: 66 });
});

t.test('cat gives the bytes of a file as they are, and says what to do with a directory', async (t) => {
  const { place, ids } = await make(t);
  t.same(await place.run(['cat', 'ana', ids[0]!, `${place.source}/one.txt`]), {
    code: 0,
    signal: null,
    stdout: 'old\n',
    stderr: '',
  });
  const { out } = await rawly(place, ['cat', 'ana', 'latest', join(place.source, 'bytes')]);
  t.ok(out.equals(noise(300_000)), 'binary safe');
  t.match(await place.run(['cat', 'ana', 'latest', place.source]), { code: 64, stdout: '', stderr: /bitacora ls ana/ });
  t.match(await place.run(['cat', 'ana', 'latest', '/no/where']), { code: 66, stdout: '' });
  const left = await place.run(['cat', 'ana', 'latest', join(place.source, 'bytes')], {
    through: ['sh', '-c', '"$@" | head -c 10 | wc -c; exit 0', 'sh'],
  });
  t.same(
    { ...left, stdout: left.stdout.trim() },
    { code: 0, signal: null, stdout: '10', stderr: '' },
    'a reader that leaves',
  );
  const full = ['sh', '-c', 'exec "$@" > /dev/full', 'sh'];
  const lost = await place.run(['cat', 'ana', 'latest', join(place.source, 'bytes')], { through: full });
  t.match(lost, { code: 73, stderr: /^bitacora: Cannot write to standard output: .*\n$/ });
});

t.test('export packs a state up, to a file or to standard output', async (t) => {
  const { place, ids } = await make(t);
  const file = place.join('x.tar');
  const below = place.source.slice(1);
  const said = await place.run(['export', 'ana', '--latest', '--format', 'tar', '-o', file, '--exclude', 'bytes']);
  t.match(said, { code: 0, stdout: /^Wrote .*x\.tar: 10\.0 KiB\n$/, stderr: '' });
  t.same(listed(readFileSync(file)), [`${below}/`, `${below}/one.txt`, `${below}/two.txt`]);
  const { out, code } = await rawly(place, ['export', 'ana', '--snapshot', ids[0]!, '--format', 'tar']);
  t.same([code, listed(out)], [0, [`${below}/`, `${below}/bytes`, `${below}/one.txt`]]);
  t.match(await place.run(['export', 'ana', '--format', 'tar']), { code: 64 }, 'which state?');
  t.match(await place.run(['export', 'ana', '--latest']), { code: 64 }, 'which format?');
  t.match(await place.run(['export', 'ana', '--latest', '--format', 'json']), {
    code: 64,
    stderr: /only files .*"tar"/,
  });
});

t.test('an export of damaged data fails, and leaves no file', async (t) => {
  const { place } = await make(t);
  const packs = readdirSync(place.vault, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /packs\/..\/./.test(name),
  );
  for (const name of packs) {
    const pack = readFileSync(join(place.vault, name));
    // Only the one that holds the large file: the others have the tree.
    if (pack.length < 300_000) continue;
    pack[200_000]! ^= 1;
    writeFileSync(join(place.vault, name), pack);
  }
  const file = place.join('x.tar');
  const said = await place.run(['export', 'ana', '--latest', '--format', 'tar', '-o', file]);
  t.match(said, { code: 65, stdout: '' });
  t.notOk(existsSync(file));
  t.same(
    readdirSync(place.root).filter((name) => name.includes('tmp')),
    [],
  );
  t.match(await place.run(['cat', 'ana', 'latest', join(place.source, 'bytes')]), { code: 65, stdout: '' });
});

/** Runs the program and keeps its output as bytes. */
function rawly(place: Place, args: readonly string[]): Promise<{ code: number | null; out: Buffer }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, '--vault', place.vault, '--key-file', place.keyFile, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const parts: Buffer[] = [];
    child.on('error', reject);
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('close', (code) => resolve({ code, out: Buffer.concat(parts) }));
  });
}
