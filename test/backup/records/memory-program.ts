/** Captures as many megabytes of records in lines as told, in this process, and prints how much memory it had at most, in bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backup, readRecords, recordSource } from '../../../src/backup/index.js';
import { silentLogger, systemClock, systemRandom } from '../../../src/base/index.js';
import { loadCodecs } from '../../../src/codec/index.js';
import { createEngine } from '../../../src/engine/index.js';
import { initVault, openVault } from '../../../src/vault/index.js';
import { noise } from '../fixture.js';

const MEGABYTES = Number(process.argv[2]);
const LINE_BYTES = 400;

async function* lines(): AsyncGenerator<Uint8Array> {
  let id = 0;
  for (let megabyte = 0; megabyte < MEGABYTES; megabyte++) {
    const text = noise(500_000, megabyte).toString('hex');
    let part = '';
    for (let at = 0; at < text.length; at += LINE_BYTES) {
      const collection = `c${id % 50}`;
      part += `{"collection":"${collection}","record":{"id":"${id++}","text":"${text.slice(at, at + LINE_BYTES)}"}}\n`;
    }
    yield Buffer.from(part);
  }
}

const root = mkdtempSync(join(tmpdir(), 'bitacora-records-memory-'));
try {
  await loadCodecs();
  const place = { path: join(root, 'vault'), keyFile: join(root, 'key') };
  await initVault(place);
  const vault = await openVault(place);
  await vault.ensureUser('ana');
  const repository = await vault.openUser('ana');
  const engine = await createEngine({ threads: 1 });
  const open = () => readRecords('ndjson', lines());
  await backup({
    repository,
    vaultPath: place.path,
    engine,
    paths: [],
    records: recordSource(open, { session: 's1', userWide: [] }),
    kind: 'manual',
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  repository.close();
  await engine.close();
  await vault.close();
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(process.resourceUsage().maxRSS * 1024);
