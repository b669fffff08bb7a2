import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMaker } from './keeping/maker.js';
import { systemClock, silentLogger, noProgress } from '../src/base/index.js';
import { pruneUser } from '../src/upkeep/index.js';
const folder = process.argv[2]!;
const maker = await openMaker(folder, { threads: 1 });
await maker.vault.ensureUser('ana');
const tree = join(folder, 'tree'); mkdirSync(tree);
let repository = await maker.vault.openUser('ana');
const ids: Uint8Array[] = [];
for (let i = 0; i < 300; i++) {
  for (let f = 0; f < 66; f++) writeFileSync(join(tree, `f${(i * 17 + f) % 400}`), randomBytes(3000));
  maker.clock.time += 3600_000;
  ids.push((await maker.capture(repository, { paths: [tree] })).backupId!);
}
await repository.log.append({ kind: 'forget', body: { backupIds: ids.filter((_, i) => i % 3 !== 0) } });
repository.close();
repository = await maker.vault.openUser('ana');
console.log('packs', repository.index.packNames().length, 'chunks', repository.index.mark);
const pruner = await maker.vault.openUser('ana');
let done = false;
const p = pruneUser(pruner, { engine: maker.engine, opened: maker.vault.opened, clock: systemClock, allowLarge: true, logger: silentLogger, progress: noProgress }).then((r) => { done = true; return r; });
const waits: number[] = []; const turns: number[] = [];
let lastTurn = performance.now(); const t = setInterval(() => { const n = performance.now(); turns.push(n - lastTurn - 1); lastTurn = n; }, 1);
const small = join(folder, 'small'); mkdirSync(small);
const caps: number[] = [];
const c0 = performance.now(); const cpu = process.cpuUsage();
while (!done) {
  const b = performance.now();
  await repository.log.appendAfter(async () => { waits.push(performance.now() - b); return undefined; });
  writeFileSync(join(small, 'x'), randomBytes(2000));
  const s = performance.now();
  await maker.capture(repository, { paths: [small] });
  caps.push(performance.now() - s);
}
const result = await p;
clearInterval(t);
const u = process.cpuUsage(cpu);
const q = (a: number[]) => { a.sort((x, y) => x - y); return { n: a.length, p50: a[a.length >> 1]?.toFixed(1), p99: a[Math.floor(a.length * 0.99)]?.toFixed(1), max: a.at(-1)?.toFixed(1) }; };
console.log('prune wall', (performance.now() - c0).toFixed(0), 'cpu', (u.user + u.system) / 1e3, 'ms', JSON.stringify({ ...result, snapshots: result.snapshots.length }));
console.log('wait for the log', q(waits), 'backup of one file', q(caps), 'loop', q(turns));
console.log('rss', process.memoryUsage().rss / 2 ** 20);
repository.close(); pruner.close();
await maker.close();
