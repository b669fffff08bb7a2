const SMALL = 8;
/** Parts of so many entries are sorted in one step. */
const STEP_ENTRIES = 8192;

/**
 * Sorts packed entries by their names in memcmp order, the shorter of two first: three-way radix quicksort (Bentley
 * and Sedgewick, 1997), which looks at each distinguishing byte about once instead of comparing whole names.
 * An address holds the segment's number above `bits` and the place of the entry's type byte below; names end in NUL.
 * Done in steps, none of which takes more than some milliseconds.
 */
export function* sortEntriesInSteps(
  order: Uint32Array,
  segments: readonly Uint8Array[],
  bits: number,
): Generator<undefined, void> {
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

  let less = 0;
  let more = 0;

  /** Puts entries by their byte at `depth` into three parts, which end at `less`, `more` and `high`. Returns the middle one's byte. */
  const partition = (low: number, high: number, depth: number): number => {
    const middle = order[(low + high) >>> 1]!;
    const pivot = median(byteAt(order[low]!, depth), byteAt(middle, depth), byteAt(order[high - 1]!, depth));
    less = low;
    more = high;
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
    return pivot;
  };

  const sort = (start: number, end: number, from: number): void => {
    let low = start;
    let high = end;
    let depth = from;
    while (high - low > SMALL) {
      const pivot = partition(low, high, depth);
      const middle = less;
      const behind = more;
      sort(low, middle, depth);
      sort(behind, high, depth);
      if (pivot === 0) return;
      low = middle;
      high = behind;
      depth++;
    }
    insert(low, high, depth);
  };

  const parts = [{ low: 0, high: order.length, depth: 0 }];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const { low, high, depth } = part;
    if (high - low <= STEP_ENTRIES) sort(low, high, depth);
    else {
      const pivot = partition(low, high, depth);
      parts.push({ low, high: less, depth }, { low: more, high, depth });
      // Names end in NUL: those that have it here are equal.
      if (pivot !== 0) parts.push({ low: less, high: more, depth: depth + 1 });
    }
    if (parts.length > 0) yield;
  }
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
