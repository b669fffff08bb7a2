import type { Answer, Handlers } from './lane.js';
import type { BodyScan } from './records/scan-body.js';
import { scanBody, scanData } from './records/scan-body.js';

/** What goes there and back: whoever asks has the bytes again with the answer. */
export interface ScannedBody {
  readonly bytes: Uint8Array;
  readonly scan: BodyScan;
}

/** The calls that look through what was received. No state. */
export function createScanHandlers(): Handlers {
  return {
    'records.scan': async ({ bytes }: { readonly bytes: Uint8Array }): Promise<Answer> => {
      const scan = await scanBody(bytes);
      // The table is small beside the bytes.
      return { result: { bytes, scan } satisfies ScannedBody, transfer: [bytes.buffer as ArrayBuffer] };
    },
    'records.table': async ({ bytes }: { readonly bytes: Uint8Array }): Promise<Answer> => ({
      result: await scanData(bytes),
    }),
  };
}
