import { readFileSync } from 'node:fs';

/** User and group names of this machine, in both directions. Each answer is asked for once and kept. */
export interface OwnerNames {
  user(uid: number): string | undefined;
  group(gid: number): string | undefined;
  uid(name: string): number | undefined;
  gid(name: string): number | undefined;
}

interface Table {
  readonly names: Map<number, string>;
  readonly ids: Map<string, number>;
}

let cached: OwnerNames | undefined;

/** The names in `/etc/passwd` and `/etc/group`, as they were at the first call. */
export function ownerNames(): OwnerNames {
  cached ??= readOwnerNames('/etc/passwd', '/etc/group');
  return cached;
}

export function readOwnerNames(passwdFile: string, groupFile: string): OwnerNames {
  const users = readTable(passwdFile);
  const groups = readTable(groupFile);
  return {
    user: (uid) => users.names.get(uid),
    group: (gid) => groups.names.get(gid),
    uid: (name) => users.ids.get(name),
    gid: (name) => groups.ids.get(name),
  };
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
