import { readdir, readFile } from 'node:fs/promises';

const SAMPLE_INTERVAL_MS = 100;

/**
 * Watches the resident memory of everything below one process, a few times a second.
 * A peak shorter than the interval is missed: the caller takes the kernel's own high-water mark beside it.
 */
export class MemoryWatch {
  #peakBytes = 0;
  #timer: NodeJS.Timeout;
  #reading: Promise<void> = Promise.resolve();

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      this.#reading = this.#sample(pid);
    }, SAMPLE_INTERVAL_MS);
  }

  /** Ends the watch; gives the largest sum of resident sets that was seen. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await this.#reading;
    return this.#peakBytes;
  }

  async #sample(pid: number): Promise<void> {
    const sizes = await Promise.all((await descendants(pid)).map(residentBytes));
    this.#peakBytes = Math.max(
      this.#peakBytes,
      sizes.reduce((sum, bytes) => sum + bytes, 0),
    );
  }
}

/** All processes below `pid`, itself left out. One that ends meanwhile is simply not there. */
async function descendants(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)));
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const deeper = await Promise.all(children.map(descendants));
  return [...children, ...deeper.flat()];
}

async function residentBytes(pid: number): Promise<number> {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(await read(`/proc/${pid}/status`));
  return match ? Number(match[1]) * 1024 : 0;
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
