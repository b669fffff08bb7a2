import { gzipSync } from 'node:zlib';
import { isBitacoraError, utf8 } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  type ContentItem,
  ENTRY_TYPES,
  encodeListInner,
  encodeListLeaf,
  type TreeEntry,
} from '../../src/format/index.js';
import type { HostileCase, HostileMaker } from './hostile-case.js';
import { rawFrame } from './raw-pack.js';

const SIZE_MAX = Number.MAX_SAFE_INTEGER;

function ofItems(maker: HostileMaker, size: number, items: readonly ContentItem[]): TreeEntry {
  return maker.entry('a', ENTRY_TYPES.file, { form: 'items', items }, { size });
}

function ofList(maker: HostileMaker, size: number, list: Uint8Array): TreeEntry {
  const id = maker.chunk(CHUNK_KINDS.list, list);
  return maker.entry('a', ENTRY_TYPES.file, { form: 'list', id }, { size });
}

/** A case of one file `a`; its neighbour must come back. */
function fileCase(title: string, codes: readonly string[], make: (maker: HostileMaker) => TreeEntry): HostileCase {
  return {
    title,
    make: (maker) => [make(maker), maker.file('z', 'good')],
    codes,
    left: ['z = good'],
  };
}

const data = (maker: HostileMaker, text = '0123456789'): Uint8Array => maker.chunk(CHUNK_KINDS.data, utf8(text));

export const CONTENT_CASES: readonly HostileCase[] = [
  fileCase('a chunk longer than its file', ['DATA_CORRUPT'], (maker) => maker.file('a', 'too long', { size: 3 })),
  fileCase('a chunk shorter than its file', ['DATA_CORRUPT'], (maker) => maker.file('a', 'short', { size: 2 ** 40 })),
  fileCase('a chunk for a file of 2^53 - 1 bytes', ['DATA_CORRUPT'], (maker) =>
    maker.file('a', 'short', { size: SIZE_MAX }),
  ),
  fileCase('runs that add up to less than the size', ['DATA_CORRUPT'], (maker) =>
    ofItems(maker, 99, [{ length: 10, id: data(maker) }]),
  ),
  fileCase('a run that says another length than its chunk has', ['DATA_CORRUPT'], (maker) =>
    ofItems(maker, 12, [{ length: 12, id: data(maker) }]),
  ),
  fileCase('a run longer than 2^52', ['DATA_CORRUPT', 'EFBIG', 'ENOSPC'], (maker) =>
    ofItems(maker, 2 ** 52 - 1, [{ length: 2 ** 52 - 1, id: data(maker) }]),
  ),
  {
    title: 'a hole of nearly 2^52 bytes',
    make: (maker) => [ofItems(maker, 2 ** 52 - 1, [{ length: 2 ** 52 - 1, id: undefined }]), maker.file('z', 'good')],
  },
  {
    title: 'a hole of nearly 2^52 bytes behind a chunk',
    make: (maker) => {
      const items = [
        { length: 10, id: data(maker) },
        { length: 2 ** 51, id: undefined },
      ];
      return [ofItems(maker, 2 ** 51 + 10, items), maker.file('z', 'good')];
    },
  },
  fileCase('a chunk list that does not add up', ['DATA_CORRUPT'], (maker) =>
    ofList(maker, 99, encodeListLeaf([{ length: 10, id: data(maker) }])),
  ),
  fileCase('a chunk list that adds up to more', ['DATA_CORRUPT'], (maker) =>
    ofList(maker, 15, encodeListLeaf([1, 2, 3].map(() => ({ length: 10, id: data(maker) })))),
  ),
  fileCase('a part of a list of another length', ['DATA_CORRUPT'], (maker) => {
    const leaf = maker.chunk(CHUNK_KINDS.list, encodeListLeaf([{ length: 10, id: data(maker) }]));
    return ofList(maker, 11, encodeListInner(1, [{ length: 11, id: leaf }]));
  }),
  fileCase('list lengths whose sum passes 2^53', ['DATA_CORRUPT'], (maker) => {
    const leaf = maker.chunk(CHUNK_KINDS.list, encodeListLeaf([{ length: 2 ** 51, id: undefined }]));
    const children = Array.from({ length: 8 }, () => ({ length: 2 ** 51, id: leaf }));
    return ofList(maker, SIZE_MAX, encodeListInner(1, children));
  }),
  fileCase('a list whose levels do not fall', ['DATA_CORRUPT'], (maker) => {
    const leaf = maker.chunk(CHUNK_KINDS.list, encodeListLeaf([{ length: 10, id: data(maker) }]));
    const inner = maker.chunk(CHUNK_KINDS.list, encodeListInner(1, [{ length: 10, id: leaf }]));
    return ofList(maker, 10, encodeListInner(1, [{ length: 10, id: inner }]));
  }),
  fileCase('an empty list leaf', ['DATA_CORRUPT'], (maker) => ofList(maker, 10, Uint8Array.of(3, 0))),
  fileCase('a list that is a directory node', ['DATA_CORRUPT'], (maker) => {
    const id = maker.leaf([maker.file('x', '1')]);
    return maker.entry('a', ENTRY_TYPES.file, { form: 'list', id }, { size: 5 });
  }),
  fileCase('a file whose chunk is a directory node', ['DATA_CORRUPT'], (maker) => {
    const id = maker.leaf([maker.file('x', '1')]);
    return maker.entry('a', ENTRY_TYPES.file, { form: 'chunk', id }, { size: 3 });
  }),
  fileCase('a file with bytes and no content', ['DATA_CORRUPT'], (maker) =>
    maker.entry('a', ENTRY_TYPES.file, { form: 'none' }, { size: 5 }),
  ),
  fileCase('a file whose chunk is in no pack', ['OBJECT_MISSING'], (maker) =>
    maker.entry('a', ENTRY_TYPES.file, { form: 'chunk', id: new Uint8Array(32).fill(9) }, { size: 3 }),
  ),
  {
    title: 'one byte ten thousand times',
    make: (maker) => {
      const id = data(maker, 'x');
      const items = Array.from({ length: 10_000 }, () => ({ length: 1, id }));
      return [ofList(maker, items.length, encodeListLeaf(items)), maker.file('z', 'good')];
    },
    left: [`a = ${'x'.repeat(40)}`, 'z = good'],
  },
];

