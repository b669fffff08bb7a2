import { printable } from '../base/index.js';
import type { ExtendedAttribute } from '../format/index.js';

/** What one entry can hold: its directory node has to fit into a frame of 4 MiB. */
export const ATTRIBUTE_BYTES_MOST = 3 * 2 ** 20;

export interface KeptAttributes {
  readonly xattrs: readonly ExtendedAttribute[];
  /** Why there are none although the item has some. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

/** The attributes of an item, or what to say where they are too large to keep. */
export function keptAttributes(xattrs: readonly ExtendedAttribute[], path: () => Uint8Array): KeptAttributes {
  let bytes = 0;
  for (const { name, value } of xattrs) bytes += name.length + value.length;
  if (bytes <= ATTRIBUTE_BYTES_MOST) return { xattrs, problem: undefined };
  const message = `Cannot keep the extended attributes of "${printable(path())}": they have ${bytes} bytes, and at most ${ATTRIBUTE_BYTES_MOST} can be kept. All else of it is.`;
  return { xattrs: [], problem: { code: 'E2BIG', message } };
}
