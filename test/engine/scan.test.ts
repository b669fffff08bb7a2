import t from 'tap';
import { createEngine, scanInWorker, tableInWorker } from '../../src/engine/index.js';

const RECORDS = `[${Array.from({ length: 4000 }, (_, i) => `{"id":"r${i}"}`).join(',')}]`;

for (const threads of [0, 1]) {
  t.test(`scanInWorker() with ${threads} threads hands the bytes back, and leaves what lies beside them`, async (t) => {
    const engine = await createEngine({ threads });
    t.teardown(() => engine.close());
    const text = `{"user_id":"ana","data":{"a":${RECORDS}}}`;
    for (const [bytes, whole] of [
      [Buffer.concat([Buffer.from(text)]), true],
      [Buffer.from(`${text} beside`).subarray(0, text.length), false],
    ] as const) {
      const around = bytes.buffer;
      const { bytes: back, scan } = await scanInWorker(async () => engine, bytes);
      t.equal(Buffer.from(back).toString(), text);
      t.match(scan, {
        data: { start: 24, end: text.length - 1 },
        table: { collections: [{ name: 'a', records: 4000 }] },
      });
      if (!whole) t.ok(around.byteLength > text.length, 'memory that is shared stays where it is');
    }
  });

  t.test(`tableInWorker() with ${threads} threads leaves the records as they were`, async (t) => {
    const engine = await createEngine({ threads });
    t.teardown(() => engine.close());
    const json = Buffer.concat([Buffer.from(`{"a":${RECORDS}}`)]);
    const before = json.toString();
    for (let times = 0; times < 2; times++) t.match(await tableInWorker(engine, json), { ranges: { length: 8000 } });
    t.equal(json.toString(), before);
  });
}
