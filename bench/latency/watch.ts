import { performance } from 'node:perf_hooks';

/** Asked again so long after each answer. */
const EVERY_MS = 1;

/** How long a timer of the main thread was kept waiting beyond its time, in seconds. */
export interface Delay {
  readonly most: number;
  /** 99 of 100 were no longer. */
  readonly percentile99: number;
  /** 999 of 1000 were no longer. */
  readonly percentile999: number;
  readonly asked: number;
}

/** Runs `work` and asks the main thread every millisecond; what it answers late is what a request would have waited. */
export async function watchDelay(work: () => Promise<void>): Promise<Delay> {
  const delays: number[] = [];
  let asked = performance.now();
  let timer: NodeJS.Timeout;
  const ask = (): void => {
    asked = performance.now();
    timer = setTimeout(() => {
      delays.push(Math.max(0, performance.now() - asked - EVERY_MS));
      ask();
    }, EVERY_MS);
  };
  ask();
  try {
    await work();
  } finally {
    clearTimeout(timer!);
  }
  delays.push(Math.max(0, performance.now() - asked - EVERY_MS));
  delays.sort((a, b) => a - b);
  return {
    most: delays.at(-1)! / 1000,
    percentile99: delays[Math.floor(delays.length * 0.99)]! / 1000,
    percentile999: delays[Math.floor(delays.length * 0.999)]! / 1000,
    asked: delays.length,
  };
}
