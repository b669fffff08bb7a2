import { relative } from 'node:path';
import { type LocalFile, type LocalFileSystem, nodeFileSystem } from '../../../src/storage/index.js';

/** One failure to inject: the `nth` call (from 1) whose line in the log begins with `call`. */
export interface Injection {
  readonly call: string;
  readonly nth?: number;
  readonly errno: string;
}

export interface WatchedFileSystem extends LocalFileSystem {
  /** One line for each call that changes something, paths relative to the root, temporary names as `tmp/#n`. */
  readonly log: string[];
  /** Adds failures, counted from now on. */
  inject(...injections: Injection[]): void;
  /** The most bytes that one write takes. */
  writeBytesMax: number;
}

export function systemError(errno: string): Error {
  return Object.assign(new Error(`${errno}: injected`), { code: errno });
}

/** The real file system below `root`, with a log and failures on request. */
export function watchFileSystem(root: string): WatchedFileSystem {
  const log: string[] = [];
  const pending: { call: string; left: number; errno: string }[] = [];
  const temporaries = new Map<string, string>();

  function shown(path: string): string {
    const name = relative(root, path) || '.';
    if (!/^tmp\/\d+-[0-9a-f]+$/.test(name)) return name;
    if (!temporaries.has(name)) temporaries.set(name, `tmp/#${temporaries.size + 1}`);
    return temporaries.get(name)!;
  }

  function note(line: string, quiet = false): void {
    if (!quiet) log.push(line);
    const due = pending.filter((injection) => line.startsWith(injection.call) && --injection.left === 0);
    if (due[0]) throw systemError(due[0].errno);
  }

  function watchFile(file: LocalFile, path: string): LocalFile {
    return {
      ...file,
      write: async (bytes, position) => {
        const part = bytes.subarray(0, watched.writeBytesMax);
        note(`write ${path} ${position}+${part.length}`);
        return file.write(part, position);
      },
      read: async (bytes, position) => {
        note(`read ${path}`, true);
        return file.read(bytes, position);
      },
      sync: async () => {
        note(`sync ${path}`);
        return file.sync();
      },
    };
  }

  const watched: WatchedFileSystem = {
    log,
    writeBytesMax: Number.POSITIVE_INFINITY,
    inject: (...injections) => {
      for (const { call, nth = 1, errno } of injections) pending.push({ call, left: nth, errno });
    },
    open: async (path, how, mode) => {
      note(`${how === 'create' ? how : 'open'} ${shown(path)}`, how !== 'create');
      return watchFile(await nodeFileSystem.open(path, how, mode), shown(path));
    },
    link: async (existing, created) => {
      note(`link ${shown(existing)} ${shown(created)}`);
      return nodeFileSystem.link(existing, created);
    },
    unlink: async (path) => {
      note(`unlink ${shown(path)}`);
      return nodeFileSystem.unlink(path);
    },
    mkdir: async (path, mode) => {
      note(`mkdir ${shown(path)}`);
      return nodeFileSystem.mkdir(path, mode);
    },
    readdir: async (path) => {
      note(`readdir ${shown(path)}`, true);
      return nodeFileSystem.readdir(path);
    },
    stat: async (path) => {
      note(`stat ${shown(path)}`, true);
      return nodeFileSystem.stat(path);
    },
    lstat: async (path) => {
      note(`lstat ${shown(path)}`, true);
      return nodeFileSystem.lstat(path);
    },
  };
  return watched;
}
