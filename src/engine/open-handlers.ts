import type { Answer, Handlers } from './lane.js';
import { checkFiles } from './open-check.js';
import { FrameOpener } from './open-frame.js';
import { PackInput } from './open-pack.js';
import type { CheckCall, OpenSecretsCall, RangeCall, ReuseCall, ScanCall } from './open-protocol.js';
import { restoreRange } from './open-range.js';
import { reuseFile } from './open-reuse.js';
import { scanPack } from './open-scan.js';
import { KeyRing, wipeOpenSecrets } from './open-secrets.js';

/**
 * The calls of a lane that read packs back: `open.secrets` begins a session, `open.range` restores from one range of a
 * pack, `open.reuse` takes over what an existing file has, `open.check` reads restored files back, `open.scan` checks a pack,
 * `open.end` wipes the session's keys and closes its packs.
 */
export function createOpenHandlers(): { handlers: Handlers; dispose(): void } {
  const rings = new Map<number, KeyRing>();
  const input = new PackInput();
  let frames: FrameOpener | undefined;

  function ring(session: number): KeyRing {
    const found = rings.get(session);
    if (!found) throw new TypeError(`Read session ${session} is not open.`);
    return found;
  }

  const handlers: Handlers = {
    'open.secrets': (call: OpenSecretsCall): Answer => {
      rings.get(call.session)?.close();
      rings.set(call.session, new KeyRing(call));
      wipeOpenSecrets(call);
      return { result: undefined };
    },
    'open.range': (call: RangeCall): Answer => {
      frames ??= new FrameOpener();
      return { result: restoreRange(call, ring(call.session), input, frames) };
    },
    'open.reuse': (call: ReuseCall): Answer => ({ result: reuseFile(call, ring(call.session)) }),
    'open.check': (call: CheckCall): Answer => ({ result: checkFiles(call, ring(call.session)) }),
    'open.scan': (call: ScanCall): Answer => {
      frames ??= new FrameOpener();
      return { result: scanPack(call, ring(call.session), frames) };
    },
    'open.end': ({ session }: { readonly session: number }): Answer => {
      input.close();
      rings.get(session)?.close();
      rings.delete(session);
      if (rings.size > 0) return { result: undefined };
      // Plain bytes of the last one lie in it.
      frames?.close();
      frames = undefined;
      return { result: undefined };
    },
  };
  return {
    handlers,
    dispose() {
      input.close();
      frames?.close();
      for (const keys of rings.values()) keys.close();
      rings.clear();
    },
  };
}
