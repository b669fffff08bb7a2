import { BitacoraError, equalBytes, isBitacoraError, type Logger, type Random, toHex } from '../base/index.js';
import { type MasterKeys, OBJECT_TYPES, openSimple, readHeader, sealSimple } from '../crypto/index.js';
import {
  type BundleId,
  bundleName,
  bundlesPrefix,
  decodeBundle,
  encodeBundle,
  parseObjectName,
  type UserBundle,
  uidOf,
  VAULT_FORMAT,
} from '../format/index.js';
import type { Backend } from '../storage/index.js';
import { CHUNKER_RECORD, type NumberedBundle } from './key-ring.js';

/** Whose bundles, where, and under which master key. */
export interface BundleContext {
  readonly backend: Backend;
  readonly master: MasterKeys;
  readonly vaultId: Uint8Array;
  readonly uid: Uint8Array;
  readonly readOnly: boolean;
  readonly logger: Logger;
  /** Told of each copy that is not as it must be, with `details.repaired` where it was made again. */
  readonly onProblem?: ((problem: BitacoraError) => void) | undefined;
}

type Version = Omit<BundleId, 'copy'>;

/** What is found under the name of one copy. */
type Copy =
  | { readonly state: 'good'; readonly bytes: Uint8Array; readonly bundle: UserBundle }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged' | 'unknown'; readonly error: BitacoraError };

/** Makes a new user's first bundle in two copies, durable and read back, before anything is sealed under its keys. */
export async function createBundle(context: BundleContext, random: Random, now: number): Promise<void> {
  const { backend, master, vaultId, uid } = context;
  const version: Version = { generation: 1, epoch: 1, masterId: master.masterId };
  const bundle: UserBundle = {
    dedupRoot: random.bytes(32),
    encryptionRoot: random.bytes(32),
    created: now,
    chunker: CHUNKER_RECORD,
  };
  const sealing = { format: VAULT_FORMAT, type: OBJECT_TYPES.bundle, generation: 1, epoch: 1, vaultId, uid };
  const bytes = sealSimple(master.wrapKey, sealing, encodeBundle(bundle), random);
  // Both at once: neither is of use before both are proved.
  const copies = await Promise.allSettled(
    ([1, 2] as const).map(async (copy) => {
      await backend.put(bundleName(uidOf(uid), { ...version, copy }), { bytes });
      checkReadBack(await readCopy(context, version, copy), bundle, uid);
    }),
  );
  for (const copy of copies) if (copy.status === 'rejected') throw copy.reason;
}

function checkReadBack(found: Copy, { dedupRoot, encryptionRoot }: UserBundle, uid: Uint8Array): void {
  const proved =
    found.state === 'good' &&
    equalBytes(found.bundle.dedupRoot, dedupRoot) &&
    equalBytes(found.bundle.encryptionRoot, encryptionRoot);
  if (proved) return;
  const message = `The new key bundle of ${toHex(uid)} cannot be read back. Nothing uses it yet; try again.`;
  throw new BitacoraError('BACKEND_FAILED', message, { cause: 'error' in found ? found.error : undefined });
}

/**
 * All of a user's bundles, rising by generation and epoch. Of two copies one is enough; the other is then reported and,
 * where the vault can be written, made again from it.
 *
 * @throws {BitacoraError} `OBJECT_MISSING` if there is none; `DATA_CORRUPT` naming the object if both copies are damaged.
 */
export async function loadBundles(context: BundleContext): Promise<NumberedBundle[]> {
  const { backend, master, uid } = context;
  const versions = new Map<string, Version>();
  const prefix = bundlesPrefix(uidOf(uid));
  for await (const { name } of backend.list(prefix, { lengths: false })) {
    const parsed = parseObjectName(name);
    if (parsed?.type !== 'bundle' || parsed.masterId !== master.masterId) continue;
    const { generation, epoch, masterId } = parsed;
    versions.set(`${generation}-${epoch}`, { generation, epoch, masterId });
  }
  if (versions.size === 0) {
    throw new BitacoraError(
      'OBJECT_MISSING',
      `There is no key bundle under "${prefix}" for this master key. Restore it from a copy of the vault.`,
      { details: { object: prefix } },
    );
  }
  const rising = [...versions.values()].sort((a, b) => a.generation - b.generation || a.epoch - b.epoch);
  const bundles: NumberedBundle[] = [];
  for (const version of rising) bundles.push({ ...version, bundle: await loadBundle(context, version) });
  return bundles;
}

