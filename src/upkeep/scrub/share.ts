import { compareBytes } from '../../base/index.js';
import type { ListedPack } from './scan-pack.js';

/**
 * The packs of a share: in the order of their names, which is as good as random, from the pack behind which the last share ended, and
 * so far that they hold the wanted part of all bytes. Share after share every pack is met once in a round.
 *
 * @param packs - In the order of their names.
 * @param percent - Above 0; 100 and more are all of them.
 * @param after - Name of the last pack of the share before; undefined for the first.
 */
export function packsOfShare(
  packs: readonly ListedPack[],
  percent: number,
  after: Uint8Array | undefined,
): ListedPack[] {
  if (percent >= 100) return [...packs];
  const bytes = packs.reduce((sum, { length }) => sum + length, 0);
  const behind = after ? packs.findIndex(({ hash }) => compareBytes(hash, after) > 0) : 0;
  const first = Math.max(0, behind);
  const chosen: ListedPack[] = [];
  let got = 0;
  for (const pack of [...packs.slice(first), ...packs.slice(0, first)]) {
    if (got >= (bytes * percent) / 100) break;
    chosen.push(pack);
    got += pack.length;
  }
  return chosen;
}
