import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { utf8 } from '../../src/base/index.js';
import { createCompressor, loadCodecs } from '../../src/codec/index.js';
import {
  encodeBundle,
  encodeCollections,
  encodeEntry,
  encodeInner,
  encodeKeyFile,
  encodeLeaf,
  encodeListInner,
  encodeListLeaf,
  encodeLogEntry,
  encodeQueueRecord,
  encodeRegistryRecord,
  encodeTokenRecord,
  encodeTrailer,
  encodeVaultFile,
  FooterBuilder,
  frameHeaderBytes,
  writeFrameHeader,
  writeRow,
} from '../../src/format/index.js';
import { encodeMark, writeLocation } from '../../src/store/chunk-index-records.js';
import { ENTRIES, fixedBytes } from '../format/samples.js';
import { entries as anyEntry, items as anyItem } from '../format/tree-samples.js';

const SEED = 7;
const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(arbitrary, { seed: SEED, numRuns: count });

const hash = fixedBytes(32, 'hash');
const someEntries = sample(anyEntry, 24);
const texts = (...list: readonly string[]): Uint8Array[] => list.map(utf8);

function leaf(count: number, from: number): Uint8Array {
  const list = someEntries.slice(from, from + count).map((entry, i) => ({ ...entry, name: utf8(`name ${100 + i}`) }));
  const owners = [
    { kind: 'user' as const, id: 7, name: utf8('ana') },
    { kind: 'group' as const, id: 7, name: utf8('staff') },
  ];
  return encodeLeaf(from === 0 ? [] : owners, Buffer.concat(list.map(encodeEntry)), count);
}

function footer(): Uint8Array {
  const builder = new FooterBuilder();
  builder.addFrame(1, 700, Buffer.concat([hash, hash]));
  builder.addFrame(2, 300, hash);
  return builder.encode();
}

function frame(kind: 1 | 2 | 3, codec: number, lengths: readonly number[], payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(frameHeaderBytes(lengths));
  writeFrameHeader(kind, codec, lengths, header, 0);
  return Buffer.concat([header, payload]);
}

/** A body with its length in front and zeros behind it. */
function padded(body: Uint8Array): Uint8Array {
  const out = Buffer.alloc(Math.max(512, body.length + 4));
  out.writeUInt32BE(body.length, 0);
  out.set(body, 4);
  return out;
}

await loadCodecs();
const plain = Buffer.from('what compresses, compresses; '.repeat(100)).subarray(0, 2000);

function packedBy(name: 'zstd' | 'lz4'): Uint8Array {
  const into = new Uint8Array(4096);
  const length = createCompressor(name).compress(plain, into);
  return into.slice(0, length);
}

const packed = {
  zstd: [packedBy('zstd')],
  lz4: [packedBy('lz4')],
  gzip: [new Uint8Array(gzipSync(plain))],
  none: [new Uint8Array(plain)],
};

const logEntry = ENTRIES.map(encodeLogEntry);
const sizes = { min: 16384, normal: 65536, max: 262144 };

