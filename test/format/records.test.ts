import { decode, encode } from '@msgpack/msgpack';
import t from 'tap';
import {
  CHUNK_BYTES_MAX,
  type ChunkSizes,
  decodeBundle,
  decodeQueuePart,
  decodeQueueRecord,
  decodeRegistryRecord,
  decodeTokenRecord,
  encodeBundle,
  encodeQueuePart,
  encodeQueueRecord,
  encodeRegistryRecord,
  encodeTokenRecord,
  type QueueRecord,
  type RegistryRecord,
  type TokenRecord,
  type UserBundle,
} from '../../src/format/index.js';
import { codeOf, fixedBytes } from './samples.js';

const BUNDLE: UserBundle = {
  dedupRoot: fixedBytes(32, 'dedup'),
  encryptionRoot: fixedBytes(32, 'encryption'),
  created: 1_700_000_000_000,
  chunker: {
    algorithm: 'sgear',
    small: { min: 16384, normal: 65536, max: 262144 },
    large: { min: 65536, normal: 262144, max: 1048576 },
  },
};

const RECORD: RegistryRecord = {
  version: 3,
  name: 'ana@example.org',
  uid: fixedBytes(16, 'uid'),
  created: 1_700_000_000_000,
  state: 'active',
  sources: [
    { kind: 'path', path: Uint8Array.of(0x2f, 0xff), atSessionEnd: false },
    { kind: 'path', path: Uint8Array.of(0x2f), atSessionEnd: true },
  ],
  exclude: ['*.tmp'],
};

t.test('a user bundle comes back', (t) => {
  t.same(decodeBundle(encodeBundle(BUNDLE)), BUNDLE);
  const wire = decode(encodeBundle(BUNDLE)) as { chunker: unknown };
  t.same(Object.keys(wire), ['chunker', 'created', 'dedup_root', 'encryption_root']);
  t.match(wire.chunker, { algorithm: 'sgear', small: [16384, 65536, 262144] });
  t.end();
});

t.test('a user bundle with roots or sizes out of range is neither written nor read', (t) => {
  const small = (sizes: ChunkSizes) => ({ ...BUNDLE, chunker: { ...BUNDLE.chunker, small: sizes } });
  for (const bundle of [
    { ...BUNDLE, dedupRoot: fixedBytes(31, 'short') },
    small({ min: 0, normal: 1, max: 2 }),
    small({ min: 5, normal: 4, max: 6 }),
    small({ min: 5, normal: 7, max: 6 }),
    small({ min: 5, normal: 6, max: CHUNK_BYTES_MAX + 1 }),
  ]) {
    t.throws(() => encodeBundle(bundle), TypeError);
  }
  const wire = decode(encodeBundle(BUNDLE)) as { chunker: object };
  for (const small of [[1, 2], [1, 2, 3, 4], [], [0, 1, 2], 5, [1, 2, 'x']]) {
    t.equal(
      codeOf(() => decodeBundle(encode({ ...wire, chunker: { ...wire.chunker, small } }))),
      'DATA_CORRUPT',
    );
  }
  t.end();
});

t.test('a registry record comes back', (t) => {
  t.same(decodeRegistryRecord(encodeRegistryRecord(RECORD)), RECORD);
  for (const quota of [0, 5e9]) {
    t.same(decodeRegistryRecord(encodeRegistryRecord({ ...RECORD, quota })), { ...RECORD, quota });
  }
  const erased: RegistryRecord = { ...RECORD, state: 'erased', sources: [] };
  t.same(decodeRegistryRecord(encodeRegistryRecord(erased)), erased);
  t.end();
});

t.test('a registry record with members of wrong types or unknown words is refused', (t) => {
  const wire = decode(encodeRegistryRecord(RECORD)) as object;
  const code = (changes: object) => codeOf(() => decodeRegistryRecord(encode({ ...wire, ...changes })));
  t.equal(code({ uid: fixedBytes(15, 'short') }), 'DATA_CORRUPT');
  t.equal(code({ name: 5 }), 'DATA_CORRUPT');
  t.equal(code({ sources: [5] }), 'DATA_CORRUPT');
  t.equal(code({ sources: [{ kind: 'path' }] }), 'DATA_CORRUPT');
  t.equal(code({ state: 'dormant' }), 'FORMAT_NEWER');
  t.equal(code({ flavour: 5 }), 'FORMAT_NEWER');
  t.equal(code({ sources: [{ kind: 'records' }] }), 'FORMAT_NEWER');
  t.throws(() => encodeRegistryRecord({ ...RECORD, uid: fixedBytes(17, 'long') }), TypeError);
  t.end();
});

