import { readFileSync } from 'node:fs';
import { utf8 } from '../base/index.js';
import { calls } from './calls.js';
import type { SystemCalls } from './system-calls.js';

/** User and group names of this machine, in both directions. Each answer is asked for once and kept. */
export interface OwnerNames {
  user(uid: number): string | undefined;
  group(gid: number): string | undefined;
  uid(name: string): number | undefined;
  gid(name: string): number | undefined;
}

let cached: OwnerNames | undefined;

/** The names in `/etc/passwd` and `/etc/group`, then in the system's other name services where those can be asked. */
export function ownerNames(): OwnerNames {
  cached ??= readOwnerNames('/etc/passwd', '/etc/group', calls().findOwner);
  return cached;
}

/** The same from given files. */
export function readOwnerNames(passwdFile: string, groupFile: string, findOwner: SystemCalls['findOwner']): OwnerNames {
  const users = readTable(passwdFile);
  const groups = readTable(groupFile);
  const nameOf = (table: Table, kind: 'user' | 'group', id: number): string | undefined => {
    if (!table.names.has(id)) table.names.set(id, findOwner(kind, id)?.name);
    return table.names.get(id);
  };
  const idOf = (table: Table, kind: 'user' | 'group', name: string): number | undefined => {
    if (!table.ids.has(name)) table.ids.set(name, isName(name) ? findOwner(kind, utf8(name))?.id : undefined);
    return table.ids.get(name);
  };
  return {
    user: (uid) => nameOf(users, 'user', uid),
    group: (gid) => nameOf(groups, 'group', gid),
    uid: (name) => idOf(users, 'user', name),
    gid: (name) => idOf(groups, 'group', name),
  };
}

/** Undefined is an answer too: looked for and not found. */
interface Table {
  readonly names: Map<number, string | undefined>;
  readonly ids: Map<string, number | undefined>;
}

const NAME_MAX = 256;

function isName(name: string): boolean {
  return name.length > 0 && name.length <= NAME_MAX && !name.includes('\0');
}

/** Both files hold `name:password:id:…` lines; the first of several lines with one id or one name counts. */
function readTable(file: string): Table {
  const table: Table = { names: new Map(), ids: new Map() };
  for (const line of readLines(file)) {
    const [name, , id] = line.split(':');
    if (!name || !id || !/^\d+$/.test(id)) continue;
    const number = Number(id);
    if (!table.names.has(number)) table.names.set(number, name);
    if (!table.ids.has(name)) table.ids.set(name, number);
  }
  return table;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    // A container may have neither file; ids are kept then, names are not.
    return [];
  }
}
