import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** What a crash may leave of the index: nothing, what it then was, what it was earlier or later, or that with its log cut off. */
export type IndexState =
  | { readonly how: 'lost' }
  | { readonly how: 'then' | 'older' | 'newer'; readonly copy: string }
  | { readonly how: 'torn'; readonly copy: string; readonly share: number };

/**
 * Puts an index in place of what is there. LevelDB never changes a file that it finds, save its log, which it goes on with: of
 * the others links will do.
 */
export function layIndex(index: string, state: IndexState): void {
  rmSync(index, { recursive: true, force: true });
  if (state.how === 'lost') return;
  mkdirSync(index);
  for (const name of readdirSync(state.copy)) {
    const from = join(state.copy, name);
    const to = join(index, name);
    if (!name.endsWith('.log')) linkSync(from, to);
    else copyFileSync(from, to);
    if (state.how === 'torn' && name.endsWith('.log')) truncateSync(to, Math.floor(statSync(to).size * state.share));
  }
}
