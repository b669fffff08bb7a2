import { join } from 'node:path';
import type { Command } from '../command.js';
import type { Program } from '../program.js';

export const restic: Program = {
  name: 'restic',
  settings: 'repository version 2, --compression auto, always encrypted (AES-256-CTR, Poly1305), own cache kept warm',
  versionCommand: { argv: ['restic', 'version'] },
  at(home) {
    const repository = join(home, 'repository');
    const env = { RESTIC_PASSWORD: 'bench', RESTIC_CACHE_DIR: join(home, 'cache') };
    const command = (...args: string[]): Command => ({ argv: ['restic', '--repo', repository, ...args], env });
    return {
      init: command('init', '--repository-version', '2'),
      backup: (tree) => command('--compression', 'auto', 'backup', tree),
      restore: (target) => command('restore', 'latest', '--target', target),
      storedFolder: repository,
    };
  },
};
