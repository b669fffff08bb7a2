import { BitacoraError } from '../../base/index.js';
import { TREE_DEPTH_MAX } from '../../format/index.js';

/** Up to two for each directory on the way down. */
const GENERATORS_MAX = 2 * TREE_DEPTH_MAX + 2;

/** Handed out by a generator in the place of everything that `items` hands out. */
export class Below<T> {
  readonly items: AsyncGenerator<T | Below<T>>;

  constructor(items: AsyncGenerator<T | Below<T>>) {
    this.items = items;
  }
}

/**
 * What a generator and those that it hands out yield, in order. Of generators that delegate to each other with `yield*` every step
 * goes through all of them on the stack, and a tree may be deeper than a stack is. Closes them when it ends early.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` where directories lie deeper in each other than `TREE_DEPTH_MAX`.
 */
export async function* unnested<T>(root: AsyncGenerator<T | Below<T>>): AsyncGenerator<T> {
  const stack = [root];
  try {
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { value, done } = await top.next();
      if (done) stack.pop();
      else if (!(value instanceof Below)) yield value;
      else if (stack.push(value.items) > GENERATORS_MAX) throw tooDeep();
    }
  } finally {
    for (const items of stack.reverse()) await items.return(undefined);
  }
}

/** The error of a tree that no backup makes. */
export function tooDeep(): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `It lies below more than ${TREE_DEPTH_MAX} directories.`);
}
