import { z } from 'zod';

/** ISO 8601 with a zone: nothing that depends on where the daemon runs. */
export const time = z.iso.datetime({ offset: true });
export const userId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/);
export const sessionId = userId;
export const snapshotKind = z.enum(['session_end', 'periodic', 'manual', 'critical']);
