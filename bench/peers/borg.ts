import { join } from 'node:path';
import type { Program } from '../program.js';

/** `repokey` is the faster of Borg's two modes on a processor with SHA instructions. */
export const borg: Program = {
  name: 'borg',
  settings: '--compression zstd,1, --encryption repokey (AES-256-CTR, HMAC-SHA-256), own cache kept warm',
  versionCommand: { argv: ['borg', '--version'] },
  at(home) {
    const repository = join(home, 'repository');
    const env = { BORG_PASSPHRASE: 'bench', BORG_BASE_DIR: join(home, 'base') };
    return {
      init: { argv: ['borg', 'init', '--encryption', 'repokey', repository], env },
      backup: (tree, label) => ({
        argv: ['borg', 'create', '--compression', 'zstd,1', `${repository}::${label}`, tree],
        env,
      }),
      // Borg extracts into its working directory.
      restore: (target, label) => ({ argv: ['borg', 'extract', `${repository}::${label}`], env, cwd: target }),
      storedFolder: repository,
    };
  },
};
