import { fromHex, toHex } from '../../base/index.js';
import type { Checkpoint, LogEntry, Manifest, QuarantinedPack } from '../../format/index.js';
import { packsBuriedBy, packsNamedBy } from '../../snapshot/index.js';

type Said = Pick<Checkpoint, 'packs' | 'added' | 'snapshots' | 'quarantine'>;

/** What of many entries is said in one: tombstones, quarantines, and the packs of snapshots that are gone. */
export class Summary {
  /** Packs that count as gone, by hash in hex. */
  readonly buried = new Set<string>();
  /** Snapshots given up for good, by id in hex. */
  readonly givenUp = new Set<string>();
  readonly #added = new Set<string>();
  readonly #quarantine = new Map<string, QuarantinedPack>();

  /** Entries in the order of the log, save that checkpoints come first: they speak of what was before them. */
  add(entry: LogEntry): void {
    for (const pack of packsBuriedBy(entry)) this.buried.add(toHex(pack));
    if (entry.kind === 'tombstone' || entry.kind === 'checkpoint') {
      for (const id of entry.body.snapshots) this.givenUp.add(toHex(id));
      for (const pack of packsNamedBy(entry)) this.#added.add(toHex(pack));
    }
    if (entry.kind === 'checkpoint') this.#damaged(entry.body.quarantine);
    if (entry.kind === 'quarantine') this.#damaged(entry.body.packs);
  }

  #damaged(packs: readonly QuarantinedPack[]): void {
    for (const { pack, damage, frames } of packs) {
      this.#quarantine.set(toHex(pack), { pack: new Uint8Array(pack), damage, frames });
    }
  }

  /** A snapshot whose manifest goes: what it brought may be needed by others. */
  drop({ packs }: Manifest): void {
    for (const pack of packs) this.#added.add(toHex(pack));
  }

  /** Forgets packs that are gone and that nobody names. */
  keepBuried(isKnown: (pack: string) => boolean): void {
    // Else what is named although it is gone would be missed.
    for (const pack of this.buried) this.#added.delete(pack);
    for (const pack of this.buried) if (!isKnown(pack)) this.buried.delete(pack);
  }

  /** @param keepsGivenUp - Whether manifests of snapshots given up may still be somewhere. */
  said(keepsGivenUp: boolean): Said {
    const quarantine = [...this.#quarantine.values()].filter(
      ({ pack, damage }) => damage !== 'none' && !this.buried.has(toHex(pack)),
    );
    return {
      packs: [...this.buried].map(fromHex),
      added: [...this.#added].filter((pack) => !this.buried.has(pack)).map(fromHex),
      snapshots: keepsGivenUp ? [...this.givenUp].map(fromHex) : [],
      quarantine,
    };
  }
}
