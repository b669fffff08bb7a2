import t from 'tap';
import { createOpenHandlers } from '../../src/engine/open-handlers.js';
import { handOverOpen, KeyRing, type OpenSecrets } from '../../src/engine/open-secrets.js';

const key = (byte: number) => new Uint8Array(32).fill(byte);
const SECRETS: OpenSecrets = {
  vaultId: new Uint8Array(16).fill(1),
  uid: new Uint8Array(16).fill(2),
  packKeys: [{ generation: 0, epoch: 0, key: key(3) }],
  idKeys: [{ generation: 0, data: key(4), node: key(5), list: key(6) }],
};

function keysOf({ packKeys, idKeys }: OpenSecrets): Uint8Array[] {
  return [...packKeys.map((pack) => pack.key), ...idKeys.flatMap(({ data, node, list }) => [data, node, list])];
}

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

t.test('handOverOpen() copies secrets, each into memory of its own', async (t) => {
  const { secrets, transfer } = handOverOpen(SECRETS);
  t.same(secrets, SECRETS);
  t.equal(new Set(transfer).size, 6);
  for (const handed of keysOf(secrets)) handed.fill(0);
  t.notOk(keysOf(SECRETS).some(isZero));
});

t.test('a worker wipes what was handed to it, and computes ids all the same until the session ends', async (t) => {
  const { handlers, dispose } = createOpenHandlers();
  t.teardown(dispose);
  const context = { ask: () => Promise.reject(new Error('nothing is asked')) };
  const { secrets } = handOverOpen(SECRETS);
  await handlers['open.secrets']!({ ...secrets, session: 1 } as never, context);
  t.ok(keysOf(secrets).every(isZero));
  await handlers['open.end']!({ session: 1 } as never, context);
  t.throws(() => handlers['open.check']!({ session: 1 } as never, context), /not open/);
});

t.test('a key ring has keys of its own, and none once it is closed', async (t) => {
  const { secrets } = handOverOpen(SECRETS);
  const ring = new KeyRing(secrets);
  for (const handed of keysOf(secrets)) handed.fill(0);
  const [hasher] = ring.hashers();
  const id = new Uint8Array(32);
  hasher!.id(1, new Uint8Array(10), id, 0);
  t.notOk(isZero(id));
  ring.close();
  t.throws(() => hasher!.id(1, new Uint8Array(10), id, 0), /closed/);
  t.throws(() => ring.opener(new Uint8Array(80), 'p'), /closed/);
});
