import { concatBytes, utf8 } from '../base/index.js';
import type { TreeEntry } from '../format/index.js';
import { mkdirAt } from '../posix/index.js';
import { Folder, type FolderHandles } from './folders.js';
import type { Owner } from './owners.js';

const SLASH = utf8('/');

/** The snapshot's word on a directory, and whom it belongs to here. */
export interface DirectoryFacts {
  readonly entry: TreeEntry;
  readonly owner: Owner | undefined;
  readonly permissions: number;
}

/**
 * A directory of the target while it is being restored. One that exists is worked on in place: what is new in it is
 * built in a staging directory beside its final place. One that does not is made when the first thing is put into it,
 * inside its parent's staging or with its new parent.
 */
export class TargetDirectory {
  readonly parent: TargetDirectory | undefined;
  readonly name: Uint8Array;
  /** Undefined for what lies above a scope: its metadata is not known. */
  readonly facts: DirectoryFacts | undefined;
  readonly existing: boolean;
  /** Where it is on disk; undefined until it is made. */
  folder: Folder | undefined;
  /** Of an existing directory: where its new entries wait. */
  staging: Folder | undefined;
  /**
   * It, or a directory above it, is a last known state: what the snapshot does not have in it may be newer than the snapshot.
   */
  lastKnown = false;
  /** Something that was there will be replaced. */
  replaces = false;
  /** Names to remove from an existing directory once the new ones are in place. */
  removals: Uint8Array[] = [];
  /** New subdirectories without the right to write, whose metadata must wait until they are moved. */
  readonly late: TargetDirectory[] = [];
  /** How many directories of the snapshot lie above it. */
  readonly depth: number;

  constructor(
    parent: TargetDirectory | undefined,
    name: Uint8Array,
    facts: DirectoryFacts | undefined,
    existing: Folder | undefined,
  ) {
    this.parent = parent;
    this.name = name;
    this.facts = facts;
    this.existing = existing !== undefined;
    this.folder = existing;
    this.depth = parent?.facts ? parent.depth + 1 : 0;
  }

  /** Below the target, as the user knows it; for messages. */
  path(child?: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = child ? [child, SLASH] : [];
    for (let at: TargetDirectory | undefined = this; at?.parent; at = at.parent) parts.push(at.name, SLASH);
    parts.pop();
    return concatBytes(parts.reverse());
  }

  /** The folder that new entries go to, made when it is not there yet. Throws the system's errors. */
  intake(stagings: Stagings): Folder {
    const way: TargetDirectory[] = [];
    let at: TargetDirectory = this;
    for (; !at.existing && !at.folder; at = at.parent!) way.push(at);
    let folder = at.existing ? at.#stagingFolder(stagings) : at.folder!;
    for (const directory of way.reverse()) {
      folder = makeFolder(stagings.handles, folder, directory.name);
      directory.folder = folder;
    }
    return folder;
  }

  #stagingFolder(stagings: Stagings): Folder {
    if (!this.staging) {
      this.staging = makeFolder(stagings.handles, this.folder!, stagings.name);
      stagings.open.add(this);
    }
    return this.staging;
  }
}

/** The staging directories of one restore: they bear one name, each in a directory of its own. */
export interface Stagings {
  readonly name: Uint8Array;
  readonly handles: FolderHandles;
  /** Directories that have one now. */
  readonly open: Set<TargetDirectory>;
}

function makeFolder(handles: FolderHandles, parent: Folder, name: Uint8Array): Folder {
  mkdirAt(handles.fd(parent), name, 0o700);
  return new Folder(parent, name);
}
