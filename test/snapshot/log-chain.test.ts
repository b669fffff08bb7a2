import t from 'tap';
import { toHex } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';
import type { LogEntry, LogRecord } from '../../src/format/index.js';
import { LogChain, type NamedEntry } from '../../src/snapshot/index.js';

const MERGE: LogRecord = { kind: 'merge', body: {} };

/** The entry called `label` behind others; its hash is the label's. */
function entry(
  label: string,
  prev: readonly NamedEntry[] = [],
  record: LogRecord = MERGE,
  change: Partial<LogEntry> = {},
): NamedEntry {
  const seq = Math.max(0, ...prev.map(({ name }) => name.seq)) + 1;
  const time = Math.max(0, ...prev.map(({ entry }) => entry.time)) + 10;
  const made = { seq, fence: 0, prev: prev.map(({ name }) => name.hash), time, ...record, ...change } as LogEntry;
  return { name: { seq: made.seq, hash: sha256(Buffer.from(label)) }, entry: made };
}

function checkpoint(label: string, heads: readonly NamedEntry[], live: readonly NamedEntry[]): NamedEntry {
  const hashes = (entries: readonly NamedEntry[]) => entries.map(({ name }) => name.hash);
  const through = Math.max(...heads.map(({ name }) => name.seq));
  const rest = { covered: [], packs: [], added: [], snapshots: [], quarantine: [] };
  return entry(label, heads, {
    kind: 'checkpoint',
    body: { heads: hashes(heads), through, entries: hashes(live), ...rest },
  });
}

function chainOf(...entries: readonly NamedEntry[]): LogChain {
  const chain = new LogChain(({ hash }) => `object ${toHex(hash)}`);
  for (const named of [...entries].sort((a, b) => a.name.seq - b.name.seq)) chain.add(named);
  return chain;
}

function judged(...entries: readonly NamedEntry[]): { heads: string[]; covered: string[] } {
  const { heads, covered } = chainOf(...entries).finish();
  const label = (hash: Uint8Array) =>
    'abcdefghijklmnop'.split('').find((text) => toHex(sha256(Buffer.from(text))) === toHex(hash))!;
  return {
    heads: heads.map(({ name }) => label(name.hash)).sort(),
    covered: covered.map(({ hash }) => label(hash)).sort(),
  };
}

const a = entry('a');
const b = entry('b', [a]);
const c = entry('c', [b]);
const d = entry('d', [b]);
const e = entry('e', [c, d]);

t.test('finish() tells the heads', async (t) => {
  t.same(judged(), { heads: [], covered: [] });
  t.same(judged(a), { heads: ['a'], covered: [] });
  t.same(judged(a, b, c), { heads: ['c'], covered: [] });
  t.same(judged(a, b, c, d), { heads: ['c', 'd'], covered: [] });
  t.same(judged(a, b, c, d, e), { heads: ['e'], covered: [] });
  t.same(judged(a, entry('o')), { heads: ['a', 'o'], covered: [] });
});

/** What is missing, in hex. */
function gapsOf(...entries: readonly NamedEntry[]): string[] {
  return chainOf(...entries)
    .finish()
    .gaps.map(({ missing }) => toHex(missing));
}

t.test('a missing predecessor is a gap that names it', async (t) => {
  for (const [gone, rest] of [
    [a, [b, c]],
    [b, [a, c]],
    [d, [a, b, c, e]],
  ] as const) {
    t.same(gapsOf(...rest), [toHex(gone.name.hash)]);
    t.equal(chainOf(...rest).plain, false);
  }
});

t.test('numbers and times must follow from the predecessors', async (t) => {
  const wrong = [
    entry('x', [a], MERGE, { seq: 3 }),
    entry('x', [a], MERGE, { time: a.entry.time }),
    entry('x', [c, d], MERGE, { seq: 3 }),
  ];
  for (const bad of wrong) {
    const chain = chainOf(a, b, c, d);
    t.throws(() => chain.add(bad), { code: 'DATA_CORRUPT', message: new RegExp(`object ${toHex(bad.name.hash)}`) });
    t.same(chain.finish().heads.length, 2, 'it is as if it had not been there');
  }
});

