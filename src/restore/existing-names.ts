import { compareBytes } from '../base/index.js';
import { type DirectoryListing, ENTRY_TYPE } from '../posix/index.js';

/** What is in an existing directory, gone through in step with the snapshot's names, which rise as well. */
export class ExistingNames {
  readonly #listing: DirectoryListing;
  readonly #onExtra: (name: Uint8Array, directory: boolean) => void;
  #at = 0;

  /** `onExtra` is told each name that the snapshot does not have. */
  constructor(listing: DirectoryListing, onExtra: (name: Uint8Array, directory: boolean) => void) {
    this.#listing = listing;
    this.#onExtra = onExtra;
  }

  /** Whether `name` is there. Names must rise from call to call. */
  has(name: Uint8Array): boolean {
    while (this.#at < this.#listing.length) {
      const order = compareBytes(this.#listing.name(this.#at), name);
      if (order > 0) return false;
      if (order === 0) {
        this.#at++;
        return true;
      }
      this.#extra();
    }
    return false;
  }

  /** Goes through the names behind the snapshot's last one. */
  finish(): void {
    while (this.#at < this.#listing.length) this.#extra();
  }

  #extra(): void {
    const index = this.#at++;
    this.#onExtra(this.#listing.name(index), this.#listing.type(index) === ENTRY_TYPE.directory);
  }
}
