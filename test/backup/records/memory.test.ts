import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const PROGRAM = fileURLToPath(new URL('./memory-program.js', import.meta.url));
const GROWTH_BYTES_MAX = 64 * 2 ** 20;

function memoryFor(megabytes: number): number {
  return Number(execFileSync(process.execPath, [PROGRAM, String(megabytes)], { encoding: 'utf8' }));
}

t.test('backup() of 100 MB of records in 50 mixed collections takes little more memory than of 10 MB', async (t) => {
  const few = memoryFor(10);
  const many = memoryFor(100);
  t.ok(many - few < GROWTH_BYTES_MAX, `${few} and ${many} bytes`);
});
