import { join } from 'node:path';
import { run } from './command.js';

/**
 * Compares a tree with what was restored of it below `target`, content and links alike.
 * Throws naming the first differences: a fast restore of something else must not count.
 */
export async function requireSameTree(tree: string, target: string): Promise<void> {
  await run({ argv: ['diff', '-r', '--brief', '--no-dereference', tree, join(target, tree)] });
}
