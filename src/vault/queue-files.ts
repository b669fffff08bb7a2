import { BitacoraError, equalBytes, fromHex, isBitacoraError, type Random } from '../base/index.js';
import { type MasterKeys, OBJECT_TYPES, openSimple, sealSimple } from '../crypto/index.js';
import {
  decodeQueueRecord,
  encodeQueueRecord,
  parseObjectName,
  QUEUE_PREFIX,
  queueName,
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
}

/** The jobs that were acknowledged and have not ended: sealed files in the vault (docs/format.md §5). */
export class QueueFiles {
  readonly #backend: Backend;
  readonly #keys: MasterKeys;
  readonly #vaultId: Uint8Array;
  readonly #random: Random;

  constructor(backend: Backend, keys: MasterKeys, vaultId: Uint8Array, random: Random) {
    this.#backend = backend;
    this.#keys = keys;
    this.#vaultId = vaultId;
    this.#random = random;
  }

  /** Durable when it resolves. Throws `USAGE` for an input beyond 16 MiB of JSON, and what the backend's `put` throws. */
  async add({ id, submitted, operation, user, access, input }: QueuedJob): Promise<void> {
    const context = {
      format: VAULT_FORMAT,
      type: OBJECT_TYPES.queue,
      generation: 0,
      epoch: 0,
      vaultId: this.#vaultId,
      uid: NO_USER,
    };
    const text = JSON.stringify(input);
    if (Buffer.byteLength(text) > INPUT_BYTES_MAX) {
      const limit = `${INPUT_BYTES_MAX >> 20} MiB`;
      throw new BitacoraError('USAGE', `The job’s input is too large to be kept: more than ${limit} of JSON.`);
    }
    const idBytes = bytesOf(id);
    const record = { id: idBytes, submitted, operation, user: user ?? null, access, input: text };
    const bytes = sealSimple(this.#keys.queueKey, context, encodeQueueRecord(record), this.#random);
    await this.#backend.put(queueName(idBytes), { bytes });
  }

  /** Durable when it resolves; one that is not there is fine. */
  async remove(id: string): Promise<void> {
    await this.#backend.remover().remove(queueName(bytesOf(id)));
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
    const bytes = await this.#backend.get(object);
    const expected = { type: OBJECT_TYPES.queue, vaultId: this.#vaultId, uid: NO_USER, name: object };
    const record = decodeQueueRecord(openSimple(this.#keys.queueKey, bytes, expected), object);
    if (!equalBytes(record.id, jobId)) throw corrupt(object, 'it is another job’s file, moved there');
    const { submitted, operation, user, access } = record;
    return {
      id: formatUuid(jobId),
      submitted,
      operation,
      user: user ?? undefined,
      access,
      input: inputOf(record.input, object),
    };
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
