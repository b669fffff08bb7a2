import type { Lane } from '../engine/index.js';

/** A lane as one write session uses it. */
export interface LaneLoad {
  readonly lane: Lane;
  /** Under way. */
  calls: number;
  /** Whether the lane knows of the session. */
  opened: boolean;
}
