/** The reference reader from the command line: `node dist/test/reference/restore.js VAULT KEYFILE USER TARGET`. */
import { restoreNewest } from './reader.js';

const [vault, keyFile, user, target] = process.argv.slice(2);
if (!vault || !keyFile || !user || !target) {
  console.error('Usage: restore.js VAULT KEYFILE USER TARGET');
  process.exitCode = 64;
} else {
  for (const warning of await restoreNewest(vault, keyFile, user, target)) console.error(warning);
}
