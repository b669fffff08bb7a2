import { OPERATIONS } from '../../src/api/index.js';
import { InputReader } from '../../src/api/server/input.js';
import { parseRecordLine } from '../../src/backup/records/record-lines.js';
import { BitacoraError, decodeUtf8, systemRandom, utf8 } from '../../src/base/index.js';
import { parseSize, parseWhole } from '../../src/cli/parse-number.js';
import { parseTime } from '../../src/cli/parse-time.js';
import { createDecompressor, loadCodecs } from '../../src/codec/index.js';
import {
  createOpener,
  createSealer,
  OBJECT_TYPES,
  type ObjectContext,
  openSimple,
  readHeader,
  sealSimple,
  TAG_BYTES,
} from '../../src/crypto/index.js';
import { checkConfig } from '../../src/daemon/config/check.js';
import { FrameOpener } from '../../src/engine/open-frame.js';
import { JsonError, spaceEnd, valueEnd } from '../../src/engine/records/json-scanner.js';
import { recordId } from '../../src/engine/records/record-id.js';
import {
  decodeBundle,
  decodeCollections,
  decodeEntry,
  decodeFooter,
  decodeFrameHeader,
  decodeInner,
  decodeKeyFile,
  decodeList,
  decodeLogEntry,
  decodeQueueRecord,
  decodeRegistryRecord,
  decodeRows,
  decodeTokenRecord,
  decodeTrailer,
  decodeVaultFile,
  LeafCursor,
  NodeReader,
  parseObjectName,
} from '../../src/format/index.js';
import { createGlob } from '../../src/restore/find/glob.js';
import { createSelection } from '../../src/restore/selection.js';
import { entryAt } from '../../src/snapshot/index.js';
import { decodeMark, readLocation } from '../../src/store/chunk-index-records.js';
import { SEEDS } from './seeds.js';

/** Something that reads bytes which anybody may have made. */
export interface FuzzTarget {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Its bytes are a body whose structure can be changed as well. */
  readonly body?: boolean;
  /** Returns, or throws a `BitacoraError`. */
  run(bytes: Uint8Array): unknown;
}

const VAULT = new Uint8Array(16).fill(1);
const UID = new Uint8Array(16).fill(2);
const KEY = new Uint8Array(32).fill(3);
const LOG: ObjectContext = { format: 0, type: OBJECT_TYPES.log, generation: 1, epoch: 1, vaultId: VAULT, uid: UID };
const PACK: ObjectContext = { ...LOG, type: OBJECT_TYPES.pack };

/** The header and section 0 of an object whose plain bytes are these: authentic, whatever they say. */
function sealed(context: ObjectContext, plain: Uint8Array): { header: Uint8Array; section: Uint8Array } {
  const sealer = createSealer(KEY, context, systemRandom);
  const section = new Uint8Array(plain.length + TAG_BYTES);
  sealer.seal(0, plain, section, 0);
  sealer.close();
  return { header: sealer.header, section };
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const SEALED = [sealSimple(KEY, LOG, SEEDS.logEntry[0]!, systemRandom), sealSimple(KEY, PACK, utf8('x'), systemRandom)];

const FORMAT: readonly FuzzTarget[] = [
  { name: 'header', seeds: SEALED, run: (bytes) => readHeader(bytes) },
  {
    name: 'envelope',
    seeds: SEALED,
    run: (bytes) => openSimple(KEY, bytes, { type: OBJECT_TYPES.log, vaultId: VAULT, uid: UID }),
  },
  {
    name: 'simple object behind its seal',
    seeds: SEEDS.simplePlain,
    run: (plain) => {
      const { header, section } = sealed(LOG, plain);
      const bytes = Buffer.concat([header, section]);
      return decodeLogEntry(openSimple(KEY, bytes, { type: OBJECT_TYPES.log, vaultId: VAULT, uid: UID }));
    },
  },
  { name: 'trailer', seeds: SEEDS.trailer, run: (bytes) => decodeTrailer(bytes, 4096) },
  { name: 'footer', seeds: SEEDS.footer, run: (bytes) => decodeFooter(bytes) },
  {
    name: 'footer beside a trailer',
    seeds: SEEDS.footer,
    run: (bytes) => decodeFooter(bytes, 'a pack', { frameCount: 2, footerOffset: 4000 }),
  },
  { name: 'frame header', seeds: SEEDS.frame, run: (bytes) => decodeFrameHeader(bytes) },
  { name: 'log entry', seeds: SEEDS.logEntry, body: true, run: (bytes) => decodeLogEntry(bytes) },
  { name: 'bundle', seeds: SEEDS.bundle, body: true, run: (bytes) => decodeBundle(bytes) },
  { name: 'registry record', seeds: SEEDS.registry, body: true, run: (bytes) => decodeRegistryRecord(bytes) },
  { name: 'queue record', seeds: SEEDS.queue, body: true, run: (bytes) => decodeQueueRecord(bytes) },
  { name: 'token record', seeds: SEEDS.token, body: true, run: (bytes) => decodeTokenRecord(bytes) },
  {
    name: 'directory leaf',
    seeds: SEEDS.leaf,
    run: (bytes) => {
      const cursor = new LeafCursor(bytes);
      while (cursor.next()) entryAt(cursor);
    },
  },
  { name: 'directory inner node', seeds: SEEDS.inner, run: (bytes) => decodeInner(bytes) },
  { name: 'chunk list', seeds: SEEDS.list, run: (bytes) => decodeList(bytes) },
  { name: 'entry', seeds: SEEDS.entry, run: (bytes) => decodeEntry(new NodeReader(bytes, 'an entry')) },
  { name: 'table of collections', seeds: SEEDS.collections, run: (bytes) => decodeCollections(bytes, 'a table') },
  { name: 'keys of records', seeds: SEEDS.rows, run: (bytes) => decodeRows(bytes, true, 'keys') },
  { name: 'key file', seeds: SEEDS.keyFile, run: (bytes) => decodeKeyFile(bytes, 'a key file') },
  { name: 'vault.json', seeds: SEEDS.vaultFile, run: (bytes) => decodeVaultFile(bytes) },
  { name: 'object name', seeds: SEEDS.names, run: (bytes) => parseObjectName(text(bytes)) },
  { name: 'index location', seeds: SEEDS.location, run: (bytes) => readLocation(bytes) },
  { name: 'index mark', seeds: SEEDS.mark, run: (bytes) => decodeMark(bytes) },
];

const WORDS: readonly FuzzTarget[] = [
  { name: 'time', seeds: SEEDS.times, run: (bytes) => parseTime(text(bytes), 1_700_000_000_000, 'end') },
  { name: 'size', seeds: SEEDS.sizes, run: (bytes) => parseSize(text(bytes)) },
  { name: 'number', seeds: SEEDS.sizes, run: (bytes) => parseWhole(text(bytes), 'a number', 0, 99) },
  { name: 'configuration', seeds: SEEDS.config, run: (bytes) => checkConfig(text(bytes), '/etc/bitacora.toml') },
  { name: 'glob', seeds: SEEDS.globs, run: (bytes) => tryGlob(text(bytes)) },
  { name: 'patterns', seeds: SEEDS.globs, run: (bytes) => tryPatterns(text(bytes)) },
];

const RECORDS: readonly FuzzTarget[] = [
  { name: 'JSON', seeds: SEEDS.json, run: (bytes) => asJson(() => scanJson(bytes)) },
  { name: 'id of a record', seeds: SEEDS.json, run: (bytes) => asJson(() => recordId(bytes)) },
  { name: 'line of records', seeds: SEEDS.lines, run: (bytes) => asJson(() => parseRecordLine(bytes)) },
];

/** What is no JSON is refused by whoever asked for it. */
function asJson(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof JsonError) throw new BitacoraError('USAGE', error.message);
    throw error;
  }
}

