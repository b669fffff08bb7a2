import t from 'tap';
import { CHUNK_KINDS } from '../../src/format/index.js';
import type { PackedNodes } from '../../src/store/node-queue.js';
import { NodeWriter } from '../../src/store/node-writer.js';

interface Sealed {
  readonly kind: number;
  readonly into: string;
  readonly nodes: PackedNodes;
}

function makeWriter(stored: ReadonlySet<number>): { writer: NodeWriter; sealed: Sealed[]; asked: number[] } {
  const sealed: Sealed[] = [];
  const asked: number[] = [];
  const writer = new NodeWriter({
    async areStored(ids) {
      asked.push(ids.length / 32);
      return Array.from({ length: ids.length / 32 }, (_, i) => stored.has(ids[i * 32]!));
    },
    async seal(kind, nodes, into) {
      sealed.push({ kind, into, nodes });
    },
  });
  return { writer, sealed, asked };
}

/** The id of node `number`, and bytes that say it too. */
function node(number: number, length: number): [id: Uint8Array, bytes: Uint8Array] {
  return [new Uint8Array(32).fill(number), new Uint8Array(length).fill(number)];
}

t.test('drain() looks up and seals a batch at a time, and only what is not stored', async (t) => {
  const { writer, sealed, asked } = makeWriter(new Set([2, 4]));
  for (let number = 1; number <= 3; number++) writer.add(CHUNK_KINDS.node, ...node(number, 300_000));
  await writer.drain();
  t.same(asked, [], 'too few to ask for');
  writer.add(CHUNK_KINDS.node, ...node(4, 300_000));
  await writer.drain();
  t.same([asked, sealed.length], [[4], 0], 'too few left to seal');
  for (let number = 5; number <= 8; number++) writer.add(CHUNK_KINDS.node, ...node(number, 300_000));
  await writer.drain();
  await writer.finish(true);
  const [batch, ...more] = sealed;
  t.same(more, []);
  t.match(batch, { kind: CHUNK_KINDS.node, into: 'meta' });
  const numbers = [1, 3, 5, 6, 7, 8];
  t.same(
    [...batch!.nodes.lengths],
    numbers.map(() => 300_000),
  );
  numbers.forEach((number, i) => {
    t.same(batch!.nodes.ids.subarray(i * 32, i * 32 + 32), node(number, 0)[0]);
    t.equal(batch!.nodes.bytes[i * 300_000 + 299_999], number);
  });
});

t.test('finish() puts what is left beside the data when asked, unless nodes have a pack of their own', async (t) => {
  const small = makeWriter(new Set());
  small.writer.add(CHUNK_KINDS.node, ...node(1, 100));
  small.writer.add(CHUNK_KINDS.list, ...node(2, 100));
  await small.writer.finish(true);
  t.same(
    small.sealed.map(({ kind, into }) => [kind, into]),
    [
      [CHUNK_KINDS.node, 'data'],
      [CHUNK_KINDS.list, 'data'],
    ],
  );
  const large = makeWriter(new Set());
  large.writer.add(CHUNK_KINDS.node, ...node(1, 2 ** 20));
  await large.writer.drain();
  large.writer.add(CHUNK_KINDS.list, ...node(2, 100));
  await large.writer.finish(true);
  t.same(
    large.sealed.map(({ into }) => into),
    ['meta', 'meta'],
  );
});

t.test('a failure to seal is thrown by what comes next', async (t) => {
  const writer = new NodeWriter({
    areStored: async (ids) => new Array<boolean>(ids.length / 32).fill(false),
    seal: () => Promise.reject(new Error('no room')),
  });
  writer.add(CHUNK_KINDS.node, ...node(1, 2 ** 20));
  await writer.drain();
  await new Promise((resolve) => setImmediate(resolve));
  await t.rejects(writer.finish(false), /no room/);
});
