import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { compareTrees } from '../../src/cli/tour/compare.js';
import { makeSample } from '../../src/cli/tour/sample.js';
import { Place, run } from './bin.js';

const TOUR = fileURLToPath(new URL('../../src/cli/tour.js', import.meta.url));

t.test('the tour runs without a terminal, finds the copy identical, and leaves nothing behind', async (t) => {
  const place = new Place(t);
  const tmp = place.join('tmp');
  mkdirSync(tmp);
  const { code, stdout, stderr } = await run([process.execPath, TOUR], place.root, { env: { TMPDIR: tmp } });
  t.equal(code, 0);
  t.equal(stderr, '');
  for (const command of ['init', 'backup', 'list', 'ls', 'restore'])
    t.match(stdout, new RegExp(`^\\$ bitacora .* ${command}\\b`, 'm'));
  t.match(stdout, /195 files: 195 unchanged/);
  t.match(stdout, /entries compared: names, types, modes, .*: identical/);
  t.match(stdout, /in a vault of .* smaller/);
  t.match(stdout, /How to go on by hand/);
  t.same(readdirSync(tmp), []);
});

t.test('the tour runs where nothing but Node itself is at hand', async (t) => {
  const place = new Place(t);
  const env = { BITACORA_NO_NATIVE: '1', BITACORA_ZSTD: 'wasm' };
  const { code, stdout } = await run([process.execPath, TOUR], place.root, { env });
  t.equal(code, 0);
  t.match(stdout, /times to the microsecond, .*: identical/);
});

t.test('the tour of a directory leaves it as it is', async (t) => {
  const place = new Place(t);
  const tmp = place.join('tmp');
  mkdirSync(tmp);
  writeFileSync(join(place.source, 'file'), 'content');
  const before = statSync(place.source, { bigint: true }).mtimeNs;
  const { code, stdout } = await run([process.execPath, TOUR, place.source], place.root, { env: { TMPDIR: tmp } });
  t.equal(code, 0);
  t.match(stdout, `${place.source}: 2 entries compared`);
  t.same(readdirSync(place.source), ['file']);
  t.equal(statSync(place.source, { bigint: true }).mtimeNs, before);
  t.same(readdirSync(tmp), []);
});

t.test('the tour of what is no directory says so', async (t) => {
  const place = new Place(t);
  const ended = await run([process.execPath, TOUR, place.join('gone')], place.root);
  t.match(ended, { code: 66, stderr: /is not a directory/ });
});

t.test('compareTrees() sees every kind of difference', async (t) => {
  const place = new Place(t);
  const [a, b] = [place.join('a'), place.join('b')];
  makeSample(a);
  const same = compareTrees(Buffer.from(a), Buffer.from(a), { owners: true, slackNs: 0n });
  t.equal(same.differences, 0);
  t.ok(same.entries > 200);
  const script = `cp -a "$0" "$1" && cd "$1" && touch -d @5 README odd/private && chmod 700 odd/old
    printf x | dd of=odd/noise.bin bs=1 seek=9 conv=notrunc && cp -a odd/noise.bin odd/n && mv odd/n odd/noise.bin
    ln -sfn elsewhere "odd/dangling link" && rm notes/list.txt && touch notes/extra && setfattr -x user.comment odd/private`;
  await run(['sh', '-c', script, a, b], place.root);
  const { listed, missing } = compareTrees(Buffer.from(a), Buffer.from(b), { owners: false, slackNs: 0n });
  const told = listed.join('\n');
  for (const what of [
    'has mode',
    'has time',
    'has other bytes',
    'points elsewhere',
    'is missing',
    'is not in the original',
  ]) {
    t.match(told, what);
  }
  t.match(told, 'no longer the same file');
  t.equal(missing, 1);
});
