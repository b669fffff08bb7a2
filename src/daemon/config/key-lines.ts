/**
 * Where in a TOML text each key stands: `backup.storage.local.path`, and for arrays of tables `source.0.path`, to the line, from 1.
 * A table's own header stands for the table. Only for texts that a parser has accepted; values are passed over, not read.
 */
export function keyLines(text: string): ReadonlyMap<string, number> {
  return new Scanner(text).scan();
}

/** The line of the key itself, or of the innermost table around it that has one. */
export function lineOf(lines: ReadonlyMap<string, number>, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(path.slice(0, length).join('.'));
    if (line !== undefined) return line;
  }
  return undefined;
}

const QUOTES = ['"""', "'''", '"', "'"] as const;

class Scanner {
  readonly #text: string;
  readonly #lines = new Map<string, number>();
  /** How many tables each array of tables has so far. */
  readonly #tables = new Map<string, number>();
  #at = 0;
  #line = 1;
  #prefix = '';

  constructor(text: string) {
    this.#text = text;
  }

  scan(): ReadonlyMap<string, number> {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (char === '#') this.#skipLine();
      else if (char === '[') this.#header();
      else if (/\s/.test(char)) this.#step();
      else this.#pair();
    }
    return this.#lines;
  }

  /** `[a.b]` or `[[a.b]]`. */
  #header(): void {
    const ofArray = this.#text.startsWith('[[', this.#at);
    this.#at += ofArray ? 2 : 1;
    const names = this.#key(']');
    this.#prefix = '';
    names.forEach((name, depth) => {
      let path = this.#join(name);
      if (ofArray && depth === names.length - 1) this.#tables.set(path, (this.#tables.get(path) ?? 0) + 1);
      // What follows an array of tables belongs to the last of them.
      const tables = this.#tables.get(path);
      if (tables !== undefined) path += `.${tables - 1}`;
      this.#prefix = path;
    });
    this.#note(this.#prefix);
    this.#skipLine();
  }

  /** `a.b = value` */
  #pair(): void {
    const path = this.#key('=').reduce((before, name) => (before === '' ? name : `${before}.${name}`), this.#prefix);
    this.#note(path);
    this.#at++;
    this.#value();
  }

  /** The parts of a dotted key up to `end`. */
  #key(end: string): string[] {
    const names: string[] = [];
    let name = '';
    while (this.#at < this.#text.length && this.#text[this.#at] !== end) {
      const char = this.#text[this.#at]!;
      if (char === '"' || char === "'") name += this.#quoted();
      else {
        if (char === '.') {
          names.push(name);
          name = '';
        } else if (!/\s/.test(char)) name += char;
        this.#step();
      }
    }
    return [...names, name];
  }

  /** Up to the end of the line that ends the value. */
  #value(): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (char === '"' || char === "'") {
        this.#quoted();
        continue;
      }
      if (char === '#') {
        this.#skipLine();
        continue;
      }
      if (char === '[' || char === '{') depth++;
      if (char === ']' || char === '}') depth--;
      if (char === '\n' && depth === 0) return;
      this.#step();
    }
  }

  /** A quoted text; what it says, escapes left as they are. */
  #quoted(): string {
    const quote = QUOTES.find((mark) => this.#text.startsWith(mark, this.#at))!;
    this.#at += quote.length;
    const start = this.#at;
    while (this.#at < this.#text.length && !this.#text.startsWith(quote, this.#at)) {
      if (this.#text[this.#at] === '\\' && quote[0] === '"') this.#step();
      this.#step();
    }
    const said = this.#text.slice(start, this.#at);
    this.#at += quote.length;
    // Up to two quotation marks may stand right before those that end a text of several lines.
    while (quote.length === 3 && this.#text[this.#at] === quote[0]) this.#at++;
    return said;
  }

  #skipLine(): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++;
  }

  #step(): void {
    if (this.#text[this.#at] === '\n') this.#line++;
    this.#at++;
  }

  #join(name: string): string {
    return this.#prefix === '' ? name : `${this.#prefix}.${name}`;
  }

  #note(path: string): void {
    if (!this.#lines.has(path)) this.#lines.set(path, this.#line);
  }
}
