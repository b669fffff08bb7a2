import t from 'tap';
import { toHex } from '../../../src/base/index.js';
import { sha256 } from '../../../src/crypto/index.js';
import { packsOfShare } from '../../../src/upkeep/scrub/share.js';

const packs = Array.from({ length: 40 }, (_, i) => ({
  hash: sha256(Buffer.from(`${i}`)),
  length: 1000 + 100 * i,
})).sort((a, b) => Buffer.compare(a.hash, b.hash));
const total = packs.reduce((sum, { length }) => sum + length, 0);

t.test('share after share every pack is met once before one is met again', async (t) => {
  for (const percent of [1, 7, 25, 60]) {
    const met: string[] = [];
    let after: Uint8Array | undefined;
    while (met.length < packs.length) {
      const share = packsOfShare(packs, percent, after);
      const bytes = share.reduce((sum, { length }) => sum + length, 0);
      t.ok(bytes >= (total * percent) / 100 && bytes - share.at(-1)!.length < (total * percent) / 100);
      met.push(...share.map(({ hash }) => toHex(hash)));
      after = share.at(-1)!.hash;
    }
    t.equal(new Set(met.slice(0, packs.length)).size, packs.length, `${percent}%`);
  }
});

t.test('what came or went meanwhile does not stop the round', async (t) => {
  const [first] = packsOfShare(packs, 1, undefined);
  t.equal(first, packs[0]);
  t.equal(packsOfShare(packs.slice(1), 1, packs[0]!.hash)[0], packs[1], 'the last one is gone');
  t.equal(packsOfShare(packs.slice(0, 5), 1, packs[30]!.hash)[0], packs[0], 'all behind it are gone');
  t.same(packsOfShare([], 10, packs[3]!.hash), []);
  t.equal(packsOfShare(packs, 100, packs[3]!.hash).length, packs.length);
});
