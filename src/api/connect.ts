import type { ApiClient, ClientOptions } from './client/options.js';

/**
 * Reaches a daemon. The client's code is loaded now: without a daemon nobody needs it.
 *
 * @throws {BitacoraError} `DAEMON_SILENT` where nobody answers; `NOT_ALLOWED`; `DAEMON_OTHER` for another version of the API
 *   or another vault.
 */
export async function connectApi(options: ClientOptions): Promise<ApiClient> {
  const { reachDaemon } = await import('./client/client.js');
  return reachDaemon(options);
}
