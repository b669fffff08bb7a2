/**
 * A log of work sessions, as small as it can be: `node sessions.mjs USER NOTE…` is a session with a record for each note.
 * What it does with its backups is all that an application has to do. BITACORA_SOCKET and BITACORA_OUTBOX say where.
 */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BitacoraClient, openOutbox } from 'bitacora-backup/client';

const { BITACORA_SOCKET: socket, BITACORA_OUTBOX: directory = join(homedir(), '.cache', 'sessions-outbox') } =
  process.env;
const [user, ...notes] = process.argv.slice(2);
if (!user) throw new Error('Who works? node sessions.mjs USER NOTE…');

const client = new BitacoraClient({ ...(socket && { socket }), timeoutMs: 30_000 });
const outbox = await openOutbox({
  directory,
  client,
  onDelivered: (answer) => console.log(`safe      ${answer.session_id}: ${(answer.captured ?? []).join(', ')}`),
  onRefused: ({ sessionId, message }) => console.log(`refused   ${sessionId}: ${message}`),
});

// The session. Its records are the application's own business; here they are in memory.
const session_id = `session_${randomUUID()}`;
const started_at = new Date().toISOString();
const data = {
  sessions: [{ id: session_id, user_id: user, started_at, ended_at: new Date().toISOString() }],
  sparks: notes.map((text, index) => ({ id: `${session_id}-${index}`, text })),
  user_config: { theme: 'dark' },
};

// On disk once this returns, whether the backup daemon runs or not. From here on the session cannot be lost.
await outbox.put({ user_id: user, session_id, data });
console.log(`kept      ${session_id}`);

try {
  await outbox.flush();
  const { backups } = await client.list({ user_id: user });
  console.log(`backups   ${backups.length}, the newest of ${backups[0].timestamp}`);
  const { data: restored } = await client.sessionRecords({ user_id: user, session_id });
  for (const { text } of restored.sparks) console.log(`restored  ${text}`);
} catch (error) {
  // Nothing to do: the next run, or this one if it went on, delivers what waits.
  const { waiting } = await outbox.status();
  console.log(`waiting   ${waiting}, since ${error.code}: ${error.message}`);
}
await outbox.close();
