import { BitacoraError } from '../../src/base/index.js';
import { openVault } from '../../src/vault/index.js';

/** Opens a vault in a process of its own. Arguments: path, key file, and what to do: hold it, open it twice, or read it. */
const [path, keyFile, what = 'hold'] = process.argv.slice(2) as [string, string, string?];

try {
  const vault = await openVault({ path, keyFile });
  if (what === 'twice') await openVault({ path, keyFile });
  if (what === 'read') {
    const user = await vault.openUser('ana');
    const snapshots = await user.snapshots.list();
    const write = await vault.ensureUser('bob').catch((error: BitacoraError) => error.code);
    console.log(`readOnly=${vault.readOnly} snapshots=${snapshots.length} write=${write}`);
    await vault.close();
  }
  if (what === 'hold') {
    process.send?.('open');
    // Keeps the process until it is killed.
    setInterval(() => undefined, 1 << 30);
  }
} catch (error) {
  process.exit(error instanceof BitacoraError ? error.exitCode : 1);
}
