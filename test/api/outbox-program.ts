import { openOutbox } from '../../src/api/client/outbox.js';
import { BitacoraError } from '../../src/base/index.js';

/** `outbox-program.js DIRECTORY`: keeps ends of sessions one after another, saying the number of each that is kept, until it is killed. */
const end = () => Promise.reject(new BitacoraError('DAEMON_SILENT', 'Nobody is there.'));
const outbox = await openOutbox({ directory: process.argv[2]!, client: { end } });
for (let number = 0; ; number++) {
  await outbox.put({ user_id: 'ana', session_id: `s${number}`, data: { sparks: ['x'.repeat(number * 100)] } });
  process.stdout.write(`${number}\n`);
}