/** Sound examples, from which the unsound are made; with those that once did harm, from the corpus. */
export const SEEDS = {
  logEntry,
  simplePlain: logEntry.slice(0, 3).map(padded),
  trailer: [encodeTrailer({ footerOffset: 1080, footerSealedLength: 2976, frameCount: 2 })],
  footer: [footer(), new FooterBuilder().encode()],
  frame: [
    frame(1, 0, [5, 7], utf8('hello, world')),
    frame(2, 1, [1000, 1000], packed.zstd[0]!),
    frame(3, 2, [2000], packed.lz4[0]!),
    frame(1, 3, [1, 1999], packed.gzip[0]!),
  ],
  bundle: [
    encodeBundle({
      dedupRoot: hash,
      encryptionRoot: hash,
      created: 1,
      chunker: { algorithm: 'sgear', small: sizes, large: sizes },
    }),
  ],
  registry: [
    encodeRegistryRecord({
      version: 1,
      name: 'ana@example.org',
      uid: hash.slice(0, 16),
      created: 1,
      state: 'active',
      sources: [{ kind: 'path', path: utf8('/srv/ana'), atSessionEnd: true }],
      exclude: ['*.tmp'],
    }),
  ],
  queue: [
    encodeQueueRecord({
      id: hash.slice(0, 16),
      submitted: 1,
      operation: 'backup',
      user: 'ana',
      access: 'write',
      input: '{"user_id":"ana"}',
      body: { type: 'records', parts: 1, bytes: 5, hash },
    }),
  ],
  token: [
    encodeTokenRecord({
      version: 1,
      id: hash.slice(0, 8),
      hash,
      name: 'app',
      users: ['ana'],
      scopes: ['list', 'backup'],
      created: 1,
      expires: 2,
      used: 0,
    }),
  ],
  leaf: [leaf(3, 0), leaf(8, 3), leaf(0, 0)],
  inner: [
    encodeInner(1, [
      { firstName: utf8('a'), id: hash },
      { firstName: utf8('b'), id: hash },
    ]),
  ],
  list: [
    encodeListLeaf(sample(anyItem, 5)),
    encodeListInner(2, [
      { length: 10, id: hash },
      { length: 2 ** 40, id: hash },
    ]),
  ],
  entry: someEntries.map(encodeEntry),
  collections: [
    encodeCollections([
      { name: 'actions', shape: 'list', records: 3, bytes: 700 },
      { name: 'user_config', shape: 'value', records: 1, bytes: 2 ** 40 },
    ]),
    encodeCollections([]),
  ],
  rows: [rows()],
  json: texts(
    '{"id":"a\\u00e9","n":[1.5e-3,-0,{"x":null}],"t":true}',
    ' [ "\\ud83d\\ude00" , {"id":12345678901234567890 , "id":2} ] ',
    '{"deep":[[[[{"a":[false]}]]]],"":""}',
  ),
  lines: texts(
    '{"collection":"sparks","record":{"id":1,"t":"\\u00e9"}}',
    ' { "value" : [1, 2] , "collection":"user_config" }\r',
    '{"collection":"empty"}',
  ),
  keyFile: [encodeKeyFile({ vaultId: hash.slice(0, 16), masterKey: hash })],
  vaultFile: [encodeVaultFile({ format: 0, vaultId: hash.slice(0, 16), created: 1, mac: hash })],
  names: texts(
    'vault.json',
    `registry/ab/ab${'0'.repeat(62)}-000001`,
    `users/${'0'.repeat(32)}/keys/1-1-${'0'.repeat(16)}.1`,
    `users/${'0'.repeat(32)}/packs/ab/ab${'0'.repeat(62)}`,
    `users/${'0'.repeat(32)}/log/000000000001-${'0'.repeat(64)}`,
  ),
  location: [location(1, 2, 3), location(70_000, 2 ** 31, 200)],
  mark: [
    encodeMark({
      applied: [{ seq: 7, hash }],
      entries: 7,
      packs: 3,
      chunks: 99,
      complete: true,
      suspectTo: 0,
      nextOrdinal: 4,
    }),
  ],
  times: texts('2025-03-01T14:30:00.123+01:00', '2 hours ago', 'yesterday at 09:00', 'now', '2025-03-01'),
  sizes: texts('10', '1.5 GiB', '64k', '0', '99999999999999999999'),
  config: texts(
    '[backup]\nenabled = true\ncompression = "gzip"\n[backup.storage]\nprimary = "local"\n[backup.storage.local]\npath = "./data"\n',
    '[[source]]\nuser = "ana"\npath = "/srv/ana"\nexclude = ["*.tmp"]\n[hooks]\nbefore = ["/bin/true"]\n',
    '[api.socket]\ngroup = "staff"\n[[api.peer]]\nuid = 1000\nusers = ["ana"]\nscopes = ["list"]\n',
  ),
  globs: texts('**/*.txt', 'a/**/b', '[a-z]*{x,y}', '!keep/\\*', `${'*a'.repeat(20)}b`, `${'**/'.repeat(20)}x`),
  inputs: texts(
    '{"user_id":"ana","latest":true,"path":"/srv/ana"}',
    '{"user_id":"ana","target":"/tmp/x","include":["*.txt"],"overwrite":"always","delete":true}',
    '{"user_id":"ana","before":"latest","after":"latest","pattern":"**"}',
    '{"user_id":"ana","type":"manual","paths":["/srv"],"kind":"manual"}',
    'user_id=ana&latest=true&at=2025-01-01T00:00:00Z',
  ),
  packed,
} as const;

function rows(): Uint8Array {
  const into = new Uint8Array(8192);
  let end = 0;
  for (const [id, length] of [
    ['a', 10],
    [undefined, 1],
    ['ü'.repeat(60), 2 ** 40],
  ] as const) {
    end = writeRow(into, end, id === undefined ? id : utf8(id), length);
  }
  return into.slice(0, end);
}

function location(pack: number, frameNumber: number, position: number): Uint8Array {
  const into = new Uint8Array(15);
  return into.slice(0, writeLocation(pack, frameNumber, position, into));
}

/** Inputs that once did harm, by the target that they are for. */
export function corpusOf(target: string): Uint8Array[] {
  const place = new URL('../../../test/fuzz/corpus/', import.meta.url);
  const prefix = `${target.replace(/[^a-z0-9]+/gi, '-')}.`;
  const files = readdirSync(place).filter((name) => name.startsWith(prefix));
  return files.map((name) => new Uint8Array(readFileSync(new URL(name, place))));
}
