import { handOver, type Lane, type SessionCall, type WriteSecrets, type WriteSettings } from '../engine/index.js';

/** A lane as one write session uses it. */
export interface LaneLoad {
  readonly lane: Lane;
  /** Under way. */
  calls: number;
  /** Whether the lane knows of the session. */
  opened: boolean;
}

/** The first lane until it has enough to do, so that a small snapshot needs one worker and makes one pack. */
export function pickLane(lanes: readonly LaneLoad[], large: boolean): LaneLoad {
  let best = lanes[0]!;
  if (best.calls < 2 || !large) return best;
  for (const load of lanes) if (load.calls < best.calls) best = load;
  return best;
}

/** Makes a call; the first one to a lane tells it of the session, and hands over the keys. */
export function callLane(
  load: LaneLoad,
  about: { readonly secrets: WriteSecrets; readonly settings: WriteSettings },
  type: string,
  payload: SessionCall,
  transfer: readonly ArrayBuffer[] = [],
): Promise<unknown> {
  if (load.opened) return load.lane.call(type, payload, transfer);
  load.opened = true;
  const { secrets, transfer: handed } = handOver(about.secrets);
  const opening = { session: payload.session, secrets, settings: about.settings };
  return load.lane.call(type, { ...payload, opening }, [...transfer, ...handed]);
}
