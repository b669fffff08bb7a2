import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import t from 'tap';
import { systemRandom } from '../../src/base/index.js';
import { createSealer, sealSimple } from '../../src/crypto/index.js';
import { CONTEXT, TYPE_KEY } from './samples.js';

/** Runs `work` and tells how many ciphers it made and how many different (key, nonce) pairs they had. */
function watchCiphers(work: () => void): { ciphers: number; pairs: number } {
  const original = crypto.createCipheriv;
  const pairs = new Set<string>();
  let ciphers = 0;
  const watched = (algorithm: string, key: Uint8Array, nonce: Uint8Array, options: object) => {
    ciphers++;
    pairs.add(Buffer.concat([key, nonce]).toString('latin1'));
    return Reflect.apply(original, crypto, [algorithm, key, nonce, options]);
  };
  Object.assign(crypto, { createCipheriv: watched });
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    Object.assign(crypto, { createCipheriv: original });
    syncBuiltinESMExports();
  }
  return { ciphers, pairs: pairs.size };
}

t.test('100,000 seals use 100,000 different pairs of key and nonce', (t) => {
  const plain = new Uint8Array(8);
  const into = new Uint8Array(24);
  const seen = watchCiphers(() => {
    for (let object = 0; object < 1000; object++) {
      const sealer = createSealer(TYPE_KEY, CONTEXT, systemRandom);
      for (let number = 0; number < 95; number++) sealer.seal(number, plain, into, 0);
      sealer.close();
      for (let simple = 0; simple < 5; simple++) sealSimple(TYPE_KEY, CONTEXT, plain, systemRandom);
    }
  });
  t.same(seen, { ciphers: 100_000, pairs: 100_000 });
  t.end();
});

t.test('a repeated salt repeats pairs, so the watch sees what it is for', (t) => {
  const stuck = { bytes: (length: number) => new Uint8Array(length) };
  const seen = watchCiphers(() => {
    for (let i = 0; i < 2; i++) sealSimple(TYPE_KEY, CONTEXT, new Uint8Array(8), stuck);
  });
  t.same(seen, { ciphers: 2, pairs: 1 });
  t.end();
});
