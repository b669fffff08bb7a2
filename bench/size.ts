import { access } from 'node:fs/promises';
import { run } from './command.js';

/** Apparent size of everything below a folder, folders themselves included. 0 when it does not exist. */
export async function folderBytes(folder: string): Promise<number> {
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (!there) return 0;
  return Number.parseInt(await run({ argv: ['du', '-s', '--apparent-size', '-B1', folder] }), 10);
}

/** Sum of the lengths of the regular files below a folder. */
export async function contentBytes(folder: string): Promise<{ files: number; bytes: number }> {
  const sizes = await run({
    argv: [
      'sh',
      '-c',
      'find "$1" -type f -printf "%s\\n" | awk \'{ s += $1 } END { printf "%d %.0f", NR, s }\'',
      'sh',
      folder,
    ],
  });
  const [files, bytes] = sizes.split(' ').map(Number);
  return { files: files ?? 0, bytes: bytes ?? 0 };
}
