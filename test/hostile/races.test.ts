import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { capabilities } from '../../src/posix/index.js';
import type { RaceResult } from './race-run.js';

const SEED = 20_261_124;
const RACES = 800;

async function race(environment: NodeJS.ProcessEnv, threads: number): Promise<RaceResult> {
  const script = fileURLToPath(new URL('./races.js', import.meta.url));
  const args = [script, '--races', String(RACES), '--seed', String(SEED), '--threads', String(threads)];
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  await ended;
  return JSON.parse(text) as RaceResult;
}

for (const [title, environment, threads] of [
  ['as the system allows it', {}, 1],
  ['without calls of the C library', { BITACORA_NO_NATIVE: '1' }, 0],
] as const) {
  t.test(`nothing outside changes while what is restored is swapped for links, ${title}`, async (t) => {
    const result = await race(environment, threads);
    t.comment(JSON.stringify(result));
    t.same(result.changed, []);
    t.ok(result.races >= RACES);
    t.ok(result.swaps > 100, 'there were swaps');
    if (capabilities().nativeCalls) t.ok(result.disturbed > 0, 'and they were in the way of something');
  });
}
