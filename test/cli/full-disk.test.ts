import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Place } from './bin.js';

const MOUNT = ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs'];

/** A vault on a small file system of its own, with one snapshot; undefined where that cannot be made. */
async function setUp(t: Test): Promise<Place | undefined> {
  const place = new Place(t);
  mkdirSync(place.vault);
  if (spawnSync('mount', [...MOUNT, place.vault]).status !== 0) return undefined;
  t.teardown(() => execFileSync('umount', [place.vault]));
  for (let i = 0; i < 20; i++) writeFileSync(join(place.source, `file ${i}`), `${i} `.repeat(5000));
  await place.run(['init']);
  t.equal((await place.run(['backup', 'ana', '--path', place.source])).code, 0);
  return place;
}

/** Leaves not a byte. */
function fill(place: Place): string {
  const filler = join(place.vault, 'filler');
  for (const piece of [1 << 20, 1 << 12, 1]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(piece, 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  if (statfsSync(place.vault).bavail !== 0) throw new Error('The file system is not full.');
  return filler;
}

async function reads(t: Test, place: Place): Promise<void> {
  t.match(await place.json(['list', 'ana']), { code: 0, answer: { backups: [{}] } }, 'list');
  t.match(await place.json(['ls', 'ana', '--latest', place.source]), { code: 0 }, 'ls');
  const target = place.join('target');
  rmSync(target, { recursive: true, force: true });
  t.match(await place.json(['restore', 'ana', '--latest', '--target', target, '--verify']), { code: 0 }, 'restore');
  const restored = join(target, place.source, 'file 7');
  t.ok(readFileSync(restored).equals(readFileSync(join(place.source, 'file 7'))));
  t.match(await place.json(['scrub']), { code: 0, answer: { status: 'sound', read_only: true } }, 'scrub');
}

t.test('with not a byte free all can be read, writing says so, and nothing must be done by hand', async (t) => {
  const place = await setUp(t);
  if (!place) return t.pass('no file system of its own can be mounted here');
  for (const lost of [false, true]) {
    if (lost) rmSync(join(place.vault, 'index'), { recursive: true });
    const filler = fill(place);
    await reads(t, place);
    writeFileSync(join(place.source, 'more'), `${lost} `.repeat(1000));
    const refused = await place.json(['backup', 'ana', '--path', place.source]);
    t.match(refused, { code: 73, answer: { error: { code: 'NO_SPACE', message: /Free some space/ } } });
    rmSync(filler);
    t.match(await place.json(['backup', 'ana', '--path', place.source]), { code: 0 });
    t.match(await place.json(['scrub']), { code: 0, answer: { status: 'sound', read_only: false } });
    t.match(await place.json(['list', 'ana']), { code: 0, answer: { backups: { length: lost ? 3 : 2 } } });
  }
});

t.test('what a killed process left unfinished makes room by itself', async (t) => {
  const place = await setUp(t);
  if (!place) return t.pass('no file system of its own can be mounted here');
  const left = join(place.vault, 'tmp', '1-000000000000000000000000');
  writeFileSync(left, Buffer.alloc(1 << 20));
  fill(place);
  t.match(await place.json(['scrub']), { code: 0, answer: { read_only: false } });
});
