import type { Engine } from './engine.js';
import type { Lane } from './lane.js';
import type { RecordTable } from './records/record-table.js';
import { scanBody, scanData } from './records/scan-body.js';
import type { ScannedBody } from './scan-handlers.js';

/** Going through less takes no longer than asking somebody else to. */
const HERE_BYTES_MOST = 32 * 1024;

/** How many bytes each lane has to go through. */
const loads = new WeakMap<Lane, number>();

/**
 * Goes through the JSON of a call in a worker. `bytes` changes hands where that needs no copy: what is returned stands in its place. Throws what
 * makes a worker fail.
 */
export async function scanInWorker(engine: () => Promise<Engine>, bytes: Uint8Array): Promise<ScannedBody> {
  if (bytes.length <= HERE_BYTES_MOST) return { bytes, scan: await scanBody(bytes) };
  // What shares its memory with others must not be taken away with them.
  const own = bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  return (await ask(await engine(), 'records.scan', own)) as ScannedBody;
}

/** The table of the records that `json` is, made in a worker; undefined where reading it as a stream will tell what it is. `json` is copied. */
export async function tableInWorker(engine: Engine, json: Uint8Array): Promise<RecordTable | undefined> {
  if (json.length <= HERE_BYTES_MOST) return scanData(json);
  return (await ask(engine, 'records.table', new Uint8Array(json))) as RecordTable | undefined;
}

/** `bytes` changes hands. */
async function ask({ lanes }: Engine, type: string, bytes: Uint8Array): Promise<unknown> {
  const lane = lanes.reduce((best, other) => (loadOf(other) < loadOf(best) ? other : best));
  const { length } = bytes;
  loads.set(lane, loadOf(lane) + length);
  try {
    return await lane.call(type, { bytes }, [bytes.buffer as ArrayBuffer]);
  } finally {
    loads.set(lane, loadOf(lane) - length);
  }
}

function loadOf(lane: Lane): number {
  return loads.get(lane) ?? 0;
}
