import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { History } from '../sessions/history.js';
import { Dice } from '../sessions/session.js';

/** A source tree that changes as releases do: some directories more than others, lines within files, a file more or less. */
export class ChurningTree {
  readonly folder: string;
  readonly #texts: readonly string[];
  readonly #files = new Map<string, string>();
  readonly #dice: Dice;
  #made = 0;

  constructor(folder: string, history: History, files: number, directories: number) {
    this.folder = folder;
    this.#dice = new Dice(files);
    this.#texts = history.files.map(({ text }) => text).filter(({ length }) => length > 500);
    for (let i = 0; i < files; i++) this.#add(i % directories);
  }

  get size(): number {
    return this.#files.size;
  }

  /** One step: of `share` of the files some lines, of a tenth as many they are new or gone. Half of all that is in one directory. */
  step(share: number): void {
    const names = [...this.#files.keys()];
    const busy = dirname(this.#dice.pick(names));
    const there = names.filter((name) => dirname(name) === busy);
    const count = Math.ceil(names.length * share);
    for (let i = 0; i < count; i++) this.#edit(this.#dice.pick(i % 2 === 0 ? there : names));
    for (let i = 0; i < count / 10; i++) {
      this.#add(Number(busy.slice(1)));
      const gone = this.#dice.pick(names);
      if (this.#files.delete(gone)) rmSync(join(this.folder, gone));
    }
  }

  #add(directory: number): void {
    const dice = this.#dice;
    const wanted = 1000 + dice.below(16) ** 4;
    let text = '';
    while (text.length < wanted) text += dice.pick(this.#texts);
    this.#write(`d${directory}/f${this.#made++}.ts`, text.slice(0, wanted));
  }

  #edit(name: string): void {
    const text = this.#files.get(name);
    if (text === undefined) return;
    const lines = text.split('\n');
    for (let change = 1 + this.#dice.below(4); change > 0; change--) {
      const from = this.#dice.pick(this.#texts).split('\n').slice(0, this.#dice.below(8));
      lines.splice(this.#dice.below(lines.length), this.#dice.below(8), ...from, `// ${this.#dice.hex(8)}`);
    }
    this.#write(name, lines.join('\n'));
  }

  #write(name: string, text: string): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    this.#files.set(name, text);
  }
}
