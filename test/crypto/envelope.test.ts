import t from 'tap';
import { concatBytes, systemRandom, toHex, utf8 } from '../../src/base/index.js';
import { hkdf } from '../../src/crypto/hkdf.js';
import {
  createOpener,
  createSealer,
  encodeHeader,
  FOOTER_NUMBER,
  HEADER_BYTES,
  OBJECT_TYPES,
  type ObjectContext,
  readHeader,
  TRAILER_NUMBER,
} from '../../src/crypto/index.js';
import { CONTEXT, EXPECTED, fixedBytes, fixedRandom, flipped, refusal, TYPE_KEY } from './samples.js';

const PLAIN = fixedBytes(200, 'plain');

function sealedAs(number: number, context: ObjectContext = CONTEXT, random = systemRandom) {
  const sealer = createSealer(TYPE_KEY, context, random);
  const section = new Uint8Array(PLAIN.length + 16);
  sealer.seal(number, PLAIN, section, 0);
  return { header: sealer.header, section };
}

t.test('a header has the bytes of the format', (t) => {
  const { header } = sealedAs(0, CONTEXT, fixedRandom('header'));
  const salt = fixedRandom('header').bytes(32);
  const bound = concatBytes([header.subarray(0, 16), CONTEXT.vaultId, CONTEXT.uid]);
  const okm = hkdf(TYPE_KEY, salt, concatBytes([utf8('bitacora/0/object'), bound]), 64);
  t.equal(header.length, HEADER_BYTES);
  t.equal(toHex(header.subarray(0, 16)), '42495441000200000102030405060708');
  t.equal(toHex(header.subarray(16, 48)), toHex(salt));
  t.equal(toHex(header.subarray(48)), toHex(okm.subarray(32)));
  t.end();
});

t.test('readHeader() gives the fields back and ignores what follows the header', (t) => {
  const { header } = sealedAs(0);
  const read = readHeader(concatBytes([header, PLAIN]));
  t.match(read, { format: 0, type: OBJECT_TYPES.log, generation: 0x01020304, epoch: 0x05060708 });
  t.same(read.salt, header.subarray(16, 48));
  t.same(read.commitment, header.subarray(48));
  t.end();
});

t.test('readHeader() refuses what is no header, and a newer format by its own code', (t) => {
  const { header } = sealedAs(0);
  for (let length = 0; length < HEADER_BYTES; length++) {
    t.equal(
      refusal(() => readHeader(header.subarray(0, length))),
      'DATA_CORRUPT short',
    );
  }
  t.equal(
    refusal(() => readHeader(flipped(header, 0))),
    'DATA_CORRUPT magic',
  );
  t.equal(
    refusal(() => readHeader(flipped(header, 4))),
    'FORMAT_NEWER',
  );
  t.equal(
    refusal(() => readHeader(flipped(header, 5, 2))),
    'DATA_CORRUPT type',
  );
  t.equal(
    refusal(() => readHeader(flipped(header, 5, 8))),
    'DATA_CORRUPT type',
  );
  t.equal(
    refusal(() => readHeader(flipped(header, 6))),
    'DATA_CORRUPT reserved',
  );
  t.equal(
    refusal(() => readHeader(flipped(header, 7))),
    'DATA_CORRUPT reserved',
  );
  t.end();
});

t.test('createOpener() gives the sections back and errors name the object', (t) => {
  const { header, section } = sealedAs(7);
  const opener = createOpener(TYPE_KEY, header, EXPECTED);
  t.match(opener, { generation: CONTEXT.generation, epoch: CONTEXT.epoch });
  t.equal(toHex(opener.open(7, section)), toHex(PLAIN));
  t.throws(() => opener.open(8, section), {
    code: 'DATA_CORRUPT',
    message: /users\/u\/log\/1-x/,
    details: { object: EXPECTED.name, reason: 'tag' },
  });
  t.end();
});

