import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { backup } from '../../src/backup/index.js';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { loadCodecs } from '../../src/codec/index.js';
import { createEngine, type Engine } from '../../src/engine/index.js';
import { decodeEntry, NodeReader, type ScopeRecord } from '../../src/format/index.js';
import { restore } from '../../src/restore/index.js';
import { initVault, openVault, type UserRepository } from '../../src/vault/index.js';
import { watchDelay } from './watch.js';

/**
 * Usage: node main.js FOLDER TREE TREE. Backs up both trees at once, each for a user of its own, then one of them again
 * with every file read, while the other is restored; as a daemon would, in one process with two workers. Prints for both how long the
 * main thread kept a timer waiting, as JSON.
 */
async function main([folder, ...trees]: readonly string[]): Promise<void> {
  if (folder === undefined || trees.length !== 2) throw new Error('Wanted: FOLDER TREE TREE.');
  await loadCodecs();
  const place = { path: join(folder, 'vault'), keyFile: join(folder, 'master.key') };
  await initVault(place);
  const vault = await openVault(place);
  const engine = await createEngine({ threads: 2 });
  const users = await Promise.all(
    trees.map(async (tree, number) => {
      const name = `user${number}`;
      await vault.ensureUser(name);
      return { tree, repository: await vault.openUser(name) };
    }),
  );
  const capture = ({ tree, repository }: (typeof users)[number], force: boolean) =>
    backup({
      repository,
      vaultPath: vault.path,
      engine,
      paths: [tree],
      kind: 'manual',
      force,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    });
  let scopes: readonly ScopeRecord[] = [];
  const first = await watchDelay(async () => {
    const reports = await Promise.all(users.map((user) => capture(user, false)));
    scopes = reports[0]!.scopes;
  });
  const target = join(folder, 'restored');
  await mkdir(target);
  const both = await watchDelay(async () => {
    await Promise.all([restoreTo(target, users[0]!.repository, engine, scopes), capture(users[1]!, true)]);
  });
  for (const { repository } of users) repository.close();
  await engine.close();
  await vault.close();
  process.stdout.write(`${JSON.stringify({ first, both })}\n`);
}

async function restoreTo(
  target: string,
  repository: UserRepository,
  engine: Engine,
  scopes: readonly ScopeRecord[],
): Promise<void> {
  const { chunks, backend, openSecrets: secrets } = repository;
  const report = await restore({
    source: { chunks, backend, secrets, engine },
    scopes: scopes.map(({ scope, path, entry }) => ({ scope, path, entry: decodeEntry(new NodeReader(entry, scope)) })),
    target,
  });
  if (report.failures.count > 0) throw new Error(`${report.failures.count} items were not restored.`);
}

await main(process.argv.slice(2));
