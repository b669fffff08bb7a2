import type { Command } from './command.js';

/** A backup program, seen through the few commands that every one of them has. Commands are data: the caller runs them. */
export interface Program {
  readonly name: string;
  /** Compression, encryption and other choices, for the report. */
  readonly settings: string;
  readonly versionCommand: Command;
  /** A repository that keeps everything of its own below `home`, an existing empty folder. */
  at(home: string): Repository;
}

export interface Repository {
  readonly init: Command;
  /** `label` names the snapshot where the program wants a name. */
  backup(tree: string, label: string): Command;
  /** Restores the newest snapshot, which has this label, below `target`, full path included. */
  restore(target: string, label: string): Command;
  /** What has to be kept for a restore. */
  readonly storedFolder: string;
  /** A rebuildable part inside of it, where the program keeps one there. */
  readonly indexFolder?: string;
}
