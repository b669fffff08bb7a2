import { createCipheriv } from 'node:crypto';

/** AES-256-GCM (NIST SP 800-38D) spelled out over single AES blocks: slow, and sharing no code with the cipher it checks. */
const FIELD = 0xe1n << 120n;

function aesBlock(key: Uint8Array, block: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

function toNumber(block: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(block).toString('hex')}`);
}

function multiply(x: bigint, y: bigint): bigint {
  let product = 0n;
  let factor = y;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ FIELD : factor >> 1n;
  }
  return product;
}

function zeroPadded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)]);
}

function ghash(h: bigint, aad: Uint8Array, ciphertext: Uint8Array): bigint {
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64BE(BigInt(aad.length * 8), 0);
  lengths.writeBigUInt64BE(BigInt(ciphertext.length * 8), 8);
  const data = Buffer.concat([zeroPadded(aad), zeroPadded(ciphertext), lengths]);
  let state = 0n;
  for (let at = 0; at < data.length; at += 16) state = multiply(state ^ toNumber(data.subarray(at, at + 16)), h);
  return state;
}

function counterBlock(nonce: Uint8Array, counter: number): Buffer {
  const block = Buffer.alloc(16);
  block.set(nonce);
  block.writeUInt32BE(counter, 12);
  return block;
}

/** Ciphertext ‖ tag for a nonce of 12 bytes. */
export function referenceGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Buffer {
  const out = Buffer.alloc(plain.length + 16);
  for (let at = 0; at < plain.length; at += 16) {
    const stream = aesBlock(key, counterBlock(nonce, 2 + at / 16));
    for (let i = at; i < Math.min(at + 16, plain.length); i++) out[i] = plain[i]! ^ stream[i - at]!;
  }
  const h = toNumber(aesBlock(key, Buffer.alloc(16)));
  const tag = ghash(h, aad, out.subarray(0, plain.length)) ^ toNumber(aesBlock(key, counterBlock(nonce, 1)));
  out.write(tag.toString(16).padStart(32, '0'), plain.length, 'hex');
  return out;
}
