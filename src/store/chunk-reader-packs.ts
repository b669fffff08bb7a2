import { BitacoraError, isBitacoraError, toHex } from '../base/index.js';
import { FOOTER_NUMBER, HEADER_BYTES, type Opener } from '../crypto/index.js';
import type { KeyRing } from '../engine/index.js';
import { decodeFooter, type Footer, type PackName, packName, type Uid } from '../format/index.js';
import type { ObjectReader } from '../storage/index.js';
import type { UserIndex } from './chunk-index-user.js';
import { readHead } from './pack-head.js';

/** What is known of one pack without reading a frame. */
export interface OpenPack {
  /** The pack's object on the backend. */
  readonly object: PackName;
  /** The hash in hex, for messages. */
  readonly label: string;
  readonly header: Uint8Array;
  readonly footer: Footer;
  readonly opener: Opener;
}

/** Memory for footers; one of a full pack of small chunks has a few hundred kilobytes. */
const FOOTER_BYTES_MAX = 16 * 2 ** 20;

/** Heads of packs, unsealed once and kept while they are used. */
export class OpenPacks {
  readonly #index: UserIndex;
  readonly #backend: ObjectReader;
  readonly #uid: Uid;
  readonly #keys: KeyRing;
  readonly #heads = new Map<number, Promise<OpenPack>>();
  readonly #sizes = new Map<number, number>();
  #bytes = 0;

  constructor(index: UserIndex, backend: ObjectReader, uid: Uid, keys: KeyRing) {
    this.#index = index;
    this.#backend = backend;
    this.#uid = uid;
    this.#keys = keys;
  }

  /** Throws `DATA_CORRUPT` naming the pack. A failure is not kept. */
  get(ordinal: number): Promise<OpenPack> {
    const known = this.#heads.get(ordinal);
    if (known) {
      this.#heads.delete(ordinal);
      this.#heads.set(ordinal, known);
      return known;
    }
    const opening = this.#open(ordinal);
    this.#heads.set(ordinal, opening);
    opening.catch(() => this.#heads.delete(ordinal));
    return opening;
  }

  async #open(ordinal: number): Promise<OpenPack> {
    const hash = this.#index.packName(ordinal);
    const object = packName(this.#uid, hash);
    const label = toHex(hash);
    let opened: Pick<OpenPack, 'header' | 'footer' | 'opener'>;
    try {
      opened = this.#unseal(await this.#index.sealedHead(ordinal), label);
    } catch (error) {
      if (!isBitacoraError(error, 'DATA_CORRUPT') || error.details.reason === 'key') throw error;
      // The index is only a copy: the pack itself may be as sound as ever.
      const { sealedHead } = await readHead(this.#backend, object, (header) => this.#keys.opener(header, label));
      opened = this.#unseal(sealedHead, label);
      await this.#index.distrust();
    }
    this.#keep(ordinal, opened.footer.ids.length);
    return { object, label, ...opened };
  }

  #unseal(sealed: Uint8Array, label: string): Pick<OpenPack, 'header' | 'footer' | 'opener'> {
    if (sealed.length <= HEADER_BYTES) {
      throw new BitacoraError('DATA_CORRUPT', `The index holds a head of ${sealed.length} bytes for pack "${label}".`, {
        details: { index: true, pack: label },
      });
    }
    const header = new Uint8Array(sealed.subarray(0, HEADER_BYTES));
    const opener = this.#keys.opener(header, label);
    const plain = opener.open(FOOTER_NUMBER, sealed.subarray(HEADER_BYTES));
    return { header, footer: decodeFooter(plain, `the footer of pack "${label}"`), opener };
  }

  #keep(ordinal: number, bytes: number): void {
    this.#sizes.set(ordinal, bytes);
    this.#bytes += bytes;
    for (const oldest of this.#heads.keys()) {
      if (this.#bytes <= FOOTER_BYTES_MAX || oldest === ordinal) break;
      this.#heads.delete(oldest);
      this.#bytes -= this.#sizes.get(oldest) ?? 0;
      this.#sizes.delete(oldest);
    }
  }
}
