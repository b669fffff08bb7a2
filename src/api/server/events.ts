import type { ServerResponse } from 'node:http';
import { jsonText } from '../../base/index.js';
import type { Job, JobQueue } from '../../scheduler/index.js';
import { jobDocument } from '../job-document.js';
import { write } from './write.js';

/**
 * A job's changes as server-sent events, named by its state, up to its end: `id` is the revision, `data` the job. Who comes
 * back with the last id gets what is newer, and the end in any case.
 */
export async function writeEvents(
  response: ServerResponse,
  queue: JobQueue,
  id: string,
  options: { readonly after?: number | undefined; readonly signal: AbortSignal; readonly heartbeatMs: number },
): Promise<void> {
  const { after, signal, heartbeatMs } = options;
  // A comment, for proxies and readers that give up on silence. Not while a slow reader has enough to read.
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain && !response.destroyed) response.write(': still here\n\n');
  }, heartbeatMs);
  try {
    for await (const job of queue.follow(id, { after, signal })) await write(response, eventText(job));
    response.end();
  } finally {
    clearInterval(heartbeat);
  }
}

function eventText(job: Job): string {
  return `id: ${job.revision}\nevent: ${job.state}\ndata: ${jsonText(jobDocument(job))}\n\n`;
}