/** Finds the end of a value, and whether `JSON.parse` is of the same opinion. */
function scanJson(bytes: Uint8Array): void {
  const json = decodeUtf8(bytes);
  if (json === undefined) throw new JsonError('Not UTF-8', 0);
  let isJson = true;
  try {
    JSON.parse(json);
  } catch {
    isJson = false;
  }
  let failure: unknown;
  try {
    const end = spaceEnd(bytes, valueEnd(bytes, 0, bytes.length), bytes.length);
    if (end < bytes.length) failure = new JsonError('More behind it', end);
  } catch (error) {
    failure = error;
  }
  if (isJson !== (failure === undefined)) throw new Error(`JSON.parse differs: ${json}`);
  if (failure !== undefined) throw failure;
}

const LONG = `${'a/'.repeat(200)}${'a'.repeat(200)}`;

function tryGlob(pattern: string): void {
  const glob = createGlob(pattern);
  glob.matches(LONG, LONG, false);
  glob.reaches(LONG, LONG);
}

function tryPatterns(pattern: string): void {
  const selection = createSelection([pattern], [pattern.slice(1)]);
  selection.choose(LONG, false);
}

/** Frames behind their seal, and what unpacks them. */
async function codecTargets(): Promise<FuzzTarget[]> {
  await loadCodecs();
  const frames = new FrameOpener();
  const decompressor = createDecompressor();
  const into = new Uint8Array(4096);
  return [
    {
      name: 'frame behind its seal',
      seeds: SEEDS.frame,
      run: (plain) => {
        const { header, section } = sealed(PACK, plain);
        const opener = createOpener(KEY, header, { type: OBJECT_TYPES.pack, vaultId: VAULT, uid: UID });
        try {
          return frames.open(opener, 'abc', 0, section);
        } finally {
          opener.close();
        }
      },
    },
    ...(['zstd', 'lz4', 'gzip', 'none'] as const).map((name, i) => ({
      name: `${name} data`,
      seeds: SEEDS.packed[name],
      run: (bytes: Uint8Array) => decompressor.decompress([1, 2, 3, 0][i]!, bytes, into, 2000),
    })),
  ];
}

/** What a call over HTTP brings, for every operation: the path and query as text, the body as JSON. */
async function inputTargets(): Promise<FuzzTarget[]> {
  const targets: FuzzTarget[] = [];
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const { input } = await operation.contract();
    const reader = new InputReader(input as ConstructorParameters<typeof InputReader>[0]);
    targets.push({
      name: `input of ${name}`,
      seeds: SEEDS.inputs,
      run: (bytes) => {
        let body: unknown;
        try {
          body = JSON.parse(text(bytes));
        } catch {
          body = undefined;
        }
        const query = Object.fromEntries(new URLSearchParams(text(bytes)));
        return reader.read([query], body);
      },
    });
  }
  return targets;
}

export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  return [...FORMAT, ...WORDS, ...RECORDS, ...(await codecTargets()), ...(await inputTargets())];
}
