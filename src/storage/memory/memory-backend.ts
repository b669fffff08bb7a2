import { unlink } from 'node:fs/promises';
import { BitacoraError, equalBytes, throwIfAborted } from '../../base/index.js';
import type {
  Backend,
  CallOptions,
  ListOptions,
  ObjectEntry,
  ObjectInfo,
  ObjectRemover,
  PutOutcome,
} from '../contract.js';
import { checkRange, existsError, missingError, shortError } from '../errors.js';
import { CallGate } from '../gate.js';
import { checkObjectName, checkPrefix, type ObjectName } from '../names.js';
import { isFileSource, type ObjectSource, sourceBytes } from '../source.js';

/** A backend without durability: what it holds is what a crash model keeps of it. */
export class MemoryBackend implements Backend {
  readonly kind = 'memory';
  readonly #objects: Map<ObjectName, Uint8Array>;
  /** Never shrinks, as a tree's directories do not: a test must not pass where a directory would be in the way. */
  readonly #directories = new Set<string>();
  readonly #gate = new CallGate();

  /** @param objects - The content to start with; copied. */
  constructor(objects: ReadonlyMap<ObjectName, Uint8Array> = new Map()) {
    this.#objects = new Map([...objects].map(([name, bytes]) => [name, copyOf(bytes)]));
    for (const name of objects.keys()) {
      checkObjectName(name);
      for (const parent of parentsOf(name)) this.#directories.add(parent);
    }
  }

  async get(name: ObjectName, options: CallOptions = {}): Promise<Uint8Array> {
    this.#enter(name, options);
    return copyOf(this.#find(name));
  }

  async getRange(name: ObjectName, offset: number, length: number, options: CallOptions = {}): Promise<Uint8Array> {
    this.#enter(name, options);
    checkRange(offset, length);
    const bytes = this.#find(name);
    if (offset + length > bytes.length) throw shortError(name, offset, length, bytes.length);
    return copyOf(bytes.subarray(offset, offset + length));
  }

  async stat(name: ObjectName, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    this.#enter(name, options);
    const bytes = this.#objects.get(name);
    return bytes && { length: bytes.length };
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectEntry> {
    checkPrefix(prefix);
    const { after = '', signal } = options;
    this.#gate.checkOpen();
    const names = [...this.#objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    for (const name of names) {
      throwIfAborted(signal);
      const bytes = this.#objects.get(name);
      if (bytes) yield { name, length: bytes.length };
    }
  }

  localPath(name: ObjectName): undefined {
    checkObjectName(name);
  }

  put(name: ObjectName, source: ObjectSource, options: CallOptions = {}): Promise<PutOutcome> {
    return this.#gate.run(async () => {
      this.#enter(name, options);
      const bytes = copyOf(await sourceBytes(source));
      const outcome = this.#store(name, bytes);
      if (isFileSource(source)) await unlink(source.file);
      return outcome;
    });
  }

  spoolDirectory(): undefined {}

  remover(): ObjectRemover {
    return {
      remove: async (name, options = {}) => {
        this.#enter(name, options);
        this.#objects.delete(name);
      },
      move: async (from, to, options = {}) => {
        checkObjectName(to);
        this.#enter(from, options);
        const bytes = this.#objects.get(from);
        if (!bytes && this.#objects.has(to)) return;
        this.#store(to, this.#find(from));
        this.#objects.delete(from);
      },
    };
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  /** A copy of everything held now: what a crash at this moment would leave. */
  snapshot(): Map<ObjectName, Uint8Array> {
    return new Map([...this.#objects].map(([name, bytes]) => [name, copyOf(bytes)]));
  }

  /** An independent backend with the same content. */
  clone(): MemoryBackend {
    return new MemoryBackend(this.#objects);
  }

  #enter(name: ObjectName, options: CallOptions): void {
    checkObjectName(name);
    this.#gate.checkOpen();
    throwIfAborted(options.signal);
  }

  #find(name: ObjectName): Uint8Array {
    const bytes = this.#objects.get(name);
    if (!bytes) throw missingError(name);
    return bytes;
  }

  #store(name: ObjectName, bytes: Uint8Array): PutOutcome {
    const existing = this.#objects.get(name);
    if (existing) {
      if (!equalBytes(existing, bytes)) throw existsError(name);
      return 'exists';
    }
    const parents = parentsOf(name);
    const inTheWay = this.#directories.has(name) ? name : parents.find((parent) => this.#objects.has(parent));
    if (inTheWay !== undefined) {
      throw new BitacoraError('BACKEND_FAILED', `Cannot write object "${name}": "${inTheWay}" is in its way.`);
    }
    for (const parent of parents) this.#directories.add(parent);
    this.#objects.set(name, bytes);
    return 'created';
  }
}

/** `a/b/c` lies in `a` and `a/b`. */
function parentsOf(name: ObjectName): string[] {
  const components = name.split('/').slice(0, -1);
  return components.map((_, index) => components.slice(0, index + 1).join('/'));
}

/** `slice` would not do: on a `Buffer` it shares the memory. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
