import { Slices } from '../base/index.js';

/** Work in steps, none of which takes more than some milliseconds. */
export type Steps<T> = Generator<undefined, T>;

/** So many keep nobody waiting: a directory of some ten thousand entries takes fewer. */
const STEPS_AT_ONCE = 8;

/** Goes through all steps without a pause. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same; where there are many steps a promise, with the thread free for others between them. */
export function runInSlices<T>(steps: Steps<T>): T | Promise<T> {
  for (let count = 0; count < STEPS_AT_ONCE; count++) {
    const step = steps.next();
    if (step.done) return step.value;
  }
  return sliced(steps);
}

async function sliced<T>(steps: Steps<T>): Promise<T> {
  const slices = new Slices();
  for (;;) {
    if (slices.over) await slices.next();
    const step = steps.next();
    if (step.done) return step.value;
  }
}
