import { chooseVaultPath, initVault, makeReserve } from '../../vault/index.js';
import { readConfiguration } from '../configuration.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../context.js';

/** `bitacora init` */
export async function runInit({ globals, output, clock, random }: CommandContext): Promise<number> {
  const { environment } = await readConfiguration(globals);
  const { path, vaultId, keyFile } = await initVault({
    path: chooseVaultPath(globals.vault, environment),
    keyFile: globals.keyFile ?? environment.configuredKeyFile,
    environment,
    clock,
    random,
  });
  await makeReserve(path, random);
  if (output.json) {
    output.document({ vault: path, vault_id: vaultId, key_file: keyFile });
    return EXIT.ok;
  }
  for (const line of [
    `Vault       ${path}`,
    `Vault id    ${vaultId}`,
    `Master key  ${keyFile}`,
    '',
    'Save the master key now: without it nothing in this vault can ever be restored, by anybody. Copy the file to a safe',
    'place that does not burn down together with the vault: a password manager, an offline disk, a printed page. It is',
    `text:  cat ${quoted(keyFile)}`,
  ]) {
    output.line(line);
  }
  return EXIT.ok;
}

/** As a shell would want it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
