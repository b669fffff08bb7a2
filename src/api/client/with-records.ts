import { concatBytes, utf8 } from '../../base/index.js';
import { MEDIA } from '../protocol.js';
import type { RecordBody } from '../records/body.js';
import type { Exchange } from './exchange.js';

/** Puts JSON into the member `data` of a call's body, each byte as it is. */
export function withData(call: Exchange, data: Uint8Array): Exchange {
  const head = JSON.stringify(call.json ?? {});
  const open = `${head.slice(0, -1)}${head === '{}' ? '' : ','}"data":`;
  return { ...call, json: concatBytes([utf8(open), data, utf8('}')]) };
}

/** A call with records: `asJson` and `asLines` are the same call with its input in the body, and in the query. */
export function withRecords(
  { kind, bytes, read }: RecordBody,
  asJson: () => Exchange,
  asLines: (body: AsyncIterable<Uint8Array>) => Exchange,
): Exchange {
  if (kind === 'json' && bytes) return withData(asJson(), bytes);
  const call = asLines(read());
  return { ...call, headers: { ...call.headers, 'content-type': MEDIA.lines } };
}
