/**
 * Storage that was tampered with, in many ways: `node dist/test/campaign/tamper.js [--cases COUNT --seed S --case I]`. Each case is
 * met by a machine without an index, by one with, and by one that has the user open. With `--case` that one runs alone.
 */
import { createEngine } from '../../src/engine/index.js';
import { numbersFrom } from './arguments.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';
import { runTamperCases } from './tamper-run.js';

const { cases, seed, case: only } = numbersFrom(process.argv.slice(2), { cases: 10_000, seed: 1, case: -1 });
const root = fastScratchDirectory('tamper');
const engine = await createEngine({ threads: 0 });
try {
  const numbers = only >= 0 ? [only] : Array.from({ length: cases }, (_, i) => i);
  const { tally, wrong } = await runTamperCases(root, engine, seed, numbers, (done, bad) => {
    if (done % 500 === 0) console.log(`${done} cases, ${bad} wrong`);
  });
  for (const key of [...tally.keys()].sort()) console.log(`${String(tally.get(key)).padStart(7)}  ${key}`);
  for (const line of wrong.slice(0, 20)) console.log(`WRONG  ${line}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
} finally {
  await engine.close();
  removeScratch(root);
}
