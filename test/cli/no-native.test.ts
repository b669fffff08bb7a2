import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { capabilities } from '../../src/posix/index.js';
import { Place } from './bin.js';

const PLAIN = { env: { BITACORA_NO_NATIVE: '1' } };

t.test('without the native calls backup and restore say once what is not kept', async (t) => {
  const place = new Place(t);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(place.source, name), name);
  await place.run(['init'], PLAIN);
  const backup = await place.json(['backup', 'ana', '--path', place.source], PLAIN);
  t.equal(backup.code, 0);
  t.match(backup.answer.warnings, [/^Extended attributes and ACLs are not kept/, /^Holes of sparse files/]);
  t.equal((backup.answer.warnings as readonly string[]).length, 2);
  const restore = await place.json(['restore', 'ana', '--latest', '--target', place.join('target')], PLAIN);
  t.equal(restore.code, 0);
  t.match(restore.answer, {
    warning_count: 1,
    warnings: [{ code: 'UNSUPPORTED', message: /attributes and ACLs; times to the nanosecond; fifos/ }],
  });
});

t.test('with them nothing of that is said', async (t) => {
  if (!capabilities().nativeCalls) return t.pass('none here');
  const place = new Place(t);
  writeFileSync(join(place.source, 'a'), 'a');
  await place.run(['init']);
  const { answer } = await place.json(['backup', 'ana', '--path', place.source]);
  t.same(answer.warnings, []);
  const restore = await place.json(['restore', 'ana', '--latest', '--target', place.join('target')]);
  t.equal(restore.answer.warning_count, 0);
});
