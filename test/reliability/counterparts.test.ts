import { fork } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { chmod, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { toHex } from '../../src/base/index.js';
import { createEngine } from '../../src/engine/index.js';
import { packName, uidOf } from '../../src/format/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { initVault, openVault } from '../../src/vault/index.js';
import { makeSetting, noise, objects, readScope, type Setting } from '../backup/fixture.js';
import { backupPath } from '../campaign/restoring.js';
import { contents, forget, packs, pruned, snapshot } from '../upkeep/prune/fixture.js';
import { flip, packsOnDisk, scrubbed } from '../upkeep/scrub/fixture.js';

function fill(setting: Setting, seed: number, files = 6): void {
  for (let i = 0; i < files; i++) setting.write(`d/${i}`, noise(60_000, seed + i));
}

t.test('a scrub that finds damage changes and removes no object', async (t) => {
  const setting = await makeSetting(t, { local: true });
  setting.write('large', noise(3 * 2 ** 20));
  fill(setting, 10);
  await setting.run();
  fill(setting, 20);
  await setting.run();
  for (const { path, frames } of await packsOnDisk(setting)) await flip(path, frames[0]!.from + 40);
  const all = async (): Promise<Map<string, Buffer>> => {
    const found = new Map<string, Buffer>();
    for (const part of ['packs', 'log', 'keys', 'trash']) {
      for (const name of await objects(setting, part)) found.set(name, readFileSync(join(setting.vaultPath, name)));
    }
    return found;
  };
  const before = await all();
  const { users } = await scrubbed(setting);
  t.ok(users[0]!.problems.length > 0);
  const after = await all();
  for (const [name, bytes] of before) t.ok(after.get(name)?.equals(bytes), name);
  const added = [...after.keys()].filter((name) => !before.has(name));
  t.ok(added.length <= 1 && added.every((name) => name.includes('/log/')), 'what was found is a log entry');
});

t.test('an index from before a prune is not believed about what that removed', async (t) => {
  const setting = await makeSetting(t, { local: true });
  const place = { path: setting.vaultPath, keyFile: join(setting.root, 'key') };
  const index = join(setting.vaultPath, 'index');
  const stale = join(setting.root, 'stale');
  fill(setting, 1);
  const first = await snapshot(setting);
  fill(setting, 100);
  await snapshot(setting);
  await setting.vault.close();
  cpSync(index, stale, { recursive: true });
  const engine = await createEngine({ threads: 0 });
  t.teardown(() => engine.close());
  const inVault = async (use: (setting: Setting) => Promise<void>): Promise<void> => {
    const vault = await openVault(place);
    const repository = await vault.openUser('ana');
    await use({ ...setting, vault, repository, engine, read: (scope) => readScope(repository, scope) });
    repository.close();
    await vault.close();
  };
  await inVault((now) => forget(now, first.id));
  await inVault(async (now) => {
    t.ok((await pruned(now, { graceMs: 0 })).dead.packs > 0);
    await pruned(now, { graceMs: 0 });
  });
  rmSync(index, { recursive: true });
  cpSync(stale, index, { recursive: true });
  fill(setting, 1);
  await inVault(async (now) => {
    await backupPath(now.repository, engine, setting.source);
    const [newest] = [...(await contents(now)).values()];
    t.equal(newest, first.content);
  });
});

t.test('a process that stands still for long keeps its vault from others', async (t) => {
  const root = t.testdir();
  const place = { path: join(root, 'vault'), keyFile: join(root, 'key') };
  await initVault(place);
  const program = fileURLToPath(new URL('../vault/holder.js', import.meta.url));
  const holder = fork(program, [place.path, place.keyFile]);
  t.teardown(() => holder.kill('SIGKILL'));
  await new Promise((resolve) => holder.once('message', resolve));
  process.kill(holder.pid!, 'SIGSTOP');
  // No time that passes makes a lock that is held an old one.
  const clock = { now: () => Date.now() + 400 * 24 * 3600 * 1000, monotonic: () => performance.now() };
  await t.rejects(openVault({ ...place, clock }), { code: 'VAULT_BUSY' });
  holder.kill('SIGKILL');
  await new Promise((resolve) => holder.once('exit', resolve));
  await (await openVault(place)).close();
});

t.test('a prune while a backup has stored its packs and not yet committed takes none of them', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 1);
  await snapshot(setting);
  fill(setting, 100);
  const { log } = setting.repository;
  const append = log.append.bind(log);
  const pruner = await setting.vault.openUser('ana');
  let prunes = 0;
  log.append = async (...args) => {
    log.append = append;
    for (; prunes < 3; prunes++) await pruned({ ...setting, repository: pruner }, { graceMs: 0 });
    return append(...args);
  };
  const second = await snapshot(setting);
  t.equal(prunes, 3);
  pruner.close();
  await setting.reopen({ rebuild: true });
  t.same(setting.repository.rebuilt!.problems, []);
  t.equal((await contents(setting)).get(toHex(second.id)), second.content);
});

