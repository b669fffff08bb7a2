import { BitacoraError, concatBytes, equalBytes, fromHex, isBitacoraError, type Random, toHex } from '../base/index.js';
import { type MasterKeys, OBJECT_TYPES, openSimple, sealSimple, sha256 } from '../crypto/index.js';
import {
  decodeQueuePart,
  decodeQueueRecord,
  encodeQueuePart,
  encodeQueueRecord,
  parseObjectName,
  QUEUE_PART_BYTES_MAX,
  QUEUE_PREFIX,
  type QueueBody,
  queueName,
  queuePartName,
  VAULT_FORMAT,
} from '../format/index.js';
import { formatUuid } from '../snapshot/index.js';
import type { Backend } from '../storage/index.js';

/** The queue is the vault's, not a user's. */
const NO_USER = new Uint8Array(16);

/** What a body may hold in one run of bytes. */
const INPUT_BYTES_MAX = 16 << 20;

/** A job as it is kept until it has ended. */
export interface QueuedJob {
  /** UUIDv7, as `018f4d2e-…`. */
  readonly id: string;
  readonly submitted: number;
  readonly operation: string;
  /** Undefined: all users. */
  readonly user: string | undefined;
  readonly access: 'read' | 'write' | 'exclusive';
  /** JSON. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Bytes that came with it. */
  readonly body?: QueuedBody | undefined;
}

export interface QueuedBody {
  readonly type: string;
  /** SHA-256. */
  readonly hash: Uint8Array;
  /** Of one that lies in the vault: throws `OBJECT_MISSING`, `DATA_CORRUPT`, and what the backend throws. */
  load(): Promise<Uint8Array>;
}

/** The jobs that were acknowledged and have not ended: sealed files in the vault (docs/format.md §5). */
export class QueueFiles {
  readonly #backend: Backend;
  readonly #keys: MasterKeys;
  readonly #vaultId: Uint8Array;
  readonly #random: Random;
  /** Of the jobs that something came with, how many parts that has. */
  readonly #parts = new Map<string, number>();

  constructor(backend: Backend, keys: MasterKeys, vaultId: Uint8Array, random: Random) {
    this.#backend = backend;
    this.#keys = keys;
    this.#vaultId = vaultId;
    this.#random = random;
  }

  /** Durable when it resolves, with what came with it. Throws `USAGE` for an input beyond 16 MiB of JSON, and what the backend's `put` throws. */
  async add({ id, submitted, operation, user, access, input, body }: QueuedJob): Promise<void> {
    const text = JSON.stringify(input);
    if (Buffer.byteLength(text) > INPUT_BYTES_MAX) {
      const limit = `${INPUT_BYTES_MAX >> 20} MiB`;
      throw new BitacoraError('USAGE', `The job’s input is too large to be kept: more than ${limit} of JSON.`);
    }
    const idBytes = bytesOf(id);
    // The parts first: a job that is there is whole.
    const parts = body && (await this.#addParts(idBytes, body));
    if (parts) this.#parts.set(id, parts.parts);
    const record = { id: idBytes, submitted, operation, user: user ?? null, access, input: text, body: parts };
    await this.#backend.put(queueName(idBytes), { bytes: this.#seal(encodeQueueRecord(record)) });
  }

  async #addParts(id: Uint8Array, body: QueuedBody): Promise<QueueBody> {
    const bytes = await body.load();
    const parts = Math.ceil(bytes.length / QUEUE_PART_BYTES_MAX);
    for (let part = 1; part <= parts; part++) {
      const slice = bytes.subarray((part - 1) * QUEUE_PART_BYTES_MAX, part * QUEUE_PART_BYTES_MAX);
      const sealed = this.#seal(encodeQueuePart({ id, part, bytes: slice }));
      await this.#backend.put(queuePartName(id, part), { bytes: sealed });
    }
    return { type: body.type, parts, bytes: bytes.length, hash: body.hash };
  }

  #seal(plain: Uint8Array): Uint8Array {
    const context = {
      format: VAULT_FORMAT,
      type: OBJECT_TYPES.queue,
      generation: 0,
      epoch: 0,
      vaultId: this.#vaultId,
      uid: NO_USER,
    };
    return sealSimple(this.#keys.queueKey, context, plain, this.#random);
  }

