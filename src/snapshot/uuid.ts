import { asBuffer, BitacoraError, type Clock, type Random, toHex } from '../base/index.js';

/** A UUIDv7 (RFC 9562): 48 bits of time, then version, variant and 74 random bits. The caller owns the 16 bytes. */
export function createUuid(clock: Clock, random: Random): Uint8Array {
  const uuid = random.bytes(16);
  asBuffer(uuid).writeUIntBE(Math.max(0, Math.floor(clock.now())), 0, 6);
  uuid[6] = (uuid[6]! & 0x0f) | 0x70;
  uuid[8] = (uuid[8]! & 0x3f) | 0x80;
  return uuid;
}

/** `018f4d2e-…` of 16 bytes. */
export function formatUuid(uuid: Uint8Array): string {
  const hex = toHex(uuid);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const PREFIX_DIGITS_MIN = 8;

/**
 * The hex digits of a snapshot's id or of the beginning of one, with or without dashes.
 *
 * @throws {BitacoraError} `USAGE` for anything else, or for fewer than 8 digits.
 */
export function parseUuidPrefix(text: string): string {
  const digits = text.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{8,32}$/.test(digits)) {
    throw new BitacoraError(
      'USAGE',
      `Not a snapshot id: "${text}". Give at least ${PREFIX_DIGITS_MIN} hexadecimal digits of one, as \`bitacora list\` shows it.`,
      { details: { snapshot: text } },
    );
  }
  return digits;
}