/** Frames and packs that lie about themselves. `plain` is what the one chunk of the frame is said to be. */
function frameCase(
  title: string,
  codes: readonly string[],
  put: (maker: HostileMaker, id: Uint8Array, plain: Uint8Array) => Promise<void>,
): HostileCase {
  return {
    title,
    async make(maker) {
      const plain = utf8('what the chunk is said to hold');
      const id = maker.idOf(CHUNK_KINDS.data, plain);
      await put(maker, id, plain);
      const content = { form: 'chunk', id } as const;
      return [maker.entry('a', ENTRY_TYPES.file, content, { size: plain.length }), maker.file('z', 'good')];
    },
    codes,
    left: ['z = good'],
  };
}

const FRAME_MAX = 4 * 1024 * 1024 + 64 * 1024;
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });

/** A zstd frame of one block that repeats one byte: 128 KiB for four bytes. */
function zstdBomb(declared: number): Uint8Array {
  const header = Buffer.alloc(10);
  header.writeUInt32LE(0xfd2fb528, 0);
  header[4] = 0x80;
  header[5] = 0x58;
  header.writeUInt32LE(declared, 6);
  const block = (last: boolean): Buffer => Buffer.from([(last ? 1 : 0) | 2, 0, 0x10, 0x41]);
  return Buffer.concat([header, ...Array.from({ length: 600 }, (_, i) => block(i === 599))]);
}

