import t from 'tap';
import { fromHex } from '../../src/base/index.js';
import { type TokenRecord, tokenName } from '../../src/format/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { makeVault } from './fixture.js';

const ID = fromHex('0123456789abcdef');
const RECORD: TokenRecord = {
  version: 1,
  id: ID,
  hash: new Uint8Array(32).fill(7),
  name: 'a-telling-name',
  users: ['very-secret-user'],
  scopes: ['list', 'backup'],
  created: 5,
  expires: 0,
  used: 0,
};

t.test('records come back, the newest version of each, and what they say shows nowhere', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  t.teardown(() => vault.close());
  await vault.tokens.put(RECORD);
  await vault.tokens.put({ ...RECORD, version: 2, used: 9 });
  await vault.tokens.put({ ...RECORD, id: fromHex('0'.repeat(16)), created: 4, users: null, expires: 8 });
  const { records, damaged } = await vault.tokens.list();
  t.same(damaged, []);
  t.same(
    records.map(({ version, users, used, expires }) => [version, users, used, expires]),
    [
      [1, null, 0, 8],
      [2, ['very-secret-user'], 9, 0],
    ],
  );
  const bytes = Buffer.from(await memory.get(tokenName(ID, 2))).toString('latin1');
  t.notMatch(bytes, /secret|telling/);
  await vault.tokens.remove(ID);
  await vault.tokens.remove(ID);
  t.equal((await vault.tokens.list()).records.length, 1);
});

t.test('a record that is damaged, or put in the place of another, counts for nothing and is told', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  t.teardown(() => vault.close());
  await vault.tokens.put(RECORD);
  const bytes = await memory.get(tokenName(ID, 1));
  await memory.put(tokenName(ID, 7), { bytes });
  await memory.put(tokenName(fromHex('f'.repeat(16)), 1), { bytes });
  await memory.put(tokenName(fromHex('e'.repeat(16)), 1), { bytes: bytes.subarray(0, 300) });
  const { records, damaged } = await vault.tokens.list();
  t.same(records, []);
  t.same(
    damaged.map(({ code }) => code),
    ['DATA_CORRUPT', 'DATA_CORRUPT', 'DATA_CORRUPT'],
  );
  t.equal((await vault.check()).length, 3);
});
