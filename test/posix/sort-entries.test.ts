import fc from 'fast-check';
import { test } from 'tap';
import { compareBytes } from '../../src/base/index.js';
import { ListingBuilder } from '../../src/posix/directory-listing.js';

const byte = fc.oneof(fc.constantFrom(1, 0x61, 0x62, 0xff), fc.integer({ min: 1, max: 255 }));
const name = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => bytes.map((b) => b || 1));
const alike = fc.array(byte, { minLength: 1, maxLength: 6 }).map((bytes) => Uint8Array.from(bytes));
const names = fc.array(fc.oneof(alike, name), { maxLength: 400 });

test('a listing returns what was added, sorted as memcmp sorts', (t) => {
  fc.assert(
    fc.property(names, (added) => {
      const builder = new ListingBuilder();
      for (const bytes of added) builder.add(bytes.length & 15, bytes, 0, bytes.length);
      const listing = builder.finish();
      const found = Array.from({ length: listing.length }, (_, i) => Buffer.from(listing.name(i)).toString('hex'));
      const typesMatch = found.every((hex, i) => listing.type(i) === ((hex.length / 2) & 15));
      const expected = [...added].sort(compareBytes).map((bytes) => Buffer.from(bytes).toString('hex'));
      return typesMatch && JSON.stringify(found) === JSON.stringify(expected);
    }),
    { numRuns: 300, verbose: 1 },
  );
  t.pass('300 lists');
  t.end();
});

test('a listing spreads over as many segments as it needs', (t) => {
  const builder = new ListingBuilder();
  const count = 30_000;
  for (let i = count; i-- > 0; ) {
    const bytes = Buffer.from(`${String(i).padStart(6, '0')}${'n'.repeat(i % 50)}`);
    builder.add(8, bytes, 0, bytes.length);
  }
  const listing = builder.finish();
  t.equal(listing.length, count);
  const wrong = Array.from({ length: count }, (_, i) => Buffer.from(listing.name(i)).toString()).findIndex(
    (text, i) => text !== `${String(i).padStart(6, '0')}${'n'.repeat(i % 50)}`,
  );
  t.equal(wrong, -1);
  t.end();
});
