import fc from 'fast-check';
import {
  ENTRY_FLAGS,
  ENTRY_TYPES,
  type EntryContent,
  type EntryType,
  type ExtendedAttribute,
  type TreeEntry,
} from '../../src/format/index.js';

export const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
/** Names as a directory can hold them: no NUL, no slash. */
export const names = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((bytes) => bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x5f : byte)));
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const seconds = fc.oneof(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.constantFrom(-1, 0, 2 ** 31, -(2 ** 31)));
const nanoseconds = fc.integer({ min: 0, max: 999_999_999 });
const lengths = fc.oneof(fc.integer({ min: 1, max: 2 ** 20 }), fc.integer({ min: 1, max: 2 ** 45 }));
export const items = fc.record({ length: lengths, id: fc.option(ids, { nil: undefined }) });
const xattrs: fc.Arbitrary<ExtendedAttribute[]> = fc.array(
  fc.record({ name: fc.uint8Array({ minLength: 1, maxLength: 20 }), value: fc.uint8Array({ maxLength: 200 }) }),
  { maxLength: 3 },
);

interface Shape {
  readonly type: EntryType;
  readonly content: EntryContent;
  readonly size: number;
}

const fileShape: fc.Arbitrary<Shape> = fc.oneof(
  fc.constant({ type: ENTRY_TYPES.file, content: { form: 'none' } as const, size: 0 }),
  fc.record({
    type: fc.constant(ENTRY_TYPES.file),
    content: fc.record({ form: fc.constant('chunk' as const), id: ids }),
    size: lengths,
  }),
  fc.record({
    type: fc.constant(ENTRY_TYPES.file),
    content: fc.record({ form: fc.constant('list' as const), id: ids }),
    size: lengths,
  }),
  fc.array(items, { minLength: 1, maxLength: 4 }).map((list) => ({
    type: ENTRY_TYPES.file,
    content: { form: 'items' as const, items: list },
    size: list.reduce((sum, { length }) => sum + length, 0),
  })),
);
const otherShape: fc.Arbitrary<Shape> = fc.oneof(
  ids.map((id) => ({ type: ENTRY_TYPES.directory, content: { form: 'directory' as const, id }, size: 0 })),
  fc
    .uint8Array({ minLength: 1, maxLength: 300 })
    .map((target) => ({ type: ENTRY_TYPES.symlink, content: { form: 'link' as const, target }, size: target.length })),
  fc
    .constantFrom(ENTRY_TYPES.fifo, ENTRY_TYPES.socket)
    .map((type) => ({ type, content: { form: 'none' as const }, size: 0 })),
  fc
    .record({ type: fc.constantFrom(ENTRY_TYPES.charDevice, ENTRY_TYPES.blockDevice), major: uint32, minor: uint32 })
    .map(({ type, major, minor }) => ({ type, content: { form: 'device' as const, major, minor }, size: 0 })),
);

/** Entries of every type, with every flag that goes with it. */
export const entries: fc.Arbitrary<TreeEntry> = fc
  .record({
    shape: fc.oneof(fileShape, otherShape),
    name: names,
    flags: fc.integer({ min: 0, max: 7 }),
    largeClass: fc.boolean(),
    linked: fc.boolean(),
    device: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: uint32,
    gid: uint32,
    mtimeSec: seconds,
    mtimeNsec: nanoseconds,
    ctimeSec: seconds,
    ctimeNsec: nanoseconds,
    xattrs,
  })
  .map(({ shape, linked, largeClass, device, flags, ...rest }) => ({
    ...rest,
    ...shape,
    device: linked ? device : 0n,
    flags:
      flags |
      (linked ? ENTRY_FLAGS.linkGroup : 0) |
      (largeClass ? ENTRY_FLAGS.largeClass : 0) |
      (rest.xattrs.length > 0 ? ENTRY_FLAGS.xattrs : 0),
  }));

/** A plain entry of that name, the same for the same number. */
export function plainEntry(name: Uint8Array, number: number): TreeEntry {
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint32(0, number);
  return {
    name,
    type: ENTRY_TYPES.file,
    flags: 0,
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    mtimeSec: 1_700_000_000,
    mtimeNsec: 0,
    ctimeSec: 1_700_000_000,
    ctimeNsec: 0,
    inode: BigInt(number),
    size: 1,
    device: 0n,
    xattrs: [],
    content: { form: 'chunk', id },
  };
}
