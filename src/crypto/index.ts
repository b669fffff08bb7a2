/** Primitives and the key hierarchy: the one envelope of every sealed object, chunk ids, derived keys; no key comes from here and none stays here. */
export { createIdHasher, type IdHasher, type IdKind } from './chunk-id.js';
export { deriveDedup, deriveEncryption, deriveMaster, type IdKeys, type Key32, type MasterKeys } from './derive.js';
export { hmacSha256, sameBytes, sha256 } from './digest.js';
export {
  encodeHeader,
  HEADER_BYTES,
  OBJECT_FORMAT,
  OBJECT_TYPES,
  type ObjectContext,
  type ObjectHeader,
  type ObjectType,
  readHeader,
} from './header.js';
export { createOpener, type ExpectedObject, type Opener } from './opener.js';
export { padme } from './padme.js';
export { createSealer, FOOTER_NUMBER, MAX_SECTION_NUMBER, type Sealer, TRAILER_NUMBER } from './sealer.js';
export { TAG_BYTES } from './section.js';
export { openSimple, SIMPLE_BODY_BYTES_MAX, SIMPLE_PLAIN_BYTES_MIN, sealSimple } from './simple.js';
