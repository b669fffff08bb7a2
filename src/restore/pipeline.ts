import { Slices } from '../base/index.js';
import { type Committer, setDirectoryMetadata } from './commit.js';
import { finishContents, writeContents } from './content.js';
import { makeOther } from './others.js';
import { checkSignal, type Site } from './site.js';
import { Window } from './window.js';

/** Windows that may be under way while the next one is filled. */
const UNDER_WAY_MAX = 3;

/**
 * Takes windows through their stages: bytes of files by the engine, several windows at a time; then, one window after
 * another, what must wait for them: metadata of files written in parts, links, directories that have ended.
 */
export class Pipeline {
  /** The window being filled. */
  window = new Window();
  /** A stage failed as a whole; nothing more can be written. */
  failed = false;
  readonly #site: Site;
  readonly #committer: Committer;
  readonly #contents = new Set<Promise<void>>();
  readonly #underWay: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(site: Site, committer: Committer) {
    this.#site = site;
    this.#committer = committer;
  }

  /** Sends the current window off and begins the next; waits while too many are under way. Throws what failed in one. */
  async rotate(): Promise<void> {
    checkSignal(this.#site);
    const window = this.window;
    if (window.empty) return;
    this.window = new Window();
    const content = writeContents(this.#site, window);
    this.#contents.add(content);
    const done = () => void this.#contents.delete(content);
    content.then(done, done);
    this.#last = this.#last.then(() => content).then(() => this.#finish(window));
    this.#last.catch(() => {
      this.failed = true;
    });
    this.#underWay.push(this.#last);
    if (this.#underWay.length >= UNDER_WAY_MAX) await this.#underWay.shift();
  }

  /** Sends off what is left and waits for everything. */
  async drain(): Promise<void> {
    await this.rotate();
    await this.#last;
    this.#underWay.length = 0;
  }

  /** Waits until nothing is written any more, whatever came of it. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#contents, this.#last]);
  }

  async #finish(window: Window): Promise<void> {
    const { report, options } = this.#site;
    await finishContents(this.#site, window);
    for (const task of window.files) if (task.last === window && !task.failed) report.files++;
    for (const task of window.others) await makeOther(this.#site, task);
    const slices = new Slices(options.clock);
    for (const directory of window.ended) {
      if (slices.over) await slices.next();
      if (directory.existing) await this.#committer.add(directory);
      else if (directory.parent?.existing && !((directory.facts?.permissions ?? 0o700) & 0o200)) {
        directory.parent.late.push(directory);
      } else setDirectoryMetadata(this.#site, directory);
    }
    options.progress?.({ phase: 'restore', files: report.files, bytes: report.bytesWritten });
  }
}
