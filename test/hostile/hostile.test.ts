import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import { look } from '../restore/fixture.js';
import { CONTENT_CASES, FRAME_CASES } from './cases-contents.js';
import { METADATA_CASES } from './cases-metadata.js';
import { NAME_CASES } from './cases-names.js';
import { SCOPE_CASES } from './cases-scopes.js';
import { TREE_CASES } from './cases-trees.js';
import type { HostileCase } from './hostile-case.js';
import { type HostilePlace, makeHostilePlace, USER } from './hostile-place.js';

const ALL = [...NAME_CASES, ...TREE_CASES, ...CONTENT_CASES, ...FRAME_CASES, ...METADATA_CASES, ...SCOPE_CASES];

/**
 * What one case may leave in the memory of the process once everything was done with it and garbage is gone. Buffers for the next session are
 * given back a second later; they are a few dozen MiB, more where the machine is busy.
 */
const KEPT_MAX = 256 * 2 ** 20;

/** What it may take meanwhile, garbage that the engine has not collected yet included: a bomb takes more. */
const TAKEN_MAX = 2 ** 30;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

t.test('there are many cases, and no two have one title', async (t) => {
  t.ok(ALL.length >= 60, String(ALL.length));
  t.equal(new Set(ALL.map(({ title }) => title)).size, ALL.length);
});

for (const hostile of ALL) {
  t.test(hostile.title, async (t) => {
    const place = await makeHostilePlace(0);
    t.teardown(() => place.close());
    const paths = (await place.store(hostile)).map((path) => Buffer.from(path).toString('utf8'));
    const before = [process.memoryUsage.rss(), kept()] as const;
    const around = place.around();
    await restoreInto(t, place, hostile, paths.join() === '/s');
    t.same(place.around(), around, 'nothing around the target has changed');
    await restoreOver(place);
    t.same(place.around(), around, 'nor when it was restored over what was there');
    await listAll(place, paths);
    t.same(place.around(), around, 'nor by looking');
    const taken = process.memoryUsage.rss() - before[0];
    t.ok(taken < TAKEN_MAX, `it took ${taken >> 20} MiB`);
    const left = kept() - before[1];
    t.ok(left < KEPT_MAX, `it left ${left >> 20} MiB`);
  });
}

/** Bytes in use, on the heap and beside it, without garbage. */
function kept(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The restore of an empty target: what is listed, and what is there. */
async function restoreInto(t: Test, place: HostilePlace, hostile: HostileCase, flatten: boolean): Promise<void> {
  const { target } = place;
  const { codes, left } = hostile;
  const answer = await place.run('restore', { user_id: USER, latest: true, target, flatten, verify: true });
  const listed = 'code' in answer ? [answer.code] : [...answer.failures, ...answer.warnings].map(({ code }) => code);
  const told = [...new Set(listed)].slice(0, 9).join(', ');
  if (codes)
    t.ok(
      codes.some((code) => listed.includes(code)),
      `${codes.join(' or ')} is told: ${told}`,
    );
  else t.notOk(listed.includes('INTERNAL'), `no fault of the program: ${told}`);
  if (left) t.same(look(target), left);
}

/** Over what is there, over links that were put in the place of everything, and for show. */
async function restoreOver(place: HostilePlace): Promise<void> {
  const { target } = place;
  const whole = { user_id: USER, latest: true, target };
  await place.run('restore', { ...whole, overwrite: 'always', delete: true });
  await place.run('restore', { ...whole, overwrite: 'changed' });
  place.clear();
  symlinkSync('../outside', join(target, 's'));
  symlinkSync('../outside', join(target, 'a'));
  await place.run('restore', { ...whole, overwrite: 'always', delete: true });
  await place.run('restore', { ...whole, overwrite: 'never', dry_run: true });
}

/** Everything that looks into a snapshot. */
async function listAll(place: HostilePlace, paths: readonly string[]): Promise<void> {
  await place.run('list', { user_id: USER });
  for (const path of [undefined, '/', ...paths.slice(0, 3)]) {
    await place.run('ls', { user_id: USER, latest: true, ...(path !== undefined && { path }) });
    await place.run('ls', { user_id: USER, latest: true, path: `${path ?? ''}/a` });
    await place.run('cat', { user_id: USER, snapshot: 'latest', path: `${path ?? ''}/a` });
  }
  for (const pattern of ['**', 'secret', 'd/**/x']) {
    await place.run('find', { user_id: USER, latest: true, pattern });
    await place.run('versions', { user_id: USER, pattern });
  }
  await place.run('diff', { user_id: USER, before: place.before, after: 'latest' });
  await place.run('diff', { user_id: USER, before: 'latest', after: place.before });
  await place.run('diff-disk', { user_id: USER, before: 'latest', directory: place.target, checksum: true });
  await place.run('export', { user_id: USER, latest: true, format: 'tar' });
}
