import { asBuffer } from '../../base/index.js';

/** Attributes in which Linux keeps POSIX ACLs, and the pax records that carry them. */
export const ACL_RECORDS: Readonly<Record<string, string>> = {
  'system.posix_acl_access': 'SCHILY.acl.access',
  'system.posix_acl_default': 'SCHILY.acl.default',
};

const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
/** Tag → word, and whether an id belongs to it. */
const TAGS: Readonly<Record<number, { readonly word: string; readonly named: boolean }>> = {
  1: { word: 'user', named: false },
  2: { word: 'user', named: true },
  4: { word: 'group', named: false },
  8: { word: 'group', named: true },
  16: { word: 'mask', named: false },
  32: { word: 'other', named: false },
};

/**
 * A POSIX ACL as the short text that tar programs read, such as `user::rw-,user:1000:r--,group::r--,mask::r--,other::---`;
 * ids stay numbers. Undefined for bytes that are not one.
 */
export function aclText(value: Uint8Array): string | undefined {
  const bytes = asBuffer(value);
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== VERSION) return undefined;
  if ((bytes.length - HEADER_BYTES) % ENTRY_BYTES !== 0) return undefined;
  const entries: string[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    const tag = TAGS[bytes.readUInt16LE(at)];
    const permissions = bytes.readUInt16LE(at + 2);
    if (!tag || permissions > 7) return undefined;
    const bits = [...'rwx'].map((letter, i) => (permissions & (4 >> i) ? letter : '-')).join('');
    entries.push(`${tag.word}:${tag.named ? bytes.readUInt32LE(at + 4) : ''}:${bits}`);
  }
  return entries.length > 0 ? entries.join(',') : undefined;
}
