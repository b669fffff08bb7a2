import { BitacoraError, type ErrorCode, type Logger, silentLogger } from '../../src/base/index.js';
import { loadCodecs } from '../../src/codec/index.js';
import { createEngine } from '../../src/engine/index.js';
import { decodeEntry, NodeReader } from '../../src/format/index.js';
import { restore } from '../../src/restore/index.js';
import { openVault } from '../../src/vault/index.js';

export interface RestoreCall {
  readonly vault: string;
  readonly keyFile: string;
  readonly user: string;
  readonly snapshot: string;
  readonly target: string;
  readonly logger?: Logger;
}

/** Restores one snapshot with the program's own rooms, and fails with the code of the first item that failed. */
export async function restoreSnapshot(call: RestoreCall): Promise<void> {
  await loadCodecs();
  const { keyFile, logger = silentLogger } = call;
  const vault = await openVault({ path: call.vault, keyFile, logger });
  const engine = await createEngine({ threads: 0 });
  try {
    const repository = await vault.openUser(call.user);
    const { manifest } = await repository.snapshots.find(call.snapshot);
    const { chunks, backend, openSecrets: secrets } = repository;
    const { failures } = await restore({
      source: { chunks, backend, secrets, engine, vaultPath: vault.path },
      scopes: manifest.scopes.map((scope) => ({ ...scope, entry: decodeEntry(new NodeReader(scope.entry, 'a root')) })),
      target: call.target,
    });
    const [first] = failures.items;
    if (first) throw new BitacoraError(first.code as ErrorCode, first.message);
    repository.close();
  } finally {
    await engine.close();
    await vault.close();
  }
}