t.test('known heads stand for what is before them', async (t) => {
  const chain = new LogChain(
    () => '',
    [
      { name: c.name, time: c.entry.time },
      { name: d.name, time: d.entry.time },
    ],
  );
  chain.add(e);
  t.equal(chain.plain, true);
  t.same(
    chain.finish().heads.map(({ name }) => name),
    [e.name],
  );
  const branch = new LogChain(() => '', [{ name: c.name, time: c.entry.time }]);
  branch.add(d);
  t.equal(branch.plain, false, 'a branch from further back cannot be judged alone');
});

const check = checkpoint('k', [e], [a, d]);

t.test('what a checkpoint stands for may be gone, in whole or in part', async (t) => {
  t.same(judged(a, b, c, d, e, check), { heads: ['k'], covered: ['b', 'c', 'e'] });
  t.same(judged(a, d, check), { heads: ['k'], covered: [] });
  t.same(judged(a, c, d, e, check), { heads: ['k'], covered: ['c', 'e'] });
  t.same(judged(a, d, e, check), { heads: ['k'], covered: ['e'] });
  const after = entry('f', [check]);
  t.same(judged(a, d, check, after), { heads: ['f'], covered: [] });
  t.equal(chainOf(a, d, check).plain, false);
});

t.test('what a checkpoint lists as live must be there', async (t) => {
  t.same(gapsOf(a, check), [toHex(d.name.hash)]);
  const { covers } = chainOf(a, check).finish();
  t.same(
    [b, d, e, check].map(({ name }) => covers(name.hash)),
    [false, false, true, false],
  );
});

t.test('a checkpoint excuses only what it covers', async (t) => {
  const lost = entry('h', [b]);
  const branch = entry('g', [lost]);
  t.same(gapsOf(a, d, check, branch), [], 'what a branch from before it grew from may have been removed');
  const longer = entry('f', [branch]);
  t.same(gapsOf(a, d, check, longer), [toHex(branch.name.hash)]);
  const after = entry('i', [check]);
  t.same(gapsOf(a, d, check, entry('j', [after])), [toHex(after.name.hash)]);
});

t.test('what a checkpoint names as covered is so, even where the way there is gone', async (t) => {
  const f = entry('f', [e]);
  const rest = { through: f.name.seq, packs: [], added: [], snapshots: [], quarantine: [] };
  const body = { heads: [f.name.hash], entries: [], covered: [a, b].map(({ name }) => name.hash), ...rest };
  const k = entry('k', [f], { kind: 'checkpoint', body });
  t.same(judged(a, b, f, k), { heads: ['k'], covered: ['a', 'b', 'f'] });
  t.same(gapsOf(a, b, f, k), []);
});

t.test('what came while a checkpoint was written stands before it and holds', async (t) => {
  const between = entry('f', [e]);
  const rest = { through: e.name.seq, covered: [], packs: [], added: [], snapshots: [], quarantine: [] };
  const segment = entry('g', [between], { kind: 'segment', body: { entries: [] } });
  const body = { heads: [e.name.hash], entries: [segment.name.hash], ...rest };
  const k = entry('k', [entry('h', [segment])], { kind: 'checkpoint', body });
  const later = entry('h', [segment]);
  t.same(judged(between, segment, later, k), { heads: ['k'], covered: [] });
  t.same(gapsOf(between, segment, later, k), [], 'its predecessor is covered');
  t.same(gapsOf(between, segment, k), [toHex(later.name.hash)], 'it is missed');
});

t.test('a later checkpoint stands for the earlier one', async (t) => {
  const f = entry('f', [check]);
  const second = checkpoint('l', [f], [a]);
  t.same(judged(a, d, check, f, second), { heads: ['l'], covered: ['d', 'f', 'k'] });
  t.same(judged(a, second), { heads: ['l'], covered: [] });
  t.same(
    judged(a, check, f, second),
    { heads: ['l'], covered: ['f', 'k'] },
    'what only the earlier one lists may be gone',
  );
});
