import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Everything below a directory as lines that change with any change: kinds, modes, owners, times, sizes, inodes, contents.
 *
 * @param without - Directories that are left out with what lies in them.
 */
export function lookAround(root: string, without: readonly string[]): string[] {
  const lines: string[] = [];
  const visit = (path: string): void => {
    if (without.includes(path)) return;
    const { mode, uid, gid, ino, nlink, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    // The root itself holds the target, whose coming and going shows in its times.
    const times = path === root ? '' : ` ${mtimeNs} ${ctimeNs}`;
    const kind = mode & 0o170000n;
    lines.push(`${path} ${mode.toString(8)} ${uid}:${gid} ${ino} ${nlink} ${size}${times}`);
    if (kind === 0o040000n) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else if (kind === 0o120000n) lines.push(`  -> ${readlinkSync(path)}`);
    else if (kind === 0o100000n) lines.push(`  = ${readFileSync(path, 'latin1').slice(0, 100)}`);
  };
  visit(root);
  return lines;
}