t.test('createOpener() refuses every flipped header bit before it decrypts anything', (t) => {
  const { header } = sealedAs(0);
  const codes = new Map<string, number>();
  for (let bit = 0; bit < HEADER_BYTES * 8; bit++) {
    const code = refusal(() => createOpener(TYPE_KEY, flipped(header, bit >> 3, 1 << (bit & 7)), EXPECTED));
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  t.same(Object.fromEntries(codes), {
    'DATA_CORRUPT magic': 32,
    FORMAT_NEWER: 8,
    'DATA_CORRUPT type': 8,
    'DATA_CORRUPT reserved': 16,
    // generation and epoch, salt, commitment
    'DATA_CORRUPT commitment': 64 + 256 + 256,
  });
  t.end();
});

t.test('createOpener() refuses another key, vault, user and type', (t) => {
  const { header } = sealedAs(0);
  const other = fixedBytes(16, 'other');
  const commitment = 'DATA_CORRUPT commitment';
  t.equal(
    refusal(() => createOpener(flipped(TYPE_KEY, 0), header, EXPECTED)),
    commitment,
  );
  t.equal(
    refusal(() => createOpener(TYPE_KEY, header, { ...EXPECTED, vaultId: other })),
    commitment,
  );
  t.equal(
    refusal(() => createOpener(TYPE_KEY, header, { ...EXPECTED, uid: other })),
    commitment,
  );
  t.equal(
    refusal(() => createOpener(TYPE_KEY, header, { ...EXPECTED, type: 1 })),
    'DATA_CORRUPT type',
  );
  const retyped = flipped(header, 5, 3);
  t.equal(
    refusal(() => createOpener(TYPE_KEY, retyped, { ...EXPECTED, type: 1 })),
    commitment,
  );
  t.end();
});

t.test('open() refuses a section of another number or of another object of the same key', (t) => {
  const sealer = createSealer(TYPE_KEY, CONTEXT, systemRandom);
  const sections = [0, 1, FOOTER_NUMBER, TRAILER_NUMBER].map((number) => {
    const section = new Uint8Array(PLAIN.length + 16);
    sealer.seal(number, PLAIN, section, 0);
    return { number, section };
  });
  const opener = createOpener(TYPE_KEY, sealer.header, EXPECTED);
  const stranger = createOpener(TYPE_KEY, sealedAs(0).header, EXPECTED);
  for (const { number, section } of sections) {
    t.equal(toHex(opener.open(number, section)), toHex(PLAIN));
    t.equal(
      refusal(() => stranger.open(number, section)),
      'DATA_CORRUPT tag',
    );
    for (const other of sections) {
      if (other.number !== number)
        t.equal(
          refusal(() => opener.open(other.number, section)),
          'DATA_CORRUPT tag',
        );
    }
  }
  t.end();
});

t.test('open() writes to the place that it is given, which may be where the section lies', (t) => {
  const memory = new Uint8Array(1000).fill(9);
  const plain = fixedBytes(700, 'in place');
  const sealer = createSealer(TYPE_KEY, CONTEXT, systemRandom);
  t.equal(sealer.seal(0, plain, memory, 100), 716);
  const opener = createOpener(TYPE_KEY, sealer.header, EXPECTED);
  t.equal(opener.open(0, memory.subarray(100, 816), memory, 50), 700);
  t.same(memory.subarray(50, 750), plain);
  t.same(memory.subarray(0, 50), new Uint8Array(50).fill(9));
  t.same(memory.subarray(816), new Uint8Array(184).fill(9));
  t.end();
});

t.test('open() leaves the target alone when the tag fails', (t) => {
  const { header, section } = sealedAs(0);
  const target = new Uint8Array(300).fill(7);
  const opener = createOpener(TYPE_KEY, header, EXPECTED);
  t.equal(
    refusal(() => opener.open(0, flipped(section, 150), target, 10)),
    'DATA_CORRUPT tag',
  );
  t.same(target, new Uint8Array(300).fill(7));
  t.throws(() => opener.open(0, section, target, 101), TypeError);
  t.throws(() => opener.open(2 ** 32, section), TypeError);
  t.end();
});

t.test('seal() refuses numbers that were used, fall back or lie out of range', (t) => {
  const sealer = createSealer(TYPE_KEY, CONTEXT, systemRandom);
  const into = new Uint8Array(PLAIN.length + 16);
  const seal = (number: number) => sealer.seal(number, PLAIN, into, 0);
  seal(3);
  for (const number of [3, 2, 0, -1, 3.5, Number.NaN, 2 ** 32]) t.throws(() => seal(number), TypeError, `${number}`);
  seal(TRAILER_NUMBER);
  seal(4);
  seal(FOOTER_NUMBER);
  for (const number of [TRAILER_NUMBER, FOOTER_NUMBER, 4]) t.throws(() => seal(number), TypeError, `${number}`);
  seal(FOOTER_NUMBER - 1);
  t.throws(() => seal(FOOTER_NUMBER - 1), TypeError);
  t.end();
});

t.test('seal() refuses too little room without using up the number', (t) => {
  const sealer = createSealer(TYPE_KEY, CONTEXT, systemRandom);
  t.throws(() => sealer.seal(0, PLAIN, new Uint8Array(PLAIN.length + 15), 0), TypeError);
  t.throws(() => sealer.seal(0, PLAIN, new Uint8Array(PLAIN.length + 16), 1), TypeError);
  t.equal(sealer.seal(0, PLAIN, new Uint8Array(PLAIN.length + 16), 0), PLAIN.length + 16);
  t.end();
});

t.test('sealers and openers work no longer once closed', (t) => {
  const sealer = createSealer(TYPE_KEY, CONTEXT, systemRandom);
  const { header, section } = sealedAs(0);
  const opener = createOpener(TYPE_KEY, header, EXPECTED);
  sealer.close();
  opener.close();
  t.throws(() => sealer.seal(0, PLAIN, new Uint8Array(300), 0), TypeError);
  t.throws(() => opener.open(0, section), TypeError);
  t.end();
});

t.test('createSealer() refuses keys, ids and numbers out of range', (t) => {
  const create = (context: Partial<ObjectContext>, key = TYPE_KEY) =>
    createSealer(key, { ...CONTEXT, ...context }, systemRandom);
  t.throws(() => create({}, TYPE_KEY.subarray(1)), TypeError);
  t.throws(() => create({ format: 1 }), TypeError);
  t.throws(() => create({ type: 0 }), TypeError);
  t.throws(() => create({ type: 8 }), TypeError);
  t.throws(() => create({ generation: -1 }), TypeError);
  t.throws(() => create({ epoch: 2 ** 32 }), TypeError);
  t.throws(() => create({ vaultId: PLAIN }), TypeError);
  t.throws(() => create({ uid: new Uint8Array(0) }), TypeError);
  t.throws(() => encodeHeader(CONTEXT, new Uint8Array(31), new Uint8Array(32)), TypeError);
  t.end();
});
