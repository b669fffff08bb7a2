import { join } from 'node:path';
import type { Command } from '../command.js';
import { cliPath } from '../places.js';
import type { Program } from '../program.js';

const USER = 'bench';

export const ours: Program = {
  name: 'bitacora',
  settings: 'defaults: zstd level 3, AES-256-GCM, key file outside the vault',
  versionCommand: { argv: [cliPath, '--version'] },
  at(home) {
    const vault = join(home, 'vault');
    const command = (...args: string[]): Command => ({
      argv: [cliPath, '--vault', vault, '--key-file', join(home, 'master.key'), ...args],
    });
    return {
      init: command('init'),
      backup: (tree) => command('backup', USER, '--path', tree),
      restore: (target) => command('restore', USER, '--latest', '--target', target),
      storedFolder: vault,
      indexFolder: join(vault, 'index'),
    };
  },
};
