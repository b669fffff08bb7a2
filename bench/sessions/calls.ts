import { performance } from 'node:perf_hooks';
import type { BenchDaemon } from './daemon.js';

/** Ends a session, as the application does; seconds from the call to its answer, which says that all is durable. */
export async function endSession(
  daemon: BenchDaemon,
  user: string,
  session: string,
  data: Uint8Array,
): Promise<number> {
  const head = Buffer.from(`{"user_id":"${user}","session_id":"${session}","data":`);
  const began = performance.now();
  const answer = (await daemon.ask('POST', '/api/commands/end', [head, data, END])) as { status?: string };
  const seconds = (performance.now() - began) / 1000;
  if (answer.status !== 'complete') throw new Error(`The session ended as ${JSON.stringify(answer)}.`);
  return seconds;
}

const END = Buffer.from('}');

/** Has a session's records back in the answer; seconds until all of it is there. Throws unless every one of the actions is as it was. */
export async function restoreSession(
  daemon: BenchDaemon,
  user: string,
  session: string,
  data: Uint8Array,
): Promise<number> {
  const began = performance.now();
  const answer = await daemon.fetch('POST', '/api/restore/session', [
    Buffer.from(JSON.stringify({ user_id: user, session_id: session })),
  ]);
  const seconds = (performance.now() - began) / 1000;
  const sent = JSON.parse(Buffer.from(data).toString()) as { actions: unknown };
  const restored = JSON.parse(answer.toString()) as { data?: { actions?: unknown } };
  if (JSON.stringify(restored.data?.actions) !== JSON.stringify(sent.actions)) {
    throw new Error(`The session came back otherwise: ${answer.toString().slice(0, 300)}`);
  }
  return seconds;
}

/** The value that `share` of all stay below. */
export function percentile(values: readonly number[], share: number): number {
  const rising = [...values].sort((a, b) => a - b);
  return rising[Math.min(rising.length - 1, Math.floor(rising.length * share))] ?? Number.NaN;
}
