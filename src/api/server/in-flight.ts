import type { FastifyReply, FastifyRequest } from 'fastify';
import { BitacoraError } from '../../base/index.js';

/** How much memory the bodies of calls take that are not answered yet: many at once must not fill it. */
export class InFlight {
  readonly #most: number;
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Counts a body until its call is answered or broken off.
   *
   * @param most - What it can come to where the header does not say, or says it of what is packed.
   * @throws {BitacoraError} `QUEUE_FULL`.
   */
  admit({ headers }: FastifyRequest, reply: FastifyReply, most: number, packed: boolean): void {
    const length = headers['content-length'] ?? (headers['transfer-encoding'] === undefined ? 0 : undefined);
    const told = packed ? Number.NaN : Number(length ?? Number.NaN);
    const bytes = told <= most ? told : most;
    if (this.#bytes + bytes > this.#most) {
      const message = 'Other calls fill the memory that there is for records. Try again later.';
      throw new BitacoraError('QUEUE_FULL', message, { retryable: true });
    }
    this.#bytes += bytes;
    reply.raw.once('close', () => {
      this.#bytes -= bytes;
    });
  }
}
