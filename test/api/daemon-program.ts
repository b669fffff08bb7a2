import { startDaemon } from './daemon.js';

/** A daemon in a process of its own: `daemon-program.js VAULT KEY SOCKET`. Says `ready` and works until it is ended. */
const [vault, keyFile, socket] = process.argv.slice(2);
const daemon = await startDaemon({ vault: vault!, keyFile: keyFile!, socket: socket! });
process.once('SIGTERM', () => void daemon.close());
process.stdout.write('ready\n');
