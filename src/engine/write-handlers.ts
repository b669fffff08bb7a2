import { BitacoraError, type Random, systemRandom } from '../base/index.js';
import type { Answer, Handlers } from './lane.js';
import { WorkerSession } from './worker-session.js';
import type {
  FilesCall,
  FinishCall,
  OpenSession,
  PartCall,
  PiecesCall,
  SealCall,
  SessionCall,
  StreamCall,
} from './write-protocol.js';

/** The calls of the write side. State: the sessions open in this lane. */
export function createWriteHandlers(random: Random = systemRandom): {
  handlers: Handlers;
  dispose: () => Promise<void>;
} {
  const sessions = new Map<number, WorkerSession>();

  function session(call: SessionCall): WorkerSession {
    if (call.opening) sessions.set(call.session, new WorkerSession(call.opening, random));
    const found = sessions.get(call.session);
    // Either its caller forgot it, or the worker that it was open in has died since.
    if (!found) throw new BitacoraError('INTERNAL', `Write session ${call.session} is not open in this worker.`);
    return found;
  }

  const handlers: Handlers = {
    'write.open': (call: OpenSession): Answer => {
      sessions.set(call.session, new WorkerSession(call, random));
      return { result: undefined };
    },
    'write.files': async (call: FilesCall, context) => ({ result: await session(call).files(call, context) }),
    'write.stream': async (call: StreamCall, context) => ({ result: await session(call).stream(call, context) }),
    'write.part': async (call: PartCall, context) => {
      await session(call).part(call, context);
      // Goes back for the next part, of whomever: fresh memory is what costs.
      const bytes = call.bytes.fill(0);
      return { result: bytes, transfer: [bytes.buffer as ArrayBuffer] };
    },
    'write.pieces': async (call: PiecesCall, context) => {
      await session(call).pieces(call, context);
      const bytes = call.bytes.fill(0);
      return { result: bytes, transfer: [bytes.buffer as ArrayBuffer] };
    },
    'write.seal': (call: SealCall, context): Answer => {
      session(call).seal(call, context);
      return { result: undefined };
    },
    'write.finish': async (call: FinishCall, context) => {
      const ending = session(call);
      for (const seal of call.seals ?? []) ending.seal(seal, context);
      await ending.finish(context);
      sessions.delete(call.session);
      return { result: undefined };
    },
    'write.abort': async (call: SessionCall) => {
      const found = sessions.get(call.session);
      sessions.delete(call.session);
      await found?.discard();
      return { result: undefined };
    },
  };
  return {
    handlers,
    dispose: async () => {
      const open = [...sessions.values()];
      sessions.clear();
      await Promise.all(open.map((session) => session.discard()));
    },
  };
}
