import { decode, encode } from '@msgpack/msgpack';
import t from 'tap';
import { decodeLogEntry, encodeLogEntry, type LogEntry, type Manifest } from '../../src/format/index.js';
import { codeOf, ENTRIES, fixedBytes, MANIFEST } from './samples.js';

type Tree = { [key: string]: unknown };

const ENTRY = ENTRIES[0]!;

/** The manifest entry's body with changes to the entry and to the manifest, encoded as anybody might. */
function spoilt(entry: Tree, body: Tree = {}): Uint8Array {
  const wire = decode(encodeLogEntry(ENTRY)) as Tree;
  return encode({ ...wire, body: { ...(wire.body as Tree), ...body }, ...entry });
}

function entryWith(changes: Partial<Manifest>): LogEntry {
  return { seq: 1, fence: 0, prev: [], time: 5, kind: 'manifest', body: { ...MANIFEST, ...changes } };
}

t.test('an entry of each kind comes back', (t) => {
  for (const entry of ENTRIES) t.same(decodeLogEntry(encodeLogEntry(entry)), entry, entry.kind);
  t.end();
});

t.test('a manifest is on disk under the keys of the format', (t) => {
  const { body } = decode(encodeLogEntry(ENTRY)) as { body: Tree };
  t.same(Object.keys(body), [
    'backup_id',
    'captured',
    'counts',
    'ended',
    'failures',
    'host',
    'idempotency',
    'job',
    'kind',
    'packs',
    'parent',
    'program',
    'reason',
    'scopes',
    'session',
    'started',
    'status',
  ]);
  t.match(body.counts, { files_unread: 7, bytes_added: 11, chunks_new: 12 });
  t.match(body, { parent: MANIFEST.parent, reason: null, ended: MANIFEST.ended });
  t.end();
});

t.test('encodeLogEntry() gives equal bytes for equal entries', (t) => {
  const reordered = Object.fromEntries(Object.entries(ENTRY).reverse()) as unknown as LogEntry;
  t.same(encodeLogEntry(reordered), encodeLogEntry(ENTRY));
  t.end();
});

t.test('encodeLogEntry() refuses what could not be read again', (t) => {
  const refused: Partial<Manifest>[] = [
    { started: 1.5 },
    { captured: Number.NaN },
    { captured: -1 },
    { backupId: fixedBytes(15, 'short') },
    { packs: [fixedBytes(31, 'short')] },
    { session: 'x'.repeat(70_000) },
    { session: 'half a pair \ud800' },
    { counts: { ...MANIFEST.counts, bytes: 2 ** 53 } },
    { failures: { count: 0, items: MANIFEST.failures.items } },
    { failures: { count: 1001, items: new Array(1001).fill(MANIFEST.failures.items[0]) } },
  ];
  for (const changes of refused) {
    t.throws(() => encodeLogEntry(entryWith(changes)), TypeError, JSON.stringify(Object.keys(changes)));
  }
  t.throws(() => encodeLogEntry({ ...ENTRY, seq: 1 }), TypeError, 'the first number with a predecessor');
  t.throws(() => encodeLogEntry({ ...ENTRY, prev: [] }), TypeError, 'a later number without one');
  t.throws(() => encodeLogEntry({ ...ENTRY, seq: 10 ** 12 }), TypeError);
  t.end();
});

t.test('encodeLogEntry() writes foreign text that is not well formed as far as it is', (t) => {
  const failure = { path: Uint8Array.of(0x61), code: 'EIO', message: 'bad \ud800 end' };
  const entry = decodeLogEntry(encodeLogEntry(entryWith({ failures: { count: 1, items: [failure] }, host: '\udc00' })));
  if (entry.kind !== 'manifest') return t.fail(entry.kind);
  t.equal(entry.body.failures.items[0]?.message, 'bad \ufffd end');
  t.equal(entry.body.host, '\ufffd');
  t.end();
});

