import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { allZeros, HOLE_BLOCK_BYTES, writeAroundZeros } from '../../src/engine/open-zeros.js';

const directory = mkdtempSync(join(tmpdir(), 'bitacora-zeros-'));
t.teardown(() => rmSync(directory, { recursive: true }));

t.test('writeAroundZeros() leaves whole blocks of zeros out and everything else in', async (test) => {
  const path = join(directory, 'f');
  const runs = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 10_000 })), { minLength: 1, maxLength: 8 });
  const seed = Math.floor(performance.timeOrigin) % 2 ** 31;
  test.comment(`seed ${seed}`);
  fc.assert(
    fc.property(runs, fc.nat(9000), (pieces, position) => {
      const memory = Buffer.concat([
        Buffer.alloc(7, 1),
        ...pieces.map(([data, length]) => Buffer.alloc(length, data ? 0xab : 0)),
      ]);
      const fd = openSync(path, 'w');
      try {
        writeAroundZeros(fd, memory, 7, memory.length, position);
        ftruncateSync(fd, position + memory.length - 7);
      } finally {
        closeSync(fd);
      }
      return readFileSync(path).equals(Buffer.concat([Buffer.alloc(position), memory.subarray(7)]));
    }),
    { seed, numRuns: 200 },
  );
  const fd = openSync(path, 'w');
  writeAroundZeros(fd, Buffer.alloc(HOLE_BLOCK_BYTES * 4), 0, HOLE_BLOCK_BYTES * 4, HOLE_BLOCK_BYTES);
  closeSync(fd);
  test.equal(statSync(path).size, 0);
});

t.test('allZeros() sees a single byte anywhere', async (test) => {
  const memory = new Uint8Array(3 * HOLE_BLOCK_BYTES + 5);
  test.equal(allZeros(memory, 0, memory.length), true);
  for (const at of [0, HOLE_BLOCK_BYTES - 1, HOLE_BLOCK_BYTES, memory.length - 1]) {
    memory[at] = 1;
    test.equal(allZeros(memory, 0, memory.length), false);
    memory[at] = 0;
  }
});