  /** The job is gone, durably, when it resolves; one that is not there is fine. */
  async remove(id: string): Promise<void> {
    const remover = this.#backend.remover();
    await remover.remove(queueName(bytesOf(id)));
    // Without the job its parts are nobody's: what is left of them is swept away some day.
    for (let part = this.#parts.get(id) ?? 0; part > 0; part--) await remover.remove(queuePartName(bytesOf(id), part));
    this.#parts.delete(id);
  }

  /** Removes parts without a job, which an `add` or `remove` that was interrupted has left. Not for while jobs are being added. */
  async sweep(): Promise<void> {
    const jobs = new Set<string>();
    const parts: { readonly name: string; readonly job: string }[] = [];
    for await (const { name } of this.#backend.list(QUEUE_PREFIX)) {
      const parsed = parseObjectName(name);
      if (parsed?.type === 'queue') jobs.add(toHex(parsed.jobId));
      if (parsed?.type === 'queue part') parts.push({ name, job: toHex(parsed.jobId) });
    }
    for (const { name, job } of parts) if (!jobs.has(job)) await this.#backend.remover().remove(name);
  }

  /** In the order of submission, and an error for each that cannot be read, naming the object. */
  async list(): Promise<{ readonly jobs: readonly QueuedJob[]; readonly damaged: readonly BitacoraError[] }> {
    const jobs: QueuedJob[] = [];
    const damaged: BitacoraError[] = [];
    for await (const { name } of this.#backend.list(QUEUE_PREFIX)) {
      const parsed = parseObjectName(name);
      if (parsed?.type !== 'queue') continue;
      try {
        jobs.push(await this.#read(name, parsed.jobId));
      } catch (error) {
        if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'FORMAT_NEWER')) throw error;
        damaged.push(error);
      }
    }
    // Ids begin with the time, but two of one millisecond come in any order.
    jobs.sort((a, b) => a.submitted - b.submitted || (a.id < b.id ? -1 : 1));
    return { jobs, damaged };
  }

  async #read(object: string, jobId: Uint8Array): Promise<QueuedJob> {
    const record = decodeQueueRecord(await this.#open(object), object);
    if (!equalBytes(record.id, jobId)) throw corrupt(object, 'it is another job’s file, moved there');
    const { submitted, operation, user, access, body } = record;
    const whole = {
      id: formatUuid(jobId),
      submitted,
      operation,
      user: user ?? undefined,
      access,
      input: inputOf(record.input, object),
    };
    if (!body) return whole;
    this.#parts.set(whole.id, body.parts);
    return { ...whole, body: { type: body.type, hash: body.hash, load: () => this.#loadBody(jobId, body, object) } };
  }

  async #loadBody(id: Uint8Array, { parts, hash }: QueueBody, object: string): Promise<Uint8Array> {
    const all: Uint8Array[] = [];
    for (let part = 1; part <= parts; part++) {
      const name = queuePartName(id, part);
      const opened = decodeQueuePart(await this.#open(name), name);
      if (!equalBytes(opened.id, id) || opened.part !== part) throw corrupt(name, 'it is another part, moved there');
      all.push(opened.bytes);
    }
    const bytes = concatBytes(all);
    if (!equalBytes(sha256(bytes), hash)) throw corrupt(object, 'what came with it is not what it was');
    return bytes;
  }

  async #open(name: string): Promise<Uint8Array> {
    const expected = { type: OBJECT_TYPES.queue, vaultId: this.#vaultId, uid: NO_USER, name };
    return openSimple(this.#keys.queueKey, await this.#backend.get(name), expected);
  }
}

function inputOf(text: string, object: string): Readonly<Record<string, unknown>> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    throw corrupt(object, 'its input is not JSON', cause);
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw corrupt(object, 'its input is no object');
  return input as Readonly<Record<string, unknown>>;
}

function bytesOf(id: string): Uint8Array {
  return fromHex(id.replaceAll('-', ''));
}

function corrupt(object: string, why: string, cause?: unknown): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `Cannot read the queue file "${object}": ${why}.`, {
    details: { object },
    cause,
  });
}