t.test('decodeLogEntry() says of what it does not know that a newer program wrote it', (t) => {
  const cases: [string, Uint8Array][] = [
    ['a kind', spoilt({ kind: 'fence', body: 5 })],
    ['a kind named like a method', spoilt({ kind: 'constructor' })],
    ['a member of the entry', spoilt({ lease: 1 })],
    ['a member of the manifest', spoilt({}, { tags: [] })],
    ['a snapshot kind', spoilt({}, { kind: 'hourly' })],
    ['a member of a merge', encode({ ...(decode(encodeLogEntry(ENTRIES[1]!)) as Tree), body: { note: '' } })],
  ];
  for (const [name, bytes] of cases) {
    t.throws(
      () => decodeLogEntry(bytes, 'users/u/log/1-x'),
      { code: 'FORMAT_NEWER', message: /users\/u\/log\/1-x.*Upgrade/ },
      name,
    );
  }
  t.end();
});

t.test('decodeLogEntry() refuses members that are missing or of a wrong type', (t) => {
  const wire = decode(encodeLogEntry(ENTRY)) as Tree;
  const wrong = [null, true, -1, 1.5, 2 ** 60, 'text', fixedBytes(5, 'bin'), [5], { x: 1 }];
  const nilAllowed = new Set(['parent', 'reason', 'session', 'job', 'idempotency']);
  const textual = new Set(['reason', 'session', 'job', 'idempotency', 'program', 'host']);
  let tried = 0;
  const check = (name: string, bytes: Uint8Array, value: unknown) => {
    if ((value === null && nilAllowed.has(name)) || (typeof value === 'string' && textual.has(name))) return;
    tried++;
    const code = codeOf(() => decodeLogEntry(bytes));
    const word = typeof value === 'string' && (name === 'kind' || name === 'status');
    if (code !== (word ? 'FORMAT_NEWER' : 'DATA_CORRUPT')) t.fail(`${name} as ${String(value)}: ${code}`);
  };
  for (const value of wrong) {
    for (const name of Object.keys(wire)) check(name, spoilt({ [name]: value }), value);
    for (const name of Object.keys(wire.body as Tree)) check(name, spoilt({}, { [name]: value }), value);
  }
  t.ok(tried > 190, `${tried} spoilt entries`);
  t.end();
});

t.test('decodeLogEntry() refuses an entry or a manifest without one of its members', (t) => {
  const wire = decode(encodeLogEntry(ENTRY)) as Tree;
  const without = (tree: Tree, name: string) =>
    Object.fromEntries(Object.entries(tree).filter(([key]) => key !== name));
  for (const name of Object.keys(wire)) {
    t.equal(
      codeOf(() => decodeLogEntry(encode(without(wire, name)))),
      'DATA_CORRUPT',
      name,
    );
  }
  for (const name of Object.keys(wire.body as Tree)) {
    const body = without(wire.body as Tree, name);
    t.equal(
      codeOf(() => decodeLogEntry(encode({ ...wire, body }))),
      'DATA_CORRUPT',
      name,
    );
  }
  t.end();
});

t.test('decodeLogEntry() refuses a quarantine whose frames do not fit its damage', (t) => {
  const entry = ENTRIES.find(({ kind }) => kind === 'quarantine');
  if (entry?.kind !== 'quarantine') return t.fail('no sample');
  const wire = decode(encodeLogEntry(entry)) as Tree;
  const pack = entry.body.packs[0]!.pack;
  const spoil = (changes: Tree) =>
    encode({ ...wire, body: { packs: [{ pack, damage: 'frames', frames: [1], ...changes }] } });
  t.equal(
    codeOf(() => decodeLogEntry(spoil({}))),
    undefined,
  );
  for (const frames of [[], [2, 1], [1, 1], [0xfffffffe]]) {
    t.equal(
      codeOf(() => decodeLogEntry(spoil({ frames }))),
      'DATA_CORRUPT',
      JSON.stringify(frames),
    );
  }
  t.equal(
    codeOf(() => decodeLogEntry(spoil({ damage: 'whole' }))),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => decodeLogEntry(spoil({ damage: 'none' }))),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => decodeLogEntry(spoil({ damage: 'half', frames: [] }))),
    'FORMAT_NEWER',
  );
  t.end();
});