export const FRAME_CASES: readonly HostileCase[] = [
  frameCase('a frame that claims 4 GiB', ['DATA_CORRUPT'], (maker, id, plain) =>
    maker.rawPack({ frames: [{ kind: 1, ids: [id], plain: rawFrame(1, 0, 2 ** 32, [2 ** 32], plain) }] }),
  ),
  frameCase('a gzip bomb that says its true length', ['DATA_CORRUPT'], (maker, id) =>
    maker.rawPack({ frames: [{ kind: 1, ids: [id], plain: rawFrame(1, 3, 2 ** 26, [2 ** 26], bomb) }] }),
  ),
  frameCase('a gzip bomb that says that it is small', ['DATA_CORRUPT'], (maker, id) =>
    maker.rawPack({ frames: [{ kind: 1, ids: [id], plain: rawFrame(1, 3, FRAME_MAX, [FRAME_MAX], bomb) }] }),
  ),
  frameCase('a zstd bomb that says its true length', ['DATA_CORRUPT'], (maker, id) => {
    const length = 600 * 2 ** 17;
    return maker.rawPack({
      frames: [{ kind: 1, ids: [id], plain: rawFrame(1, 1, length, [length], zstdBomb(length)) }],
    });
  }),
  frameCase('a zstd bomb that says that it is small', ['DATA_CORRUPT'], (maker, id) =>
    maker.rawPack({
      frames: [{ kind: 1, ids: [id], plain: rawFrame(1, 1, FRAME_MAX, [FRAME_MAX], zstdBomb(FRAME_MAX)) }],
    }),
  ),
  frameCase('an lz4 bomb', ['DATA_CORRUPT'], (maker, id) => {
    const block = Buffer.concat([Buffer.from([0x1f, 0x41, 1, 0]), Buffer.alloc(300_000, 255), Buffer.from([0, 0])]);
    return maker.rawPack({ frames: [{ kind: 1, ids: [id], plain: rawFrame(1, 2, FRAME_MAX, [FRAME_MAX], block) }] });
  }),
  frameCase('a codec that does not exist', ['FORMAT_NEWER', 'DATA_CORRUPT'], (maker, id, plain) =>
    maker.rawPack({ frames: [{ kind: 1, ids: [id], plain: rawFrame(1, 200, plain.length, [plain.length], plain) }] }),
  ),
  frameCase('another chunk under the id that is asked for', ['DATA_CORRUPT'], (maker, id, plain) => {
    const other = plain.map((byte) => byte ^ 1);
    return maker.rawPack({
      frames: [{ kind: 1, ids: [id], plain: rawFrame(1, 0, other.length, [other.length], other) }],
    });
  }),
  frameCase('a frame of another kind than its footer says', ['DATA_CORRUPT'], (maker, id, plain) =>
    maker.rawPack({ frames: [{ kind: 1, ids: [id], plain: rawFrame(2, 0, plain.length, [plain.length], plain) }] }),
  ),
  frameCase('a footer that lists more chunks than the frame has', ['DATA_CORRUPT'], (maker, id, plain) => {
    const ids = [new Uint8Array(32).fill(1), id];
    return maker.rawPack({ frames: [{ kind: 1, ids, plain: rawFrame(1, 0, plain.length, [plain.length], plain) }] });
  }),
  frameCase('chunks that overlap: their lengths add up to more', ['DATA_CORRUPT'], (maker, id, plain) => {
    const half = plain.length - 1;
    return maker.rawPack({
      frames: [{ kind: 1, ids: [id, id], plain: rawFrame(1, 0, plain.length, [plain.length, half], plain) }],
    });
  }),
  frameCase('a chunk of no bytes beside one of all', ['DATA_CORRUPT'], (maker, id, plain) =>
    maker.rawPack({
      frames: [{ kind: 1, ids: [id, id], plain: rawFrame(1, 0, plain.length, [0, plain.length], plain) }],
    }),
  ),
  frameCase('a frame sealed under another number', ['DATA_CORRUPT'], (maker, id, plain) =>
    maker.rawPack({
      frames: [{ kind: 1, ids: [id], number: 5, plain: rawFrame(1, 0, plain.length, [plain.length], plain) }],
    }),
  ),
  frameCase(
    'a footer whose frame reaches behind the pack',
    ['DATA_CORRUPT', 'OBJECT_MISSING'],
    async (maker, id, plain) => {
      const frame = {
        kind: 1,
        ids: [id],
        claimed: 4_000_000,
        plain: rawFrame(1, 0, plain.length, [plain.length], plain),
      };
      await maker.rawPack({ frames: [frame] }).catch(onlyCorrupt);
    },
  ),
  frameCase('a footer that claims a billion frames', ['OBJECT_MISSING'], async (maker) => {
    await maker.rawPack({ frames: [], footer: Uint8Array.of(0x80, 0x94, 0xeb, 0xdc, 0x03) }).catch(onlyCorrupt);
  }),
  frameCase('a footer that claims a billion chunks', ['OBJECT_MISSING'], async (maker) => {
    const footer = Uint8Array.of(1, 100, 1, 0x80, 0x94, 0xeb, 0xdc, 0x03, ...new Uint8Array(60));
    await maker.rawPack({ frames: [], footer, trailer: { frameCount: 1 } }).catch(onlyCorrupt);
  }),
  frameCase('a trailer that places the footer at 2^53', ['OBJECT_MISSING'], async (maker) => {
    await maker.rawPack({ frames: [], trailer: { footerOffset: 2 ** 53 } }).catch(onlyCorrupt);
  }),
  frameCase('a trailer that places the footer in the header', ['OBJECT_MISSING'], async (maker) => {
    await maker.rawPack({ frames: [], trailer: { footerOffset: 10, footerSealedLength: 4046 } }).catch(onlyCorrupt);
  }),
];

/** A pack whose head does not open is not indexed; what is wanted from it is missing. */
function onlyCorrupt(error: unknown): void {
  if (!isBitacoraError(error, 'DATA_CORRUPT')) throw error;
}
