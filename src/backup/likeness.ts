import { asBuffer } from '../base/index.js';
import { FIXED, LeafCursor, type OwnerName } from '../format/index.js';
import type { OwnerLookup } from '../snapshot/index.js';
import type { EntryWriter } from './entry-writer.js';

/**
 * Follows whether a directory turns out exactly as the parent snapshot has it: the same entries with the same bytes, whose
 * owners bear the same names. Its node is then the parent's, and nothing needs to be encoded, identified or looked up.
 */
export class Likeness {
  /** The parent's node, a single leaf. */
  readonly #leaf: Buffer;
  readonly #names: readonly OwnerName[];
  readonly #owners: OwnerLookup;
  readonly #first: number;
  /** Entries of the leaf up to here are taken. */
  #taken: number;
  #uid = -1;
  #gid = -1;
  #ended = false;

  constructor(leaf: Uint8Array, owners: OwnerLookup) {
    const cursor = new LeafCursor(leaf);
    this.#leaf = asBuffer(leaf);
    this.#names = cursor.owners;
    this.#owners = owners;
    this.#first = cursor.next() ? cursor.start : leaf.length;
    this.#taken = this.#first;
  }

  /** Takes the directory's next entry, `bytes[start, end)` with its fixed part at `fixed`; false once it is not the parent's. */
  takes(bytes: Uint8Array, start: number, end: number, fixed: number): boolean {
    if (this.#ended) return false;
    if (this.#isNext(bytes, start, end) && this.#bearSameNames(this.#taken + fixed - start)) {
      this.#taken += end - start;
      return true;
    }
    this.#ended = true;
    return false;
  }

  /** Whether all that the parent has came, and nothing else. */
  get complete(): boolean {
    return !this.#ended && this.#taken === this.#leaf.length;
  }

  /** Gives the entries taken to the writer after all. */
  replay(writer: EntryWriter): void {
    if (this.#taken === this.#first) return;
    const cursor = new LeafCursor(this.#leaf);
    while (cursor.next() && cursor.start < this.#taken) {
      writer.add(cursor.bytes, cursor.start, cursor.end, cursor.nameStart, cursor.fixed);
    }
  }

  #isNext(bytes: Uint8Array, start: number, end: number): boolean {
    const leaf = this.#leaf;
    const at = this.#taken;
    if (start === at && bytes.buffer === leaf.buffer && bytes.byteOffset === leaf.byteOffset) return true;
    const until = at + end - start;
    return until <= leaf.length && leaf.compare(bytes, start, end, at, until) === 0;
  }

  /** Nearly always the owners of the entry before. */
  #bearSameNames(fixed: number): boolean {
    const leaf = this.#leaf;
    const uid = leaf.readUInt32BE(fixed + FIXED.uid);
    const gid = leaf.readUInt32BE(fixed + FIXED.gid);
    if (uid === this.#uid && gid === this.#gid) return true;
    this.#uid = uid;
    this.#gid = gid;
    return this.#isNamed('user', uid, this.#owners.user(uid)) && this.#isNamed('group', gid, this.#owners.group(gid));
  }

  #isNamed(kind: OwnerName['kind'], id: number, name: string | undefined): boolean {
    const known = this.#names.find((owner) => owner.kind === kind && owner.id === id);
    return known ? name !== undefined && asBuffer(known.name).equals(Buffer.from(name)) : name === undefined;
  }
}
