import { isUtf8 } from 'node:buffer';
import { COMMA, Slices } from '../../base/index.js';
import { JsonError, JsonScanner, spaceEnd, unexpected } from './json-scanner.js';
import { stringIs } from './record-id.js';

/** Bytes scanned in one go. */
const STEP_BYTES = 2 ** 20;

/** Where one member's value lies in an object. */
export interface MemberPlace {
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
}

/**
 * Finds the value of one member of a JSON object without making anything of it. Undefined where there is no such member.
 *
 * @throws {JsonError} where the bytes are not one JSON value in UTF-8, or the member stands there twice.
 */
export async function placeOfMember(json: Uint8Array, member: string): Promise<MemberPlace | undefined> {
  if (!isUtf8(json)) throw new JsonError('It is not UTF-8, which shows', 0);
  let start: number | undefined;
  let next: number | undefined;
  const scanner = new JsonScanner(json, 0, json.length, (nameStart, nameEnd, valueStart) => {
    if (start !== undefined) next ??= nameStart;
    if (!stringIs(json, nameStart, nameEnd, member)) return;
    if (start !== undefined) throw new JsonError(`"${member}" stands there twice`, nameStart);
    start = valueStart;
  });
  const slices = new Slices();
  while (!scanner.run(STEP_BYTES)) if (slices.over) await slices.next();
  const behind = spaceEnd(json, scanner.at, json.length);
  if (behind < json.length) throw unexpected(json[behind], behind);
  if (start === undefined) return undefined;
  // Behind the value is a comma and the next name, or the brace that closes the object.
  const closing = next === undefined ? scanner.at - 1 : json.lastIndexOf(COMMA, next);
  let end = closing;
  while (spaceEnd(json, end - 1, end) === end) end--;
  return { start, end };
}
