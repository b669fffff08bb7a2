import type { ApiServer, ServerParts } from './server/parts.js';

/**
 * Serves the API on a Unix socket. The server's code is loaded now: nothing else of this room needs it.
 *
 * @throws {BitacoraError} `CONFIG` where the socket cannot be had.
 */
export async function serveApi(parts: ServerParts): Promise<ApiServer> {
  const { startServer } = await import('./server/start.js');
  return startServer(parts);
}
