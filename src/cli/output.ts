import { jsonText, printableText } from '../base/index.js';

/** Where text goes; `process.stdout` and `process.stderr` are such. */
export interface TextSink {
  /** @param written - Called once the data are taken, or cannot be. */
  write(data: string | Uint8Array, written?: (error?: Error | null) => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface OutputOptions {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly json: boolean;
  readonly quiet: boolean;
}

const BUFFER_CHARS = 1 << 15;

/**
 * The only way to the two streams. Answers go to standard output, as text or as one JSON document; everything else to
 * standard error. No text reaches a stream with a control character in it, whoever chose it.
 */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly #stdout: TextSink;
  readonly #stderr: TextSink;
  /** Standard output's reader went away; what is still said is dropped. */
  #closed = false;
  #pending = '';
  #answered = false;
  #beforeMessage: (() => void) | undefined;

  constructor(options: OutputOptions) {
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.json = options.json;
    this.quiet = options.quiet;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether a document has been begun, so that an error can no longer have one of its own. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Whether what is answered is read by somebody's eyes. */
  get toTerminal(): boolean {
    return this.#stdout.isTTY === true;
  }

  close(): void {
    this.#closed = true;
    this.#pending = '';
  }

  /** Called before a message, so that a progress line is out of its way. */
  onMessage(clear: () => void): void {
    this.#beforeMessage = clear;
  }

  /** A line of an answer in text. */
  line(text = ''): void {
    this.#answered = true;
    this.raw(`${printableText(text)}\n`);
  }

  /** A line that only says how it went: dropped by `--quiet`, and no part of a JSON answer. */
  note(text: string): void {
    if (!this.quiet && !this.json) this.line(text);
  }

  /** The answer of a command as its one JSON document. */
  document(value: unknown): void {
    this.#answered = true;
    this.raw(`${jsonText(value, 2)}\n`);
  }

  /** Text that is printable already, gathered until `flush`. */
  raw(text: string): void {
    if (this.#closed) return;
    this.#answered = true;
    this.#pending += text;
    if (this.#pending.length > BUFFER_CHARS) this.flush();
  }

  /** An answer of bytes, at the pace of whoever reads them; ends quietly once nobody does. */
  async bytes(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    this.flush();
    for await (const piece of pieces) {
      this.#answered = true;
      if (this.#closed) return;
      this.#beforeMessage?.();
      // The host is told of an error, and closes this.
      await new Promise<void>((resolve) => this.#stdout.write(piece, () => resolve()));
    }
  }

  flush(): void {
    if (this.#pending === '') return;
    this.#beforeMessage?.();
    const text = this.#pending;
    this.#pending = '';
    this.#stdout.write(text);
  }

  /** A message for whoever looks on, also with `--json` and `--quiet`. */
  message(text: string): void {
    this.flush();
    this.#beforeMessage?.();
    for (const line of text.split('\n')) this.#stderr.write(`bitacora: ${printableText(line)}\n`);
  }
}
