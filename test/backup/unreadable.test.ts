import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ENTRY_FLAGS } from '../../src/format/index.js';
import { asOrdinaryUser, makeSetting, noise } from './fixture.js';

const STALE = ENTRY_FLAGS.stale;
const UNREAD = ENTRY_FLAGS.unread;

t.test('backup() of what cannot be read is partial and says what', async (t) => {
  const setting = await makeSetting(t);
  const { source } = setting;
  setting.write('open', 'can be read');
  setting.write('shut', 'cannot');
  setting.write('large', noise(2 * 2 ** 20));
  setting.write('dir/inside', 'hidden');
  for (const name of ['shut', 'large', 'dir']) chmodSync(join(source, name), 0);
  const report = await asOrdinaryUser(setting, () => setting.run());
  t.equal(report.status, 'partial');
  const failed = report.failures.items.map(({ path, code }) => `${Buffer.from(path)} ${code}`).sort();
  t.same(failed, [`${source}/dir EACCES`, `${source}/large EACCES`, `${source}/shut EACCES`]);
  t.equal(report.failures.count, 3);
  t.equal(report.counts.filesUnread, 2);
  const kept = await setting.read(report.scopes[0]!);
  t.same(kept.get('open')!.bytes, Buffer.from('can be read'));
  for (const name of ['shut', 'large', 'dir']) t.equal(kept.get(name)!.entry.flags & UNREAD, UNREAD, name);
  t.same(kept.get('shut')!.entry.content, { form: 'none' });
  const [snapshot] = await setting.repository.snapshots.list();
  t.equal(snapshot!.manifest.status, 'partial');
  t.equal(snapshot!.manifest.failures.count, 3);
});

t.test('backup() carries over what could be read before, marked stale, until it can be read again', async (t) => {
  const setting = await makeSetting(t);
  const { source } = setting;
  setting.write('shut', 'known before');
  setting.write('dir/inside', 'known too');
  setting.write('dir/sub/deep', 'and this');
  const names = ['shut', 'dir'];
  await setting.run();
  for (const name of names) chmodSync(join(source, name), 0);
  for (const round of ['first', 'second']) {
    const report = await asOrdinaryUser(setting, () => setting.run());
    t.equal(report.status, 'partial', round);
    const kept = await setting.read(report.scopes[0]!);
    for (const name of names) t.equal(kept.get(name)!.entry.flags & (STALE | UNREAD), STALE, `${round}: ${name}`);
    t.same(kept.get('shut')!.bytes, Buffer.from('known before'));
    t.same(kept.get('dir/sub/deep')!.bytes, Buffer.from('and this'));
  }
  for (const name of names) chmodSync(join(source, name), 0o700);
  const healed = await setting.run();
  t.equal(healed.status, 'complete');
  const kept = await setting.read(healed.scopes[0]!);
  for (const [name, { entry }] of kept) t.equal(entry.flags & (STALE | UNREAD), 0, name);
  t.equal(healed.counts.filesUnread, 0);
});

t.test('backup() of a file whose bytes cannot be read carries on', async (t) => {
  const setting = await makeSetting(t);
  setting.write('fine', 'fine');
  const report = await setting.run({ paths: ['/proc/self/mem', join(setting.source, 'fine')] });
  t.equal(report.status, 'partial');
  t.equal(report.failures.items[0]!.code, 'EIO');
  t.same((await setting.read(report.scopes[1]!)).get('')!.bytes, Buffer.from('fine'));
});

t.test('backup() refuses a source that cannot be listed', async (t) => {
  const setting = await makeSetting(t);
  mkdirSync(join(setting.source, 'shut'));
  chmodSync(join(setting.source, 'shut'), 0);
  const run = asOrdinaryUser(setting, () => setting.run({ paths: [join(setting.source, 'shut')] }));
  await t.rejects(run, { code: 'SOURCE_UNREADABLE' });
});

t.test('backup() keeps the list of failures short and their count true', async (t) => {
  const setting = await makeSetting(t);
  for (let i = 0; i < 1100; i++) chmodSync(setting.write(`${i}`, 'x'), 0);
  const report = await asOrdinaryUser(setting, () => setting.run());
  t.equal(report.failures.count, 1100);
  t.equal(report.failures.items.length, 1000);
});
