import { ENTRY_FLAGS, type EntryContent, type ExtendedAttribute } from '../format/index.js';
import type { Seen } from './entry-of.js';

const KEPT_MOST = 65_536;

interface Linked {
  readonly content: EntryContent;
  readonly size: number;
  readonly xattrs: readonly ExtendedAttribute[];
}

/**
 * Contents of files with several names, so that each is read once. Bounded: what fell out is read again, and deduplicated.
 */
export class LinkedContents {
  readonly #known = new Map<string, Linked>();

  remember(seen: Seen, content: EntryContent, size: number, xattrs: readonly ExtendedAttribute[]): void {
    if (!(seen.flags & ENTRY_FLAGS.linkGroup)) return;
    if (this.#known.size >= KEPT_MOST) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(this.#key(seen), { content, size, xattrs });
  }

  find(seen: Seen): Linked | undefined {
    return seen.flags & ENTRY_FLAGS.linkGroup ? this.#known.get(this.#key(seen)) : undefined;
  }

  /** Changes with the file, so that a name seen later never gets an earlier content. */
  #key({ device, stat }: Seen): string {
    return `${device}:${stat.inode}:${stat.size}:${stat.mtimeSec}.${stat.mtimeNsec}:${stat.ctimeSec}.${stat.ctimeNsec}`;
  }
}
