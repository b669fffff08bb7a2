import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.js';

const PACKAGE = 'linux-source-6.1';

/** Two releases of one large source tree, unpacked. */
export interface KernelCorpus {
  readonly versions: readonly [older: string, newer: string];
  readonly folders: readonly [older: string, newer: string];
}

export const KERNEL_VERSIONS: readonly [string, string] = ['6.1.176-1', '6.1.192-2'];

/**
 * Gives both releases, from the cache folder where they are already there, else from Debian's archive
 * through `apt-get download` (no root needed). Only whole trees are ever found under their final name.
 */
export async function kernelCorpus(cacheFolder: string, versions = KERNEL_VERSIONS): Promise<KernelCorpus> {
  await mkdir(cacheFolder, { recursive: true });
  const older = await release(cacheFolder, versions[0]);
  const newer = await release(cacheFolder, versions[1]);
  return { versions, folders: [older, newer] };
}

async function release(cacheFolder: string, version: string): Promise<string> {
  const folder = join(cacheFolder, shortName(version));
  const tree = join(folder, PACKAGE);
  if (await exists(tree)) return tree;
  const packageFile = (await packageFileOf(cacheFolder, version)) ?? (await download(cacheFolder, version));
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, 'package'), { recursive: true });
  await run({ argv: ['dpkg-deb', '-x', packageFile, join(partial, 'package')] });
  await run({ argv: ['tar', '-xf', join(partial, 'package', 'usr', 'src', `${PACKAGE}.tar.xz`), '-C', partial] });
  await rm(join(partial, 'package'), { recursive: true });
  await rename(partial, folder);
  return tree;
}

/** `6.1.176-1` → `k176`. */
function shortName(version: string): string {
  const patch = /^\d+\.\d+\.(\d+)-/.exec(version)?.[1];
  if (patch === undefined) throw new Error(`Not a version of ${PACKAGE}: "${version}", expected one like 6.1.176-1.`);
  return `k${patch}`;
}

async function download(cacheFolder: string, version: string): Promise<string> {
  const failure = await run({ argv: ['apt-get', 'download', `${PACKAGE}=${version}`], cwd: cacheFolder }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const file = await packageFileOf(cacheFolder, version);
  if (failure === undefined && file !== undefined) return file;
  throw new Error(
    `Cannot download Debian's package ${PACKAGE} ${version}. Run "apt-get update" first, or put the .deb file into ` +
      `${cacheFolder}, or choose two versions that "apt-cache madison ${PACKAGE}" lists with --releases OLDER,NEWER.`,
    { cause: failure },
  );
}

async function packageFileOf(cacheFolder: string, version: string): Promise<string | undefined> {
  const name = (await readdir(cacheFolder)).find((entry) => entry.startsWith(`${PACKAGE}_${version}_`));
  return name === undefined ? undefined : join(cacheFolder, name);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
