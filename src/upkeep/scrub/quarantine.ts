import { BitacoraError, concatBytes, fromHex, toHex } from '../../base/index.js';
import { type Footer, ID_BYTES, type QuarantinedPack } from '../../format/index.js';
import { type DamagedFrames, openPackHead } from '../../store/index.js';
import type { UserScrub } from './context.js';
import type { DamageCode } from './findings.js';

/** Packs that one entry of the log names; what is found is written before more is searched for. */
const PACKS_AN_ENTRY = 1000;

interface Found {
  readonly code: DamageCode;
  readonly what: string;
}

/**
 * Puts what a scrub finds damaged in quarantine, and lets go what it finds sound again: in the log, so that it outlives the index, and
 * in the index. Chunks that lie in another pack as well are from then on looked for there.
 */
export class PackQuarantine {
  readonly #scrub: UserScrub;
  readonly #found = new Map<string, Found>();
  #changed: QuarantinedPack[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(scrub: UserScrub) {
    this.#scrub = scrub;
  }

  async add(quarantined: QuarantinedPack, code: DamageCode = 'DATA_CORRUPT', what = ''): Promise<void> {
    const { index } = this.#scrub.repository;
    const ordinal = index.packOrdinal(quarantined.pack);
    if (quarantined.damage !== 'none') this.#found.set(toHex(quarantined.pack), { code, what });
    // Of a pack that the index does not have nothing is relied on.
    if (ordinal === undefined || isSame(index.quarantine.of(ordinal), quarantined)) return;
    this.#changed.push(quarantined);
    if (this.#changed.length >= PACKS_AN_ENTRY) await this.finish();
  }

  /** Writes what was added. */
  finish(): Promise<void> {
    const changed = this.#changed;
    this.#changed = [];
    this.#writing = this.#writing.then(() => this.#write(changed));
    return this.#writing;
  }

  /** Says what is in quarantine and nowhere else; resolves with how many chunks that are. */
  async tell(): Promise<number> {
    const { findings, repository } = this.#scrub;
    const { index } = repository;
    let total = 0;
    const known = new Set([...this.#found.keys(), ...index.quarantine.ordinals().map((o) => toHex(index.packName(o)))]);
    for (const pack of known) {
      const ids = await this.#idsOf(fromHex(pack));
      const chunks = ids && (await this.#countLone(ids));
      total += chunks ?? 0;
      const { code, what } = this.#found.get(pack) ?? { code: 'DATA_CORRUPT', what: 'was found damaged earlier' };
      const frames = this.#framesOf(fromHex(pack));
      findings.addPack(pack, { code, what, frames: frames instanceof Set ? [...frames] : [], chunks });
    }
    return total;
  }

  async #write(packs: readonly QuarantinedPack[]): Promise<void> {
    if (packs.length === 0) return;
    const { repository, logger } = this.#scrub;
    const { index, log, readOnly, chunks } = repository;
    if (readOnly) await index.applyEntries({ entries: [], heads: index.mark.applied, packs: [], quarantine: packs });
    else await log.append({ kind: 'quarantine', body: { packs } });
    const damaged = packs.filter(({ damage }) => damage !== 'none');
    logger.info('What was found damaged is in quarantine.', { user: repository.name, packs: damaged.length });
    const ids = await Promise.all(damaged.map(({ pack }) => this.#idsOf(pack)));
    await chunks.leaveQuarantine(concatBytes(ids.filter((some) => some !== undefined)));
  }

  #framesOf(pack: Uint8Array): DamagedFrames | undefined {
    const { index } = this.#scrub.repository;
    const ordinal = index.packOrdinal(pack);
    return ordinal === undefined ? undefined : index.quarantine.of(ordinal);
  }

  /** Ids of what is in quarantine of a pack; undefined where nobody knows what it held. */
  async #idsOf(pack: Uint8Array): Promise<Uint8Array | undefined> {
    const { index, keys } = this.#scrub.repository;
    const ordinal = index.packOrdinal(pack);
    const frames = this.#framesOf(pack);
    if (ordinal === undefined || frames === undefined) return undefined;
    let footer: Footer;
    try {
      footer = openPackHead(keys, pack, await index.sealedHead(ordinal));
    } catch (error) {
      if (error instanceof BitacoraError) return undefined;
      throw error;
    }
    if (frames === 'whole') return footer.ids;
    const parts = [...frames].filter((frame) => frame < footer.frameCount);
    return concatBytes(
      parts.map((frame) =>
        footer.ids.subarray(footer.firstChunks[frame]! * ID_BYTES, footer.firstChunks[frame + 1]! * ID_BYTES),
      ),
    );
  }

  async #countLone(ids: Uint8Array): Promise<number> {
    const { index } = this.#scrub.repository;
    const places = await index.lookup(ids);
    return places.filter((place) => place !== undefined && index.quarantine.has(place)).length;
  }
}

function isSame(known: DamagedFrames | undefined, { damage, frames }: QuarantinedPack): boolean {
  if (known === undefined || known === 'whole') return damage === (known ?? 'none');
  return damage === 'frames' && frames.length === known.size && frames.every((frame) => known.has(frame));
}
