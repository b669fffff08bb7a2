import { isoNanoTime, pathFields } from '../base/index.js';
import { ENTRY_TYPES, type TreeEntry } from '../format/index.js';
import type { Change } from '../restore/index.js';
import type { DiffChange, DiffSummary } from './contract/diff.js';
import { typeName } from './entry-item.js';
import { fullPath } from './paths.js';

/** Turns changes into items as they come, and counts them. */
export class DiffItems {
  readonly #added = { items: 0, bytes: 0 };
  readonly #removed = { items: 0, bytes: 0 };
  readonly #changed = { items: 0, bytes: 0 };

  async *items(changes: AsyncIterable<Change>): AsyncGenerator<DiffChange> {
    for await (const change of changes) yield this.#item(change);
  }

  /** Of all that came so far. */
  summary(): DiffSummary {
    const [added, removed, changed] = [this.#added, this.#removed, this.#changed].map((count) => ({ ...count }));
    const differences = added!.items + removed!.items + changed!.items;
    return { differences, added: added!, removed: removed!, changed: changed! };
  }

  #item({ path, before, after, what }: Change): DiffChange {
    const kind = before ? (after ? 'changed' : 'removed') : 'added';
    const count = { added: this.#added, removed: this.#removed, changed: this.#changed }[kind];
    const now = after ?? before;
    count.items++;
    if (now?.type === ENTRY_TYPES.file) count.bytes += now.size;
    return {
      ...pathFields('path', fullPath(path)),
      change: kind,
      what: [...what],
      ...(before ? { before: sideOf(before) } : {}),
      ...(after ? { after: sideOf(after) } : {}),
    };
  }
}

function sideOf({ type, size, mtimeSec, mtimeNsec }: TreeEntry): NonNullable<DiffChange['before']> {
  const mtime = isoNanoTime(mtimeSec, mtimeNsec);
  return { type: typeName(type), ...(type === ENTRY_TYPES.file ? { size } : {}), mtime };
}
