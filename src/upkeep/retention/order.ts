/** Clocks are set back a little now and then, and nobody is misled by that. */
const SLACK_MS = 3_600_000;

/**
 * Which of a log's times can be believed: the most of them that do not fall, in the order of the log. Those left out were written
 * while the clock was wrong, or are what a wrong clock left behind.
 *
 * @param times - Milliseconds since 1970, in log order.
 * @returns for each whether it is in order.
 */
export function inOrder(times: readonly number[]): boolean[] {
  const smooth = smoothed(times);
  if (smooth.every((time, i) => i === 0 || time >= smooth[i - 1]!)) return smooth.map(() => true);
  // Patience: of all runs of a length the one with the smallest end.
  const ends: number[] = [];
  const before = new Array<number>(smooth.length);
  for (let i = 0; i < smooth.length; i++) {
    const at = upperBound(ends, smooth, smooth[i]!);
    before[i] = at === 0 ? -1 : ends[at - 1]!;
    ends[at] = i;
  }
  const found = smooth.map(() => false);
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]!) found[i] = true;
  return found;
}

function smoothed(times: readonly number[]): number[] {
  const smooth: number[] = [];
  for (const time of times) {
    const last = smooth.at(-1) ?? time;
    smooth.push(time < last && last - time <= SLACK_MS ? last : time);
  }
  return smooth;
}

/** The first of `ends` whose time is beyond `time`. */
function upperBound(ends: readonly number[], times: readonly number[], time: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[ends[middle]!]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
