import { type BitacoraError, toHex } from '../base/index.js';
import { parseObjectName } from '../format/index.js';

/** The tree of the parent snapshot cannot be read. Never leaves this room: the backup goes on without the parent. */
export class ParentDamage extends Error {
  readonly damage: BitacoraError;

  constructor(damage: BitacoraError) {
    super(damage.message, { cause: damage });
    this.name = 'ParentDamage';
    this.damage = damage;
  }

  /** The packs that the damage names, by hash in hex. */
  get packs(): ReadonlySet<string> {
    const { pack, object, name } = this.damage.details;
    const packs = new Set<string>();
    if (typeof pack === 'string') packs.add(pack);
    for (const named of [object, name]) {
      const parsed = typeof named === 'string' ? parseObjectName(named) : undefined;
      if (parsed?.type === 'pack') packs.add(toHex(parsed.hash));
    }
    return packs;
  }
}
