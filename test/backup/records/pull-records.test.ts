import t from 'tap';
import { pullRecords } from '../../../src/backup/index.js';

async function pull(script: string, timeoutMs = 60_000): Promise<unknown[]> {
  const env = { BITACORA_USER: 'ana', BITACORA_SESSION: 's1' };
  const open = pullRecords({ argv: [process.execPath, '-e', script], env, timeoutMs, graceMs: 1000 });
  const all: unknown[] = [];
  for await (const parts of open(new AbortController().signal)) {
    for (const { collection, json } of parts) all.push([collection, json && Buffer.from(json).toString()]);
  }
  return all;
}

t.test('pullRecords() takes what a program prints, as lines or as one object', async (t) => {
  const lines = `console.log(JSON.stringify({ collection: process.env.BITACORA_USER, record: process.env.BITACORA_SESSION }))`;
  t.same(await pull(lines), [['ana', '"s1"']]);
  t.same(await pull(`console.log('{"a":[1.0,\\n2]}')`), [
    ['a', undefined],
    ['a', '1.0'],
    ['a', '2'],
  ]);
  t.same(await pull(''), []);
});

t.test('pullRecords() fails with the program, and where it prints what is no records', async (t) => {
  const failed = (script: string, message: RegExp, timeoutMs?: number) =>
    t.rejects(pull(script, timeoutMs), { code: 'SOURCE_FAILED', message });
  await failed(
    `console.log('{"collection":"a","record":1}'); console.error('out of luck'); process.exitCode = 3`,
    /ended with exit code 3\. Nothing of them was kept\. It said: out of luck/,
  );
  await failed(`console.log('{"a":[1,]}')`, /printed what cannot be read: The records are no JSON/);
  await failed(`console.log('{"collection":"a"}\\nno')`, /printed what cannot be read: Line 2/);
  await failed('setInterval(() => {}, 1000)', /did not end within 0\.2 s/, 200);
});
