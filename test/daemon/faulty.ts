/** A daemon with a fault, for tests: takes a vault's lock, says so, and then does what its argument says. */
import { createLog } from '../../src/daemon/log.js';
import { dieOnUncaught } from '../../src/daemon/run.js';
import { openVault } from '../../src/vault/index.js';

const [path = '', keyFile = '', fault = ''] = process.argv.slice(2);
dieOnUncaught(createLog('info'));
await openVault({ path, keyFile });
setInterval(() => {}, 1000);
if (fault === 'reject') void Promise.reject(new RangeError('nobody waits'));
else
  setImmediate(() => {
    throw new RangeError('nobody catches');
  });
