import t from 'tap';
import type { Clock } from '../../src/base/index.js';
import { MemoryBackend, type RecordBackend, scriptedFaults, withFaults, withRecord } from '../../src/storage/index.js';
import type { Vault } from '../../src/vault/index.js';
import { makeManifest, makeVault, openUser } from './fixture.js';

/** A clock that stands until it is moved. */
class StandingClock implements Clock {
  time = 1_700_000_000_000;
  now = (): number => this.time;
  monotonic = (): number => this.time;
}

/** Opens and closes a user; the calls of the backend that it took. */
async function callsOfOpening(vault: Vault, backend: RecordBackend, name = 'ana'): Promise<number> {
  const before = backend.calls.length;
  (await vault.openUser(name)).close();
  return backend.calls.length - before;
}

t.test('a user that rests is opened again without a look at the backend, for five minutes', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const clock = new StandingClock();
  const place = await makeVault(t, backend);
  const vault = await place.open({ restingUsers: 2, clock });
  t.teardown(() => vault.close());
  (await openUser(vault)).close();
  t.equal(await callsOfOpening(vault, backend), 0);
  const user = await vault.openUser('ana');
  t.notOk(
    user.secrets.packKey.every((byte) => byte === 0),
    'with its keys',
  );
  const { entry } = await user.log.append({ kind: 'manifest', body: makeManifest([]) });
  user.close();
  const again = await vault.openUser('ana');
  t.equal((await again.snapshots.list()).length, 1, 'and what was written meanwhile');
  t.equal((await again.log.append({ kind: 'manifest', body: makeManifest([]) })).entry.seq, entry.seq + 1);
  again.close();
  clock.time += 299_999;
  t.equal(await callsOfOpening(vault, backend), 0);
  clock.time += 1;
  t.ok((await callsOfOpening(vault, backend)) > 0, 'then the vault itself is looked at');
});

t.test('no more users rest than may, the oldest go, and without the option none', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const place = await makeVault(t, backend);
  const vault = await place.open({ restingUsers: 2, clock: new StandingClock() });
  const keys: Uint8Array[] = [];
  for (const name of ['ana', 'ben', 'eva']) {
    const user = await openUser(vault, name);
    keys.push(user.secrets.packKey);
    user.close();
  }
  await new Promise(setImmediate);
  t.ok(
    keys[0]!.every((byte) => byte === 0),
    'the keys of who goes are wiped',
  );
  t.equal(await callsOfOpening(vault, backend, 'eva'), 0);
  t.equal(await callsOfOpening(vault, backend, 'ben'), 0);
  t.ok((await callsOfOpening(vault, backend, 'ana')) > 0);
  await vault.close();
  const plain = await place.open();
  t.teardown(() => plain.close());
  await callsOfOpening(plain, backend);
  t.ok((await callsOfOpening(plain, backend)) > 0);
});

t.test('a user of whom something is in doubt does not rest', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const place = await makeVault(t, backend);
  const vault = await place.open({ restingUsers: 2, clock: new StandingClock() });
  t.teardown(() => vault.close());
  const user = await openUser(vault);
  await user.index.distrust();
  user.close();
  const rebuilt = await vault.openUser('ana');
  t.ok(rebuilt.rebuilt, 'an index that is not trusted any more is made anew');
  rebuilt.close();
  const woken = await vault.openUser('ana');
  t.equal(woken.rebuilt, undefined, 'which is told once');
  // Whoever wants a rebuild waits for those who have the user open, and not for its rest.
  const waiting = vault.openUser('ana', { rebuild: true });
  woken.close();
  const anew = await waiting;
  t.ok(anew.rebuilt);
  anew.close();
});

t.test('an entry that may be in the log keeps its user from resting', async (t) => {
  const memory = new MemoryBackend();
  const faults = scriptedFaults([{ verb: 'put', name: (name) => name.includes('/log/'), effect: 'unknown' }]);
  const place = await makeVault(t, memory);
  const backend = withRecord(withFaults(memory, faults));
  const vault = await place.open({ restingUsers: 2, clock: new StandingClock(), backend });
  t.teardown(() => vault.close());
  const user = await openUser(vault);
  await t.rejects(user.log.append({ kind: 'manifest', body: makeManifest([]) }), { code: 'OBJECT_UNKNOWN' });
  user.close();
  t.ok((await callsOfOpening(vault, backend)) > 0, 'the backend is asked what there is');
});

t.test('records are remembered and changed ones read anew', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const place = await makeVault(t, backend);
  const vault = await place.open({ restingUsers: 1, clock: new StandingClock() });
  t.teardown(() => vault.close());
  await vault.ensureUser('ana');
  await vault.findUser('ana');
  const before = backend.calls.length;
  await vault.findUser('ana');
  t.equal(backend.calls.length, before);
  await vault.changeUser('ana', () => ({ exclude: ['*.tmp'] }));
  t.same((await vault.findUser('ana')).exclude, ['*.tmp']);
});