async function loadBundle(context: BundleContext, version: Version): Promise<UserBundle> {
  const copies = await Promise.all([readCopy(context, version, 1), readCopy(context, version, 2)]);
  const good = copies.find((copy) => copy.state === 'good');
  if (!good) throw copies.find((copy) => 'error' in copy)?.error ?? missing(context, version);
  for (const copy of [1, 2] as const) {
    const found = copies[copy - 1]!;
    const same = found.state === 'good' && equalBytes(found.bytes, good.bytes);
    if (!same) await replaceCopy(context, bundleName(uidOf(context.uid), { ...version, copy }), found, good.bytes);
  }
  return good.bundle;
}

async function readCopy(context: BundleContext, version: Version, copy: 1 | 2): Promise<Copy> {
  const { backend, master, vaultId, uid } = context;
  const name = bundleName(uidOf(uid), { ...version, copy });
  try {
    const bytes = await backend.get(name);
    const { generation, epoch } = readHeader(bytes, name);
    if (generation !== version.generation || epoch !== version.epoch) {
      throw new BitacoraError(
        'DATA_CORRUPT',
        `The key bundle "${name}" is of generation ${generation}, epoch ${epoch}.`,
        { details: { object: name } },
      );
    }
    const body = openSimple(master.wrapKey, bytes, { type: OBJECT_TYPES.bundle, vaultId, uid, name });
    return { state: 'good', bytes, bundle: decodeBundle(body, name) };
  } catch (error) {
    if (!(error instanceof BitacoraError)) throw error;
    if (error.code === 'OBJECT_MISSING') return { state: 'missing' };
    // One that seems newer may be damaged in its format byte, or truly be newer: the other is used, and this one stays.
    return { state: error.code === 'DATA_CORRUPT' ? 'damaged' : 'unknown', error };
  }
}

/** One good copy is left all the while; what fails here is tried again at the next opening. */
async function replaceCopy(context: BundleContext, name: string, found: Copy, bytes: Uint8Array): Promise<void> {
  const { readOnly, logger, onProblem } = context;
  const cause = 'error' in found ? found.error : undefined;
  const fields = { object: name, state: found.state, ...(cause && { error: cause.message }) };
  logger.warn('One of the two copies of a key bundle is not as it must be.', fields);
  const repaired = !readOnly && found.state !== 'unknown' && (await putCopy(context, name, found, bytes));
  const code = found.state === 'missing' ? 'OBJECT_MISSING' : (cause?.code ?? 'DATA_CORRUPT');
  const what = found.state === 'missing' ? 'is missing' : 'is damaged';
  const then = repaired ? 'It was made again from the other one' : 'The other one is good';
  const message = `The copy "${name}" of a key bundle ${what}. ${then}.`;
  onProblem?.(new BitacoraError(code, message, { cause, details: { object: name, repaired } }));
}

async function putCopy(
  { backend, logger }: BundleContext,
  name: string,
  found: Copy,
  bytes: Uint8Array,
): Promise<boolean> {
  try {
    if (found.state !== 'missing') await backend.remover().remove(name);
    await backend.put(name, { bytes });
    logger.info('The key bundle’s copy was made again from the other one.', { object: name });
    return true;
  } catch (error) {
    if (!isBitacoraError(error)) throw error;
    logger.error('The key bundle’s copy could not be made again.', { object: name, error: error.message });
    return false;
  }
}

function missing({ uid }: BundleContext, version: Version): BitacoraError {
  const object = bundleName(uidOf(uid), { ...version, copy: 1 });
  return new BitacoraError('OBJECT_MISSING', `The key bundle "${object}" is gone.`, { details: { object } });
}
