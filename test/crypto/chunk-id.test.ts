import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { toHex } from '../../src/base/index.js';
import { createIdHasher, type IdKind } from '../../src/crypto/index.js';
import { fixedBytes } from './samples.js';

/** Node's types leave it to the browser's library. */
declare const WebAssembly: { Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer } };

const KEYS = { data: fixedBytes(32, 'data'), node: fixedBytes(32, 'node'), list: fixedBytes(32, 'list') };
const BY_KIND = { 1: KEYS.data, 2: KEYS.node, 3: KEYS.list };
const KINDS: readonly IdKind[] = [1, 2, 3];

function expected(kind: IdKind, plain: Uint8Array): string {
  return createHmac('sha256', BY_KIND[kind]).update(plain).digest('hex');
}

t.test('id() and idInPlace() equal HMAC-SHA-256 for every input, and leave the memory as it was', (t) => {
  const seed = 7;
  t.comment(`seed ${seed}`);
  const hasher = createIdHasher(KEYS);
  const out = new Uint8Array(40);
  const bytes = fc.uint8Array({ maxLength: 2000 });
  const property = fc.property(fc.constantFrom(...KINDS), bytes, bytes, bytes, (kind, before, plain, behind) => {
    const offset = 64 + before.length;
    const memory = new Uint8Array(offset + plain.length + behind.length);
    memory.set(before, 64);
    memory.fill(0xee, offset - 64, offset);
    memory.set(plain, offset);
    memory.set(behind, offset + plain.length);
    const untouched = toHex(memory);
    const want = expected(kind, plain);
    hasher.id(kind, plain, out, 3);
    const copied = toHex(out.subarray(3, 35));
    hasher.idInPlace(kind, memory, offset, plain.length, out, 8);
    return copied === want && toHex(out.subarray(8, 40)) === want && toHex(memory) === untouched;
  });
  fc.assert(property, { seed, numRuns: 3000 });
  t.pass('3,000 inputs');
  t.end();
});

t.test('id() equals HMAC-SHA-256 on both sides of its copying limit and of a hash block', (t) => {
  const hasher = createIdHasher(KEYS);
  const out = new Uint8Array(32);
  for (const length of [0, 1, 55, 56, 63, 64, 65, 8191, 8192, 8193, 300_000]) {
    const plain = fixedBytes(length, 'edge');
    hasher.id(1, plain, out, 0);
    t.equal(toHex(out), expected(1, plain), `${length} bytes`);
  }
  t.end();
});

t.test('idInPlace() hashes in WebAssembly memory', (t) => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(fixedBytes(5000, 'wasm'), 100);
  const out = new Uint8Array(32);
  createIdHasher(KEYS).idInPlace(2, bytes, 100, 5000, out, 0);
  t.equal(toHex(out), expected(2, fixedBytes(5000, 'wasm')));
  t.same(bytes.subarray(36, 100), new Uint8Array(64));
  t.end();
});

t.test('kinds never share an id', (t) => {
  const hasher = createIdHasher(KEYS);
  const ids = KINDS.map((kind) => {
    const out = new Uint8Array(32);
    hasher.id(kind, fixedBytes(100, 'same'), out, 0);
    return toHex(out);
  });
  t.equal(new Set(ids).size, 3);
  t.end();
});

t.test('an id hasher refuses ranges outside the memory and works no longer once closed', (t) => {
  const hasher = createIdHasher(KEYS);
  const memory = new Uint8Array(200);
  const out = new Uint8Array(32);
  t.throws(() => hasher.idInPlace(1, memory, 63, 10, out, 0), TypeError);
  t.throws(() => hasher.idInPlace(1, memory, 64, 137, out, 0), TypeError);
  t.throws(() => hasher.idInPlace(1, memory, 64, -1, out, 0), TypeError);
  t.throws(() => hasher.id(1, memory, out, 1), TypeError);
  t.throws(() => hasher.id(4 as IdKind, memory, out, 0), TypeError);
  hasher.close();
  t.throws(() => hasher.id(1, memory, out, 0), TypeError);
  t.end();
});
