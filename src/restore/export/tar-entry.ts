import { asBuffer, concatBytes, equalBytes, utf8 } from '../../base/index.js';
import { ENTRY_TYPES, type ExtendedAttribute, type OwnerName, type TreeEntry } from '../../format/index.js';
import { ACL_RECORDS, aclText } from './acl-text.js';
import { PaxRecords } from './pax-records.js';
import { type SparseFigures, sparseMapBytes } from './sparse-map.js';
import { FIELD_BYTES, FIELD_MAX, TAR_TYPES, type TarType, tarBlock } from './tar-block.js';

/** An entry on its way into an archive. */
export interface TarEntry {
  readonly path: Uint8Array;
  readonly entry: TreeEntry;
  readonly owners: readonly OwnerName[];
  /** The path of its first name, for a further name of one file. */
  readonly linkTo?: Uint8Array | undefined;
  /** Of a file with holes. */
  readonly sparse?: SparseFigures | undefined;
}

const NONE = new Uint8Array(0);

/** Whether tar has a type for it; it has none for sockets. */
export function hasTarType(entry: TreeEntry): boolean {
  return entry.type !== ENTRY_TYPES.socket;
}

/** The bytes in front of an entry's data: a pax header where one is needed, and its own. */
export function tarHeader(item: TarEntry): Uint8Array {
  const { entry, owners, linkTo, sparse } = item;
  const type = typeOf(item);
  const records = new PaxRecords();
  const path = type === TAR_TYPES.directory ? concatBytes([item.path, utf8('/')]) : item.path;
  const size = type === TAR_TYPES.file ? (sparse ? sparseMapBytes(sparse) + sparse.dataBytes : entry.size) : 0;
  if (sparse) addSparse(records, path, entry.size);
  else if (needsRecord(path, FIELD_BYTES.name)) records.add('path', path);
  const link = linkTo ?? (entry.content.form === 'link' ? entry.content.target : NONE);
  if (needsRecord(link, FIELD_BYTES.link)) records.add('linkpath', link);
  addNumbers(records, entry, size);
  const user = nameOf(owners, 'user', entry.uid);
  const group = nameOf(owners, 'group', entry.gid);
  if (needsRecord(user, FIELD_BYTES.owner)) records.add('uname', user);
  if (needsRecord(group, FIELD_BYTES.owner)) records.add('gname', group);
  if (linkTo === undefined) for (const attribute of entry.xattrs) addAttribute(records, attribute);
  const block = tarBlock({
    name: sparse ? sparseName(path) : path,
    type,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size,
    mtime: entry.mtimeSec,
    link,
    user,
    group,
    ...(entry.content.form === 'device' ? { major: entry.content.major, minor: entry.content.minor } : {}),
  });
  return concatBytes([records.encode(lastName(path)), block]);
}

function typeOf({ entry, linkTo }: TarEntry): TarType {
  if (linkTo) return TAR_TYPES.hardLink;
  switch (entry.type) {
    case ENTRY_TYPES.directory:
      return TAR_TYPES.directory;
    case ENTRY_TYPES.symlink:
      return TAR_TYPES.symlink;
    case ENTRY_TYPES.fifo:
      return TAR_TYPES.fifo;
    case ENTRY_TYPES.charDevice:
      return TAR_TYPES.charDevice;
    case ENTRY_TYPES.blockDevice:
      return TAR_TYPES.blockDevice;
    case ENTRY_TYPES.file:
      return TAR_TYPES.file;
    default:
      throw new TypeError(`A tar archive has no type for entry type ${entry.type}.`);
  }
}

/**
 * Short names that are not UTF-8 stand in the header alone, since the text of a pax record is UTF-8 by definition. Longer
 * ones have no other place: they are given there as they are, which tar programs take for what it is.
 */
function needsRecord(text: Uint8Array, room: number): boolean {
  if (text.length > room) return true;
  const ascii = text.every((byte) => byte < 0x80);
  return !ascii && equalBytes(utf8(asBuffer(text).toString('utf8')), text);
}

function addSparse(records: PaxRecords, path: Uint8Array, size: number): void {
  records.add('GNU.sparse.major', '1');
  records.add('GNU.sparse.minor', '0');
  records.add('GNU.sparse.name', path);
  records.add('GNU.sparse.realsize', String(size));
}

function addNumbers(records: PaxRecords, entry: TreeEntry, size: number): void {
  const { mtimeSec, mtimeNsec, uid, gid } = entry;
  if (mtimeNsec > 0 || mtimeSec < 0 || mtimeSec > FIELD_MAX.time) records.add('mtime', timeText(mtimeSec, mtimeNsec));
  if (size > FIELD_MAX.size) records.add('size', String(size));
  if (uid > FIELD_MAX.id) records.add('uid', String(uid));
  if (gid > FIELD_MAX.id) records.add('gid', String(gid));
}

/** Seconds with a fraction; nanoseconds count upwards in the tree, also before 1970. */
function timeText(seconds: number, nanoseconds: number): string {
  const negative = seconds < 0;
  const [whole, rest] = negative && nanoseconds > 0 ? [seconds + 1, 1e9 - nanoseconds] : [seconds, nanoseconds];
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(9, '0')}`;
  return `${negative ? '-' : ''}${Math.abs(whole)}${fraction}`;
}

function addAttribute(records: PaxRecords, { name, value }: ExtendedAttribute): void {
  const text = asBuffer(name).toString('latin1');
  const record = ACL_RECORDS[text];
  const acl = record === undefined ? undefined : aclText(value);
  if (record !== undefined && acl !== undefined) records.add(record, acl);
  else {
    // GNU tar's own escapes: a '=' would end the key.
    const key = `SCHILY.xattr.${text.replaceAll('%', '%25').replaceAll('=', '%3D')}`;
    records.add(Buffer.from(key, 'latin1'), value);
  }
}

function nameOf(owners: readonly OwnerName[], kind: 'user' | 'group', id: number): Uint8Array {
  return owners.find((owner) => owner.kind === kind && owner.id === id)?.name ?? NONE;
}

function lastName(path: Uint8Array): Uint8Array {
  const trimmed = path.at(-1) === 0x2f ? path.subarray(0, -1) : path;
  return trimmed.subarray(trimmed.lastIndexOf(0x2f) + 1);
}

/** What a program that knows no sparse files calls it, so that it does not take the map for the file. */
function sparseName(path: Uint8Array): Uint8Array {
  return concatBytes([utf8('GNUSparseFile.0/'), lastName(path)]);
}
