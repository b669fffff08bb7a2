import { BitacoraError, concatBytes, fromHex, printable, Slices, throwIfAborted, toHex } from '../../base/index.js';
import { decodeWholeEntry, parseObjectName, type TreeEntry } from '../../format/index.js';
import { entryAt, type Snapshot } from '../../snapshot/index.js';
import type { LocatedChunks } from '../../store/index.js';
import { damageCode, isUnknown, type UserScrub } from './context.js';
import { IdSet } from './id-set.js';
import type { PackQuarantine } from './quarantine.js';
import { scrubPack } from './scrub-packs.js';

/** Chunks that are looked up together. */
const CHUNKS_AT_ONCE = 4096;

/** A place in a tree, as text only where something is amiss. */
interface Place {
  readonly parent: Place | undefined;
  readonly name: Uint8Array;
}

/**
 * Goes through the trees of all snapshots, newest first, each directory once, and sees that every chunk that they name is in a pack that
 * is there and is not known to be damaged. What is found is told with the newest snapshot that has it.
 */
export async function scrubTrees(scrub: UserScrub, quarantine: PackQuarantine): Promise<void> {
  const walk = new TreeWalk(scrub, quarantine);
  for await (const snapshot of scrub.repository.snapshots.newestFirst()) await walk.snapshot(snapshot);
  await walk.finish();
}

class TreeWalk {
  readonly #scrub: UserScrub;
  readonly #quarantine: PackQuarantine;
  /** Packs that were looked at because something could not be read from them. */
  readonly #rescanned = new Set<string>();
  readonly #seen = new IdSet();
  readonly #slices: Slices;
  #ids: Uint8Array[] = [];
  #needs: { readonly snapshot: string; readonly place: Place }[] = [];
  #directories = 0;

  constructor(scrub: UserScrub, quarantine: PackQuarantine) {
    this.#scrub = scrub;
    this.#quarantine = quarantine;
    this.#slices = new Slices(scrub.clock);
  }

  async snapshot({ id, manifest, entry }: Snapshot): Promise<void> {
    for (const scope of manifest.scopes) {
      const place = { parent: undefined, name: scope.path };
      try {
        const root = decodeWholeEntry(scope.entry, `scope "${scope.scope}" of snapshot ${id}`);
        await this.#entry(id, place, root);
      } catch (error) {
        await this.#amiss(error, id, place);
      }
    }
    this.#scrub.logger.debug('Went through the trees of a snapshot.', { snapshot: id, seq: entry.seq });
  }

  /** Looks up what is left. */
  async finish(): Promise<void> {
    const ids = concatBytes(this.#ids);
    const needs = this.#needs;
    this.#ids = [];
    this.#needs = [];
    if (needs.length === 0) return;
    const { repository, findings } = this.#scrub;
    const located = await repository.chunks.locate(ids);
    for (const [i, { snapshot, place }] of needs.entries()) {
      const pack = this.#damagedPack(located, i);
      if (pack === 'absent') findings.lacks(snapshot, pathOf(place));
      else if (pack !== undefined) findings.affects(pack, snapshot, pathOf(place));
    }
  }

  /** The pack that has chunk i and has it damaged. */
  #damagedPack(located: LocatedChunks, i: number): string | 'absent' | undefined {
    const number = located.pack[i]!;
    if (number < 0) return 'absent';
    const { index } = this.#scrub.repository;
    const pack = located.packs[number];
    // A pack whose head does not open was found in its turn, or is in quarantine.
    if (!pack) return String(located.unusable.get(number)?.details.pack ?? 'absent');
    const ordinal = index.packOrdinal(fromHex(pack.label));
    const place = { pack: ordinal ?? -1, frame: located.frame[i]!, position: located.position[i]! };
    return index.quarantine.has(place) ? pack.label : undefined;
  }

  async #entry(snapshot: string, place: Place, entry: TreeEntry): Promise<void> {
    const { content } = entry;
    if (content.form === 'directory') await this.#directory(snapshot, place, content.id);
    else if (content.form === 'chunk') await this.#need(snapshot, place, content.id);
    else if (content.form === 'items' || content.form === 'list') {
      if (content.form === 'list' && !this.#seen.add(content.id)) return;
      for await (const { id } of this.#scrub.repository.trees.fileItems(entry)) {
        if (id) await this.#need(snapshot, place, id);
      }
    }
  }

  async #directory(snapshot: string, place: Place, root: Uint8Array): Promise<void> {
    if (!this.#seen.add(root)) return;
    const { repository, signal, progress } = this.#scrub;
    throwIfAborted(signal);
    progress({ phase: 'scrub-trees', files: ++this.#directories, bytes: 0, current: pathOf(place) });
    const damages: BitacoraError[] = [];
    const onDamage = (error: BitacoraError) => void damages.push(error);
    const referrer = `directory "${pathOf(place)}"`;
    for await (const cursor of repository.trees.leaves(root, { onDamage, referrer })) {
      while (cursor.next()) {
        const below = { parent: place, name: cursor.name.slice() };
        try {
          await this.#entry(snapshot, below, entryAt(cursor));
        } catch (error) {
          await this.#amiss(error, snapshot, below);
        }
        if (this.#slices.over) await this.#slices.next();
      }
    }
    for (const damage of damages) await this.#amiss(damage, snapshot, place);
  }

  async #need(snapshot: string, place: Place, id: Uint8Array): Promise<void> {
    // The leaf that it lies in is gone by the time that it is looked up.
    this.#ids.push(id.slice());
    this.#needs.push({ snapshot, place });
    if (this.#needs.length >= CHUNKS_AT_ONCE) await this.finish();
  }

  /** What of a tree cannot be read is told by its pack, where one is to blame that is known to be damaged. */
  async #amiss(error: unknown, snapshot: string, place: Place): Promise<void> {
    if (!(error instanceof BitacoraError)) throw error;
    const { findings } = this.#scrub;
    const path = pathOf(place);
    if (isUnknown(error)) return findings.add(inTree(error, snapshot, path));
    if (damageCode(error) === undefined) throw error;
    const pack = packOf(error);
    if (pack !== undefined) {
      if (findings.affects(pack, snapshot, path)) return;
      if (!this.#rescanned.has(pack)) {
        this.#rescanned.add(pack);
        await scrubPack(this.#scrub, this.#quarantine, pack);
        if (findings.affects(pack, snapshot, path)) return;
      }
    }
    if (typeof error.details.chunk === 'string') findings.lacks(snapshot, path);
    else findings.add(inTree(error, snapshot, path));
  }
}

function packOf({ details }: BitacoraError): string | undefined {
  if (typeof details.pack === 'string') return details.pack;
  for (const name of [details.object, details.name]) {
    const parsed = typeof name === 'string' ? parseObjectName(name) : undefined;
    if (parsed?.type === 'pack') return toHex(parsed.hash);
  }
  return undefined;
}

function inTree({ code, message, details }: BitacoraError, snapshot: string, path: string): BitacoraError {
  const told = `Cannot read "${path}" of snapshot ${snapshot}: ${message}`;
  return new BitacoraError(code, told, { details: { ...details, snapshot, path } });
}

function pathOf(place: Place): string {
  const names: string[] = [];
  for (let at: Place | undefined = place; at; at = at.parent) names.unshift(printable(at.name));
  return names.join('/').replace(/^\/\//, '/');
}
