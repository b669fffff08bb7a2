import { createGunzip } from 'node:zlib';
import { BitacoraError } from '../../base/index.js';

/**
 * What is packed with gzip, unpacked no faster than it is asked for; whoever reads sees to how much that may be.
 *
 * @throws {BitacoraError} `USAGE` where the bytes are no gzip or end too early; what `source` throws.
 */
export async function* inflate(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  let failure: unknown;
  const fed = feed(source, gunzip).catch((error: unknown) => {
    failure = error;
    gunzip.destroy();
  });
  try {
    for await (const bytes of gunzip) yield bytes as Uint8Array;
    await fed;
  } catch (error) {
    if (failure === undefined)
      throw new BitacoraError('USAGE', 'The body is no gzip, or ends too early.', { cause: error });
  } finally {
    gunzip.destroy();
  }
  if (failure !== undefined) throw failure;
}

/** Writes one piece after the other; stops where nobody reads any more. */
async function feed(source: AsyncIterable<Uint8Array>, gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  for await (const bytes of source) {
    if (gunzip.destroyed) return;
    if (!gunzip.write(bytes)) await drained(gunzip);
  }
  gunzip.end();
}

function drained(gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      gunzip.off('drain', done).off('close', done);
      resolve();
    };
    gunzip.on('drain', done).on('close', done);
  });
}
