import { readFileSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openVault, type UserRepository } from '../../src/vault/index.js';
import { memoryLogger } from '../vault/fixture.js';
import { makeSetting, noise, objects, readScope, type Setting } from './fixture.js';

async function damaged(t: Test, act: (path: string) => Promise<void>, logger = memoryLogger()): Promise<Setting> {
  const setting = await makeSetting(t, { local: true, logger });
  for (let i = 0; i < 300; i++) setting.write(`dir${i % 7}/${i}`, noise(500, i + 1));
  await setting.run();
  const packs = await objects(setting, 'packs');
  t.equal(packs.length, 1, 'a small snapshot is one pack');
  await act(join(setting.vaultPath, packs[0]!));
  await setting.reopen();
  return setting;
}

/** Flips a bit in every frame. */
async function corrupt(path: string, spared = 9000): Promise<void> {
  const bytes = readFileSync(path);
  for (let at = 200; at < bytes.length - spared; at += 512) bytes[at]! ^= 4;
  await writeFile(path, bytes);
}

async function everything(t: Test, setting: Setting): Promise<void> {
  for (const { manifest } of await setting.repository.snapshots.list()) {
    const kept = await setting.read(manifest.scopes[0]!);
    t.equal(kept.size, 308);
    for (let i = 0; i < 300; i++) t.ok(kept.get(`dir${i % 7}/${i}`)!.bytes!.equals(noise(500, i + 1)));
  }
}

t.test('backup() beside a corrupt parent reads everything again and heals old snapshots', async (t) => {
  const logger = memoryLogger();
  const setting = await damaged(t, corrupt, logger);
  const report = await setting.run({ logger });
  t.equal(report.status, 'complete');
  t.equal(report.counts.files, 300);
  t.equal(report.counts.bytesRead, 150_000);
  t.ok(logger.lines.some((line) => line.startsWith('warn: The parent snapshot is damaged')));
  await setting.reopen();
  await everything(t, setting);
  const next = await setting.run();
  t.equal(next.counts.bytesRead, 0, 'once');
});

t.test('backup() beside a parent whose pack is gone stores everything again', async (t) => {
  const setting = await damaged(t, (path) => rm(path));
  const report = await setting.run();
  t.equal(report.status, 'complete');
  t.equal(report.counts.bytesRead, 150_000);
  await setting.reopen();
  await everything(t, setting);
});

t.test('backup() beside a gone pack heals after the index was rebuilt, too', async (t) => {
  const setting = await damaged(t, (path) => rm(path));
  await setting.reopen({ rebuild: true });
  const report = await setting.run();
  t.equal(report.counts.bytesRead, 150_000);
  await everything(t, setting);
});

t.test('backup() takes nothing over from snapshots whose data packs were found lost', async (t) => {
  const setting = await makeSetting(t, { local: true });
  setting.write('large', noise(6 * 2 ** 20));
  setting.write('small', noise(1000, 2));
  await setting.run();
  const packs = await objects(setting, 'packs');
  t.ok(packs.length > 1, 'nodes have a pack of their own');
  for (const pack of packs) {
    const path = join(setting.vaultPath, pack);
    if (readFileSync(path).length > 2 ** 20) await rm(path);
  }
  await setting.reopen({ rebuild: true });
  const healing = await setting.run();
  t.equal(healing.counts.bytesRead, 6 * 2 ** 20 + 1000, 'the tree is whole, and still everything is read');
  for (const { manifest } of await setting.repository.snapshots.list()) {
    const kept = await setting.read(manifest.scopes[0]!);
    t.ok(kept.get('large')!.bytes!.equals(noise(6 * 2 ** 20)), 'the older snapshot heals with it');
  }
  const next = await setting.run();
  t.equal(next.counts.bytesRead, 0, 'what was stored since is trusted again');
});