for (const [title, length] of [
  ['without bytes', 0],
  ['cut short', 5000],
] as const) {
  t.test(`a pack that is ${title} is not taken for what it was`, async (t) => {
    const setting = await makeSetting(t, { local: true });
    setting.write('large', noise(3 * 2 ** 20));
    fill(setting, 1);
    const first = await snapshot(setting);
    for (const { path } of await packsOnDisk(setting)) {
      // As a file system may leave a file that was on its way.
      await chmod(path, 0o600);
      await truncate(path, length);
    }
    await setting.reopen();
    // What is acknowledged holds, at once or after what the error says.
    const report = await setting.run().catch(async () => {
      await setting.reopen({ rebuild: true });
      return setting.run();
    });
    t.equal((await contents(setting)).get(toHex(report.backupId!)), first.content);
  });
}

t.test('a chunk that lies in two packs stays, whichever of them goes', async (t) => {
  const memory = new MemoryBackend();
  const setting = await makeSetting(t, { backend: memory });
  fill(setting, 1);
  const first = await snapshot(setting);
  const { index } = setting.repository;
  const [pack] = (await setting.repository.snapshots.list())[0]!.manifest.packs;
  // The index knows nothing of it, so that everything is stored once more.
  await index.forgetPack(pack!);
  setting.write('d/one more', noise(20_000, 50));
  const second = await setting.run({ force: true });
  t.ok(second.counts.bytesNew > 360_000);
  await setting.reopen({ rebuild: true });
  t.equal((await packs(setting)).packs.length, 2);
  for (const what of ['both', 'first', 'first pruned']) {
    if (what === 'first') {
      await forget(setting, first.id);
      await setting.reopen();
    }
    for (let run = 0; run < 3; run++) await pruned(setting, { graceMs: 0 });
    const found = await contents(setting);
    t.match(found.get(toHex(second.backupId!)), /one more/, what);
    await setting.reopen({ rebuild: true });
    t.same(setting.repository.rebuilt!.problems, [], what);
    t.equal((await contents(setting)).size, what === 'both' ? 2 : 1);
  }
});

t.test('an index made anew has every chunk that the one before had, after packs were merged', async (t) => {
  const setting = await makeSetting(t);
  const ids = new Set<string>();
  for (let i = 0; i < 20; i++) {
    setting.write(`d/${i}`, noise(9000, i));
    await snapshot(setting);
  }
  t.ok((await pruned(setting, { graceMs: 0 })).rewritten.packs > 8);
  for (const { manifest } of await setting.repository.snapshots.list()) {
    for (const [, { entry }] of await setting.read(manifest.scopes[0]!)) {
      if (!('id' in entry.content)) continue;
      ids.add(toHex(entry.content.id));
    }
  }
  const uid = uidOf(setting.repository.uid);
  const places = async (): Promise<string[]> => {
    const { index } = setting.repository;
    const list = [...ids].map((id) => Buffer.from(id, 'hex'));
    const found = await index.lookup(Buffer.concat(list));
    return found.map((place) => (place ? packName(uid, index.packName(place.pack)) : 'nowhere'));
  };
  const before = await places();
  t.ok(before.length >= 20 && !before.includes('nowhere'));
  await setting.reopen({ rebuild: true });
  t.same(await places(), before);
});
