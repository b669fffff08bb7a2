import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createApp } from './app.js';
import { type ApiServer, DEFAULT_LIMITS, type ServerParts } from './parts.js';
import { listenOn } from './socket-file.js';

/** See `serveApi`. */
export async function startServer(parts: ServerParts): Promise<ApiServer> {
  const closing = new AbortController();
  const limits = { ...DEFAULT_LIMITS, ...parts.limits };
  const { dev, ino } = statSync(parts.host.vault.path);
  const app = await createApp({ parts, limits, closing: closing.signal, vaultIdentity: `${dev}-${ino}` });
  const socketFile = await listenOn(app.server, parts.socket);
  let closed: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    const gone = once(app.server, 'close');
    // No connection comes in any more; those that idle go, those that are being answered may finish.
    app.server.close();
    socketFile.release((error) =>
      parts.host.logger.warn('The socket could not be removed; the next start replaces it.', {
        socket: parts.socket,
        error: String(error),
      }),
    );
    closing.abort();
    app.server.closeIdleConnections();
    const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
    await gone;
    clearTimeout(timer);
    await app.close();
  };
  return {
    close: (graceMs) => {
      closed ??= close(graceMs);
      return closed;
    },
  };
}
