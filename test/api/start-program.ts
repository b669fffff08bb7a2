import { createRequire } from 'node:module';
import { startDaemon } from './daemon.js';
import { ask } from './http.js';

/** Prints which packages are loaded once a daemon has answered, and once it has described its API: `start-program.js VAULT KEY`. */
function packages(): string[] {
  const files = Object.keys(createRequire(import.meta.url).cache);
  return [...new Set(files.flatMap((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []))];
}

const [vault, keyFile] = process.argv.slice(2);
const daemon = await startDaemon({ vault: vault!, keyFile: keyFile! });
await ask(daemon.socket, '/api/health');
const before = packages();
await ask(daemon.socket, '/api/openapi.json');
process.stdout.write(JSON.stringify([before, packages()]));
await daemon.close();
