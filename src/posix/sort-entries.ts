const SMALL = 8;

/**
 * Sorts packed entries by their names in memcmp order, the shorter of two first: three-way radix quicksort (Bentley
 * and Sedgewick, 1997), which looks at each distinguishing byte about once instead of comparing whole names.
 * An address holds the segment's number above `bits` and the place of the entry's type byte below; names end in NUL.
 */
export function sortEntries(order: Uint32Array, segments: readonly Uint8Array[], bits: number): void {
  const mask = (1 << bits) - 1;
  const byteAt = (address: number, depth: number): number => segments[address >>> bits]![(address & mask) + 1 + depth]!;

  const precedes = (a: number, b: number, from: number): boolean => {
    for (let depth = from; ; depth++) {
      const x = byteAt(a, depth);
      const y = byteAt(b, depth);
      if (x !== y) return x < y;
      if (x === 0) return false;
    }
  };

  const insert = (low: number, high: number, depth: number): void => {
    for (let i = low + 1; i < high; i++) {
      const moved = order[i]!;
      let j = i;
      for (; j > low && precedes(moved, order[j - 1]!, depth); j--) order[j] = order[j - 1]!;
      order[j] = moved;
    }
  };

  const sort = (start: number, end: number, from: number): void => {
    let low = start;
    let high = end;
    let depth = from;
    while (high - low > SMALL) {
      const pivot = median(
        byteAt(order[low]!, depth),
        byteAt(order[(low + high) >>> 1]!, depth),
        byteAt(order[high - 1]!, depth),
      );
      let less = low;
      let more = high;
      for (let i = low; i < more; ) {
        const address = order[i]!;
        const byte = byteAt(address, depth);
        if (byte < pivot) {
          order[i++] = order[less]!;
          order[less++] = address;
        } else if (byte > pivot) {
          order[i] = order[--more]!;
          order[more] = address;
        } else i++;
      }
      sort(low, less, depth);
      sort(more, high, depth);
      if (pivot === 0) return;
      low = less;
      high = more;
      depth++;
    }
    insert(low, high, depth);
  };
  sort(0, order.length, 0);
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
