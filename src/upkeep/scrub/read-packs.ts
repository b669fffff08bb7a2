import type { UserScrub } from './context.js';

/** So many packs are noted at once: what a crash loses is read again. */
const NOTED_AT_ONCE = 64;

/** Notes which packs were read to their end, whatever was found. */
export class ReadPacks {
  readonly #scrub: UserScrub;
  #packs: Uint8Array[] = [];

  constructor(scrub: UserScrub) {
    this.#scrub = scrub;
  }

  async add(pack: Uint8Array): Promise<void> {
    this.#packs.push(pack);
    if (this.#packs.length >= NOTED_AT_ONCE) await this.finish();
  }

  async finish(): Promise<void> {
    const { repository, clock } = this.#scrub;
    const packs = this.#packs;
    this.#packs = [];
    if (packs.length > 0 && !repository.readOnly) await repository.index.checks.setTimes(packs, clock.now());
  }
}