const QUEUED: QueueRecord = {
  id: fixedBytes(16, 'job'),
  submitted: 1_700_000_000_000,
  operation: 'backup',
  user: 'ana',
  access: 'write',
  input: '{"path":"/home/añá"}',
  body: undefined,
};

t.test('a queue record comes back', (t) => {
  const body = { type: 'records', parts: 2, bytes: 9_000_000, hash: fixedBytes(32, 'hash') };
  for (const record of [QUEUED, { ...QUEUED, user: null, access: 'exclusive' as const }, { ...QUEUED, body }]) {
    t.same(decodeQueueRecord(encodeQueueRecord(record)), record);
  }
  const wire = decode(encodeQueueRecord(QUEUED)) as object;
  t.same(Object.keys(wire), ['access', 'id', 'input', 'operation', 'submitted', 'user']);
  t.equal(
    codeOf(() => decodeQueueRecord(encode({ ...wire, access: 'guess' }))),
    'FORMAT_NEWER',
  );
  t.equal(
    codeOf(() => decodeQueueRecord(encode({ ...wire, priority: 1 }))),
    'FORMAT_NEWER',
  );
  for (const wrong of [
    { input: Uint8Array.of(0xff) },
    { id: fixedBytes(15, 'short') },
    { submitted: -1 },
    { user: 5 },
    { body: { ...body, parts: 10_000 } },
    { body: null },
  ]) {
    t.equal(
      codeOf(() => decodeQueueRecord(encode({ ...wire, ...wrong }))),
      'DATA_CORRUPT',
    );
  }
  t.end();
});

t.test('a part of a job comes back', (t) => {
  const part = { id: fixedBytes(16, 'job'), part: 3, bytes: fixedBytes(1000, 'data') };
  t.same(decodeQueuePart(encodeQueuePart(part)), part);
  t.throws(() => encodeQueuePart({ ...part, part: 0 }), TypeError);
  t.equal(
    codeOf(() => decodeQueuePart(encodeQueueRecord(QUEUED))),
    'DATA_CORRUPT',
    'a job is no part of one',
  );
  t.equal(
    codeOf(() => decodeQueueRecord(encodeQueuePart(part))),
    'DATA_CORRUPT',
  );
  t.end();
});

const TOKEN: TokenRecord = {
  version: 3,
  id: fixedBytes(8, 'token'),
  hash: fixedBytes(32, 'secret'),
  name: 'app',
  users: ['ana', 'bob'],
  scopes: ['list', 'metrics'],
  created: 1_700_000_000_000,
  expires: 0,
  used: 0,
};

t.test('a token record comes back, and says plainly whom it is for', (t) => {
  for (const record of [TOKEN, { ...TOKEN, users: null }, { ...TOKEN, users: [] }]) {
    t.same(decodeTokenRecord(encodeTokenRecord(record)), record);
  }
  const wire = decode(encodeTokenRecord(TOKEN)) as object;
  for (const [wrong, code] of [
    [{ whom: 'all' }, 'DATA_CORRUPT'],
    [{ whom: 'everybody' }, 'FORMAT_NEWER'],
    [{ scopes: ['list', 'erase'] }, 'FORMAT_NEWER'],
    [{ more: 1 }, 'FORMAT_NEWER'],
    [{ hash: fixedBytes(31, 'short') }, 'DATA_CORRUPT'],
    [{ version: 0 }, 'DATA_CORRUPT'],
    [{ expires: null }, 'DATA_CORRUPT'],
  ] as const) {
    t.equal(
      codeOf(() => decodeTokenRecord(encode({ ...wire, ...wrong }))),
      code,
    );
  }
  t.end();
});