t.test('backup() sees by itself that a data pack is gone, and stores again what it held', async (t) => {
  const setting = await makeSetting(t, { local: true });
  setting.write('large', noise(6 * 2 ** 20));
  setting.write('small', noise(1000, 2));
  await setting.run();
  for (const pack of await objects(setting, 'packs')) {
    const path = join(setting.vaultPath, pack);
    if (readFileSync(path).length > 2 ** 20) await rm(path);
  }
  await setting.reopen();
  const healing = await setting.run();
  t.equal(healing.counts.bytesRead, 6 * 2 ** 20 + 1000, 'unchanged files are read as well');
  for (const { manifest } of await setting.repository.snapshots.list()) {
    const kept = await setting.read(manifest.scopes[0]!);
    t.ok(kept.get('large')!.bytes!.equals(noise(6 * 2 ** 20)));
  }
  t.equal((await setting.run()).counts.bytesRead, 0, 'once');
});

t.test('backup() with force stores what the vault has lost', async (t) => {
  const setting = await makeSetting(t, { local: true });
  setting.write('large', noise(6 * 2 ** 20));
  setting.write('small', noise(1000, 2));
  await setting.run();
  const packs = await objects(setting, 'packs');
  t.equal(packs.length, 2, 'data and nodes lie apart');
  const sizes = packs.map((name) => readFileSync(join(setting.vaultPath, name)).length);
  await rm(join(setting.vaultPath, packs[sizes[0]! > sizes[1]! ? 0 : 1]!));
  await setting.reopen({ rebuild: true });
  const report = await setting.run({ force: true });
  t.equal(report.counts.bytesNew, 6 * 2 ** 20 + 1000);
  for (const { manifest } of await setting.repository.snapshots.list()) {
    const kept = await setting.read(manifest.scopes[0]!);
    t.ok(kept.get('large')!.bytes!.equals(noise(6 * 2 ** 20)));
    t.ok(kept.get('small')!.bytes!.equals(noise(1000, 2)));
  }
});

t.test('backup() names the packs that an interrupted one left, so that a stale index finds them', async (t) => {
  const setting = await makeSetting(t, { local: true });
  setting.write('old', noise(5000, 1));
  await setting.run();
  const index = join(setting.vaultPath, 'index');
  const stale = join(setting.root, 'stale');
  const place = { path: setting.vaultPath, keyFile: join(setting.root, 'key') };
  const open = async () => {
    const vault = await openVault(place);
    const repository = await vault.openUser('ana');
    const close = (): Promise<void> => {
      repository.close();
      return vault.close();
    };
    return { repository, close };
  };
  setting.repository.close();
  await setting.vault.close();
  await cp(index, stale, { recursive: true });
  setting.write('new', noise(5000, 2));
  const second = await open();
  const { log } = second.repository;
  const interrupted = { ...second.repository, log: { ...log, append: () => Promise.reject(new Error('cut short')) } };
  await t.rejects(setting.run({ repository: interrupted as unknown as UserRepository }), { message: 'cut short' });
  t.equal((await setting.run({ repository: second.repository })).counts.bytesAdded, 0, 'all is there already');
  await second.close();
  await rm(index, { recursive: true });
  await cp(stale, index, { recursive: true });
  const third = await open();
  t.teardown(() => third.close());
  t.equal(third.repository.rebuilt, undefined, 'the index only caught up');
  const [newest] = await third.repository.snapshots.list();
  const kept = await readScope(third.repository, newest!.manifest.scopes[0]!);
  t.ok(kept.get('new')!.bytes!.equals(noise(5000, 2)));
});

t.test('a rebuilt index prefers what was stored again over what was damaged', async (t) => {
  for (let round = 0; round < 4; round++) {
    // The footer stays whole, so that the rebuild knows this pack, too.
    const setting = await damaged(t, (path) => corrupt(path, 13_000));
    await setting.run();
    const { rebuilt } = await setting.reopen({ rebuild: true });
    t.same(rebuilt!.problems, []);
    await everything(t, setting);
  }
});
