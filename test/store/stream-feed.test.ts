import t from 'tap';
import { feedStream } from '../../src/store/stream-feed.js';

const MIB = 2 ** 20;

async function* of(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

t.test('feedStream() sends what it is given in parts of 1 MiB and an end', async (t) => {
  for (const bytes of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB]) {
    const content = Buffer.alloc(bytes, 7);
    const parts: { readonly length: number; readonly final: boolean }[] = [];
    const sent: Uint8Array[] = [];
    const total = await feedStream(of(content.subarray(0, 5), content.subarray(5)), async (part, final) => {
      parts.push({ length: part.length, final });
      sent.push(part);
    });
    t.equal(total, bytes);
    t.ok(Buffer.concat(sent).equals(content), `${bytes} bytes`);
    t.same(parts.at(-1), { length: bytes % MIB, final: true });
    t.ok(parts.slice(0, -1).every(({ length, final }) => length === MIB && !final));
  }
});

t.test('feedStream() does not change bytes that it has sent', async (t) => {
  const sent: Buffer[] = [];
  const piece = Buffer.alloc(MIB);
  async function* reusing(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 4; i++) yield piece.fill(i);
  }
  await feedStream(reusing(), async (part) => void sent.push(Buffer.from(part.buffer)));
  t.same(
    sent.map((part) => part[0]),
    [0, 1, 2, 3, undefined],
  );
});

t.test('feedStream() asks for no more while two parts are under way', async (t) => {
  let asked = 0;
  const waiting: (() => void)[] = [];
  async function* counting(): AsyncGenerator<Uint8Array> {
    for (; asked < 10; ) {
      asked++;
      yield Buffer.alloc(MIB);
    }
  }
  let most = 0;
  let done = 0;
  const feeding = feedStream(counting(), () => {
    most = Math.max(most, asked - done);
    return new Promise<void>((resolve) => {
      waiting.push(() => {
        done++;
        resolve();
      });
      // Answers only when the feed has come to rest.
      setImmediate(() => waiting.shift()!());
    });
  });
  await feeding;
  t.ok(most <= 3, `${most} were taken before one was done`);
  t.equal(done, 11);
});

t.test('feedStream() throws what the source throws once the parts under way have settled', async (t) => {
  let settled = false;
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(MIB);
    throw new Error('broken');
  }
  const feeding = feedStream(broken(), async () => {
    await new Promise((resolve) => setImmediate(resolve));
    settled = true;
  });
  await t.rejects(feeding, /broken/);
  t.ok(settled);
});

t.test('feedStream() throws at once what a part throws, and lets the source go', async (t) => {
  let returned = false;
  const silent: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      let asked = 0;
      return {
        next: () =>
          asked++ === 0 ? Promise.resolve({ done: false, value: Buffer.alloc(MIB) }) : new Promise(() => {}),
        return: async () => {
          returned = true;
          return { done: true, value: undefined };
        },
      };
    },
  };
  await t.rejects(
    feedStream(silent, async () => Promise.reject(new Error('disk full'))),
    /disk full/,
  );
  t.ok(returned);
});
