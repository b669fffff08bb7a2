import t, { type Test } from 'tap';
import { MemoryBackend, withRecord } from '../../src/storage/index.js';
import type { UserRepository, Vault } from '../../src/vault/index.js';
import { makeVault, openUser, storeSnapshot } from './fixture.js';

async function listed(memory: MemoryBackend, prefix: string): Promise<number> {
  let bytes = 0;
  for await (const { length } of memory.list(prefix)) bytes += length;
  return bytes;
}

async function scene(t: Test) {
  const memory = new MemoryBackend();
  const calls = withRecord(memory);
  const place = await makeVault(t, calls);
  return { memory, calls, place, vault: await place.open() };
}

const ofUser = ({ memory }: { memory: MemoryBackend }, user: UserRepository) =>
  listed(memory, `users/${Buffer.from(user.uid).toString('hex')}/`);

t.test('what is stored is counted once and then kept up as objects come and go', async (t) => {
  const one = await scene(t);
  const { vault, memory, calls } = one;
  const [ana, bob] = [await openUser(vault, 'ana'), await openUser(vault, 'bob')];
  await storeSnapshot(ana, '1');
  t.equal(await vault.stored.ofUser(ana.uid), await ofUser(one, ana));
  await storeSnapshot(ana, '2');
  await storeSnapshot(bob, '1');
  t.equal(await vault.stored.ofUser(ana.uid), await ofUser(one, ana), 'kept up');
  t.equal(await vault.stored.total(), await listed(memory, 'users/'));
  const { pack } = await storeSnapshot(ana, '3');
  const [name] = (await names(memory)).filter((each) => each.includes(Buffer.from(pack.name).toString('hex')));
  await ana.backend.remover().remove(name as never);
  await ana.backend.remover().remove(name as never);
  calls.calls.length = 0;
  t.equal(await vault.stored.total(), await listed(memory, 'users/'));
  t.equal(await vault.stored.ofUser(bob.uid), await ofUser(one, bob));
  t.equal(calls.calls.filter(({ verb }) => verb === 'list').length, 0, 'nothing is listed for that');
});

t.test(
  'what is known outlives a process that ends well, and one that dies leaves nothing that could be wrong',
  async (t) => {
    const { vault, memory, calls, place } = await scene(t);
    const ana = await openUser(vault, 'ana');
    await storeSnapshot(ana, '1');
    await vault.stored.total();
    await storeSnapshot(ana, '2');
    await close(vault, ana);

    const next = await place.open();
    calls.calls.length = 0;
    t.equal(await next.stored.total(), await listed(memory, 'users/'));
    t.same(calls.calls, [], 'from the index alone');
    const dead = await place.copy('dead');
    await close(next);

    // The copy is what a process leaves that is killed.
    const after = await place.open({ path: dead });
    calls.calls.length = 0;
    t.equal(await after.stored.total(), await listed(memory, 'users/'));
    t.equal(calls.calls.filter(({ verb }) => verb === 'list').length, 1, 'counted anew');
    await close(after);
  },
);

t.test('packs beyond a limit are refused, and nothing else is', async (t) => {
  const { vault, memory } = await scene(t);
  const ana = await openUser(vault, 'ana');
  await storeSnapshot(ana, '1');
  const used = await vault.stored.ofUser(ana.uid);
  vault.stored.setLimits({ vaultBytesMax: undefined, userBytesMax: used + 10 });
  await t.rejects(storeSnapshot(ana, '2'), { code: 'NO_SPACE', details: { stored_bytes: used, max_bytes: used + 10 } });
  await ana.log.append({ kind: 'forget', body: { backupIds: [] } });
  await vault.stored.exempting(ana.uid, () => storeSnapshot(ana, '2'));
  await t.rejects(storeSnapshot(ana, '3'), { code: 'NO_SPACE' });
  const bob = await openUser(vault, 'bob');
  await storeSnapshot(bob, '1');
  const total = await vault.stored.total();
  vault.stored.setLimits({ vaultBytesMax: total + 10, userBytesMax: undefined });
  await t.rejects(storeSnapshot(bob, '2'), { code: 'NO_SPACE' });
  t.equal((await listed(memory, 'users/')) < total + 10, true);
  vault.stored.setLimits({ vaultBytesMax: undefined, userBytesMax: undefined });
  await storeSnapshot(bob, '2');
});

t.test('what comes and goes while everything is counted is counted once', async (t) => {
  const memory = new MemoryBackend();
  let during: (() => Promise<void>) | undefined;
  const slow = withRecord(memory);
  const list = slow.list.bind(slow);
  slow.list = async function* (...args) {
    const run = args[0] === 'users/' ? during : undefined;
    for await (const each of list(...args)) {
      yield each;
      await run?.();
    }
  };
  const vault = await (await makeVault(t, slow)).open();
  const [ana, bob] = [await openUser(vault, 'ana'), await openUser(vault, 'bob')];
  const { pack } = await storeSnapshot(ana, '1');
  await storeSnapshot(bob, '1');
  const name = (await names(memory)).find((each) => each.includes(Buffer.from(pack.name).toString('hex')))!;
  for (const known of [false, true]) {
    const steps = [
      () => storeSnapshot(ana, `2 ${known}`),
      () => storeSnapshot(bob, `2 ${known}`),
      () => ana.backend.remover().remove(name as never),
      // Somebody new.
      async () => storeSnapshot(await openUser(vault, `eve${known}`), '1'),
    ];
    during = async () => void (await steps.shift()?.());
    await vault.stored.recount();
    t.equal(steps.length, 0);
    during = undefined;
    t.equal(await vault.stored.total(), await listed(memory, 'users/'), `known before: ${known}`);
    t.equal(await vault.stored.ofUser(bob.uid), await ofUser({ memory }, bob));
  }
});

t.test('what is moved aside is told apart', async (t) => {
  const { vault, memory } = await scene(t);
  const ana = await openUser(vault, 'ana');
  const { pack } = await storeSnapshot(ana, '1');
  const all = await vault.stored.ofUser(ana.uid);
  const name = (await names(memory)).find((each) => each.includes(Buffer.from(pack.name).toString('hex')))!;
  const { length } = (await memory.stat(name as never))!;
  await ana.backend.remover().move(name as never, name.replace('/packs/', '/trash/') as never);
  for (const again of [false, true]) {
    if (again) await vault.stored.recount();
    t.same(await vault.stored.sizesOf(ana.uid), { liveBytes: all - length, trashBytes: length });
  }
});

async function names(memory: MemoryBackend): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of memory.list('users/')) found.push(name);
  return found;
}

async function close(vault: Vault, user?: UserRepository): Promise<void> {
  user?.close();
  await vault.close();
}
