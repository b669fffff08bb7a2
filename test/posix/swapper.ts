import { renameSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

// Swaps ROOT/step for the link ROOT/link and back until told to stop; `state` holds the count of swaps and the order.
const { root, state } = workerData as { root: string; state: Int32Array };

while (Atomics.load(state, 1) === 0) {
  renameSync(`${root}/step`, `${root}/aside`);
  renameSync(`${root}/link`, `${root}/step`);
  Atomics.add(state, 0, 1);
  Atomics.notify(state, 0);
  renameSync(`${root}/step`, `${root}/link`);
  renameSync(`${root}/aside`, `${root}/step`);
}
