import type { WriteSecrets } from './write-protocol.js';

/** Secrets on their way to a worker: copies that change hands, so that nothing of them stays on the way. */
export interface HandedSecrets {
  readonly secrets: WriteSecrets;
  readonly transfer: readonly ArrayBuffer[];
}

/** Copies a session's secrets for a lane, which then owns the copy and wipes it when the session ends. */
export function handOver(secrets: WriteSecrets): HandedSecrets {
  const { vaultId, uid, generation, epoch, packKey, idKeys, chunkerSecret } = secrets;
  const all = [vaultId, uid, packKey, idKeys.data, idKeys.node, idKeys.list, chunkerSecret];
  // One piece of memory: each that changes hands costs a message something.
  const memory = new ArrayBuffer(all.reduce((sum, { length }) => sum + length, 0));
  let used = 0;
  const copy = (bytes: Uint8Array): Uint8Array => {
    const copied = new Uint8Array(memory, used, bytes.length);
    copied.set(bytes);
    used += bytes.length;
    return copied;
  };
  const copies = {
    vaultId: copy(vaultId),
    uid: copy(uid),
    generation,
    epoch,
    packKey: copy(packKey),
    idKeys: { data: copy(idKeys.data), node: copy(idKeys.node), list: copy(idKeys.list) },
    chunkerSecret: copy(chunkerSecret),
  };
  return { secrets: copies, transfer: [memory] };
}

/** Clears the keys; what they are called by stays. */
export function wipeSecrets({ packKey, idKeys, chunkerSecret }: WriteSecrets): void {
  for (const key of [packKey, idKeys.data, idKeys.node, idKeys.list, chunkerSecret]) key.fill(0);
}
