import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Random } from '../../src/base/index.js';
import { loadCodecs } from '../../src/codec/index.js';
import { createHandlers } from '../../src/engine/handlers.js';
import {
  type Engine,
  FILE_FIELDS,
  type FilesResult,
  type FinishedPack,
  handOver,
  type KnownQuestion,
  type OpenSession,
  type WriteSecrets,
  type WriteSettings,
} from '../../src/engine/index.js';
import { createInlineLane } from '../../src/engine/inline-lane.js';
import { createThreadLane } from '../../src/engine/thread-lane.js';

/** Bytes from a counter: the same sequence for everybody who starts anew. */
export function countingRandom(): Random {
  let next = 1;
  return {
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at++) {
        next = (Math.imul(next, 69_069) + 1) >>> 0;
        bytes[at] = next >>> 24;
      }
      return bytes;
    },
  };
}

/** One lane with `countingRandom`: in this thread, or in a worker. */
export async function predictableEngine(kind: 'inline' | 'pooled'): Promise<Engine> {
  await loadCodecs();
  const { handlers, dispose } = createHandlers(countingRandom());
  const thread = new URL('./predictable-thread.js', import.meta.url);
  const lane = kind === 'inline' ? createInlineLane(0, handlers, dispose) : createThreadLane(0, thread);
  return { lanes: [lane], close: () => lane.close() };
}

const SMALL = { algorithm: 'sgear', minBytes: 16 * 1024, normalBytes: 64 * 1024, maxBytes: 256 * 1024 } as const;
const LARGE = { algorithm: 'sgear', minBytes: 64 * 1024, normalBytes: 256 * 1024, maxBytes: 1024 * 1024 } as const;

/** The times of a file as a walk sees them: mtime and ctime, seconds and nanoseconds each; zeros where there is none. */
export function timesOf(path: string): number[] {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat) return [0, 0, 0, 0];
  return [stat.mtimeNs, stat.ctimeNs].flatMap((ns) => [Number(ns / 10n ** 9n), Number(ns % 10n ** 9n)]);
}

/** The same keys in every run. */
export const SECRETS: WriteSecrets = {
  vaultId: new Uint8Array(16).fill(1),
  uid: new Uint8Array(16).fill(2),
  generation: 0,
  epoch: 0,
  packKey: new Uint8Array(32).fill(3),
  idKeys: { data: new Uint8Array(32).fill(4), node: new Uint8Array(32).fill(5), list: new Uint8Array(32).fill(6) },
  chunkerSecret: new Uint8Array(32).fill(7),
};

export function settings(more: Partial<WriteSettings> = {}): WriteSettings {
  return {
    codec: 'zstd',
    level: undefined,
    spoolDirectory: undefined,
    packBytesTarget: 32 * 2 ** 20,
    smallClass: SMALL,
    largeClass: LARGE,
    ...more,
  };
}

export async function temporaryDirectory(t: Test): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'bitacora-engine-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** A session in lane 0 that stores every chunk once and keeps the packs that it is told of. */
export class EngineSession {
  readonly packs: FinishedPack[] = [];
  readonly items: { readonly id: string; readonly length: number }[] = [];
  readonly #engine: Engine;
  readonly #seen = new Set<string>();
  /** Called for each pack before it counts as taken. */
  onPack: (pack: FinishedPack) => void | Promise<void> = () => {};
  onKnown: (question: KnownQuestion) => void = () => {};

  constructor(engine: Engine) {
    this.#engine = engine;
    const lane = engine.lanes[0]!;
    lane.onAsk('write.known', async (question: KnownQuestion) => {
      this.onKnown(question);
      return { result: question.lengths.map((length, i) => this.#see(question.ids, i, length)) };
    });
    lane.onAsk('write.pack', async (pack: FinishedPack) => {
      await this.onPack(pack);
      this.packs.push(pack);
      return { result: undefined };
    });
  }

  async open(more: Partial<WriteSettings> = {}): Promise<void> {
    const { secrets } = handOver(SECRETS);
    await this.call('write.open', { session: 1, secrets, settings: settings(more) } satisfies OpenSession);
  }

  call(type: string, payload: unknown): Promise<unknown> {
    return this.#engine.lanes[0]!.call(type, payload);
  }

  /** Writes the contents to files and has them read in one batch. */
  async files(root: string, contents: readonly Uint8Array[]): Promise<FilesResult> {
    const encoded = contents.map((content, i) => {
      writeFileSync(join(root, `f${i}`), content);
      return Buffer.from(`f${i}`);
    });
    return this.batch(
      root,
      encoded,
      contents.map(({ length }) => length),
    );
  }

  /** Has files of these names read in one batch; `sizes` is what a walk would have seen. */
  async batch(root: string, names: readonly Buffer[], sizes: readonly number[], flags = 0): Promise<FilesResult> {
    const meta = new Float64Array(names.length * FILE_FIELDS.count);
    const dirfd = openSync(root, 'r');
    let offset = 0;
    names.forEach((name, i) => {
      const at = i * FILE_FIELDS.count;
      meta.set([dirfd, offset, name.length, sizes[i]!, flags, ...timesOf(join(root, name.toString()))], at);
      offset += name.length;
    });
    try {
      const payload = { session: 1, call: 1, names: new Uint8Array(Buffer.concat(names)), meta };
      return (await this.call('write.files', payload)) as FilesResult;
    } finally {
      closeSync(dirfd);
    }
  }

  async seal(kind: 2 | 3, nodes: readonly Uint8Array[], into: 'data' | 'meta'): Promise<void> {
    await this.call('write.seal', {
      session: 1,
      kind,
      into,
      ids: new Uint8Array(Buffer.concat(nodes.map((node) => createHash('sha256').update(node).digest()))),
      lengths: Uint32Array.from(nodes, ({ length }) => length),
      bytes: new Uint8Array(Buffer.concat(nodes)),
    });
  }

  async finish(): Promise<void> {
    await this.call('write.finish', { session: 1 });
  }

  #see(ids: Uint8Array, i: number, length: number): number {
    const id = Buffer.from(ids.subarray(i * 32, i * 32 + 32)).toString('hex');
    this.items.push({ id, length });
    if (this.#seen.has(id)) return 1;
    this.#seen.add(id);
    return 0;
  }
}
