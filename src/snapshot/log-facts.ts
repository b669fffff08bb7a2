import { toHex } from '../base/index.js';
import type { QuarantinedPack } from '../format/index.js';
import type { EntryName, UserKeys } from '../store/index.js';
import { packsBuriedBy, packsNamedBy } from './log-apply.js';
import type { NamedEntry } from './log-entry.js';
import { openSegment } from './log-segment.js';

/** What a log says of packs, by hash in hex. */
export interface LogFacts {
  /** Packs that entries name as being needed, in the order of the log. */
  readonly named: Set<string>;
  /** Packs that count as gone. */
  readonly buried: Set<string>;
  /** What entries say of damage, in their order. */
  readonly quarantine: readonly QuarantinedPack[];
  /** The segments that hold, by hash in hex. */
  readonly segments: ReadonlySet<string>;
}

interface Said {
  readonly isSummary: boolean;
  readonly isSegment: boolean;
  readonly named: readonly string[];
  readonly buried: readonly string[];
  readonly quarantine: readonly QuarantinedPack[];
}

/**
 * Gathers what entries say of packs while a log is read, and forgets what checkpoints stand for once they are known. Of a snapshot it keeps
 * nothing but the names of the packs that came with it.
 */
export class LogFactsReader {
  readonly #keys: UserKeys;
  readonly #said = new Map<string, Said>();

  constructor(keys: UserKeys) {
    this.#keys = keys;
  }

  /**
   * Takes the next entry in log order, and what lies in it if it is a segment.
   *
   * @throws {BitacoraError} `DATA_CORRUPT` if something in a segment is damaged.
   */
  add({ name, entry }: NamedEntry): void {
    const isSegment = entry.kind === 'segment';
    const isSummary = entry.kind === 'checkpoint';
    const named = packsNamedBy(entry).map(toHex);
    if (isSegment) {
      for (const inside of openSegment(this.#keys, entry.body)) {
        for (const pack of packsNamedBy(inside.entry)) named.push(toHex(pack));
      }
    }
    const buried = packsBuriedBy(entry).map(toHex);
    let quarantine: readonly QuarantinedPack[] = [];
    if (entry.kind === 'quarantine') quarantine = copied(entry.body.packs);
    if (entry.kind === 'checkpoint') quarantine = copied(entry.body.quarantine);
    if (isSegment || named.length + buried.length + quarantine.length > 0) {
      this.#said.set(toHex(name.hash), { isSummary, isSegment, named, buried, quarantine });
    }
  }

  /** Takes back an entry that cannot stand where it says. */
  remove({ hash }: EntryName): void {
    this.#said.delete(toHex(hash));
  }

  /** @param covers - As the judgement of the whole log has it. */
  finish(covers: (hash: Uint8Array) => boolean): LogFacts {
    const facts = {
      named: new Set<string>(),
      buried: new Set<string>(),
      quarantine: [] as QuarantinedPack[],
      segments: new Set<string>(),
    };
    // A checkpoint speaks of what was before it was begun: entries that came while it was written have the last word.
    const before = ({ isSegment, isSummary }: Said) => (isSegment ? 0 : isSummary ? 1 : 2);
    const holding = [...this.#said].filter(([hash]) => !covers(Buffer.from(hash, 'hex')));
    holding.sort(([, a], [, b]) => before(a) - before(b));
    for (const [hash, said] of holding) {
      for (const pack of said.named) facts.named.add(pack);
      for (const pack of said.buried) facts.buried.add(pack);
      facts.quarantine.push(...said.quarantine);
      if (said.isSegment) facts.segments.add(hash);
    }
    return facts;
  }
}

/** What was decoded is a view of all the entry's bytes. */
function copied(packs: readonly QuarantinedPack[]): QuarantinedPack[] {
  return packs.map(({ pack, damage, frames }) => ({ pack: new Uint8Array(pack), damage, frames }));
}
