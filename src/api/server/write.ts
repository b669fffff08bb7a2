import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { BitacoraError } from '../../base/index.js';

/** Writes at the pace of whoever reads. Throws `CANCELLED` once nobody does any more. */
export async function write(response: ServerResponse, data: string | Uint8Array): Promise<void> {
  if (response.destroyed || response.closed) throw gone();
  if (response.write(data)) return;
  const leave = new AbortController();
  try {
    await Promise.race([
      once(response, 'drain', { signal: leave.signal }),
      once(response, 'close', { signal: leave.signal }),
    ]);
  } finally {
    leave.abort();
  }
  if (response.destroyed) throw gone();
}

function gone(): BitacoraError {
  return new BitacoraError('CANCELLED', 'Whoever asked has gone away.');
}
