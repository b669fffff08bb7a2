import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, systemRandom, toHex } from '../../src/base/index.js';
import { deriveMaster, hmacSha256, OBJECT_TYPES, openSimple, sealSimple } from '../../src/crypto/index.js';
import type { Engine } from '../../src/engine/index.js';
import {
  bundleName,
  bundlesPrefix,
  decodeBundle,
  decodeKeyFile,
  encodeBundle,
  packName,
  parseObjectName,
  registryName,
  type Uid,
  uidBytes,
  uidOf,
} from '../../src/format/index.js';
import { readPackHead } from '../../src/store/index.js';
import { initVault, openVault, type UserRepository } from '../../src/vault/index.js';
import { SeededRandom } from './random.js';
import { backupPath } from './restoring.js';
import { createSwitchBackend, type Objects, type SwitchBackend } from './switch-backend.js';
import { readTree, type Tree } from './tree.js';

export interface TamperSnapshot {
  readonly id: string;
  readonly tree: Tree;
}

export interface TamperUser {
  readonly name: string;
  readonly uid: Uid;
  /** Oldest first. */
  readonly snapshots: readonly TamperSnapshot[];
  /** Its objects by role, in an order that is the same whatever the hashes are. */
  readonly registry: string;
  readonly bundles: readonly string[];
  readonly log: readonly string[];
  readonly packs: readonly string[];
}

/** Where the parts of a pack lie; what only the key tells. */
export interface PackShape {
  readonly frames: readonly { readonly offset: number; readonly length: number }[];
  readonly footerOffset: number;
}

/** A vault with two users and several snapshots, and what else somebody who copied everything would have. */
export interface TamperVault {
  readonly objects: Objects;
  readonly keyFile: string;
  readonly users: readonly [TamperUser, TamperUser];
  readonly packs: ReadonlyMap<string, PackShape>;
  /** A later record of the second user's name; it does not belong to the vault until somebody puts it there. */
  readonly laterRecord: { readonly name: string; readonly bytes: Uint8Array };
  /** What a copy of the vault came to hold that went on by itself from the first user's second snapshot. */
  readonly fork: { readonly objects: Objects; readonly snapshot: TamperSnapshot };
  /** Another vault under the same master key, with users of the same names. */
  readonly foreign: Objects;
}

interface Made {
  readonly backend: SwitchBackend;
  readonly path: string;
  readonly keyFile: string;
}

/** Makes everything below `root`, an empty directory; the key file stays there. */
export async function makeTamperVault(root: string, engine: Engine): Promise<TamperVault> {
  const masterKey = new SeededRandom(7).bytes(32);
  const made = await makeVault(root, 'made', masterKey);
  const ana = await backups(made, engine, root, 'ana', [1, 2]);
  const atFork = made.backend.objects();
  const [uid = ''] = uidsIn(atFork);
  addEpoch(made, masterKey, uidBytes(uid as Uid));
  const anaLater = await backups(made, engine, root, 'ana', [3]);
  const before = new Set(made.backend.objects().keys());
  const ben = await backups(made, engine, root, 'ben', [4, 5]);
  const objects = made.backend.objects();
  const [benUid = ''] = uidsIn(new Map([...objects].filter(([name]) => !before.has(name))));
  const forked = await makeFork(root, made, atFork, engine);
  const other = await makeVault(root, 'foreign', masterKey);
  await backups(other, engine, root, 'ana', [1]);
  await backups(other, engine, root, 'ben', [4]);
  const record = [...objects.keys()].find((name) => name.startsWith('registry/') && !atFork.has(name))!;
  const users = [
    await describeUser(made, 'ana', uid as Uid, [...ana, ...anaLater]),
    await describeUser(made, 'ben', benUid as Uid, ben),
  ] as const;
  return {
    objects,
    keyFile: made.keyFile,
    users: [users[0].user, users[1].user],
    packs: new Map([...users[0].packs, ...users[1].packs]),
    laterRecord: laterRecord(record, objects.get(record)!),
    fork: forked,
    foreign: other.backend.objects(),
  };
}

async function makeVault(root: string, name: string, masterKey: Uint8Array): Promise<Made> {
  const made = { backend: createSwitchBackend(), path: join(root, name), keyFile: join(root, `${name}.key`) };
  // The vault's id comes first, the key second.
  const random: Random = { bytes: (length) => (length === 32 ? masterKey.slice() : systemRandom.bytes(length)) };
  await initVault({ ...made, random });
  return made;
}

async function withUser<T>(made: Made, name: string, use: (user: UserRepository) => Promise<T>): Promise<T> {
  const vault = await openVault(made);
  try {
    await vault.ensureUser(name);
    const user = await vault.openUser(name);
    try {
      return await use(user);
    } finally {
      user.close();
    }
  } finally {
    await vault.close();
  }
}

async function backups(
  made: Made,
  engine: Engine,
  root: string,
  name: string,
  steps: readonly number[],
): Promise<TamperSnapshot[]> {
  const source = join(root, 'sources', name);
  return withUser(made, name, async (user) => {
    const snapshots: TamperSnapshot[] = [];
    for (const step of steps) {
      writeStep(source, step);
      snapshots.push({ tree: readTree(source), id: await backupPath(user, engine, source) });
    }
    return snapshots;
  });
}

/** Each step leaves most as it was, so that later snapshots need earlier packs. */
function writeStep(source: string, step: number): void {
  const random = new SeededRandom(step);
  mkdirSync(join(source, 'inner'), { recursive: true });
  if (step === 1 || step === 4) {
    rmSync(source, { recursive: true });
    mkdirSync(join(source, 'inner'), { recursive: true });
    writeFileSync(join(source, 'noise'), random.bytes(9000));
    writeFileSync(join(source, 'text'), random.text(3000));
    writeFileSync(join(source, 'one'), 'x');
    linkSync(join(source, 'one'), join(source, 'inner/one too'));
    symlinkSync('../text', join(source, 'inner/link'));
    // Frames of their own behind each other in one pack.
    writeFileSync(join(source, 'large'), random.bytes(600_000));
    writeFileSync(join(source, 'zeros'), Buffer.alloc(1_400_000));
  }
  writeFileSync(join(source, `inner/new ${step}`), random.bytes(2000 + 100 * step));
  writeFileSync(join(source, 'text'), random.text(3000));
}

/** A second epoch of the first user, as a routine rotation makes it: new encryption root, the same dedup root. */
function addEpoch({ backend, keyFile }: Made, masterKey: Uint8Array, uid: Uint8Array): void {
  const { vaultId } = decodeKeyFile(readFileSync(keyFile), keyFile);
  const master = deriveMaster(masterKey, vaultId);
  const objects = backend.objects();
  const id = { generation: 1, masterId: master.masterId };
  const first = objects.get(bundleName(uidOf(uid), { ...id, epoch: 1, copy: 1 }))!;
  const bundle = decodeBundle(openSimple(master.wrapKey, first, { type: OBJECT_TYPES.bundle, vaultId, uid }));
  const body = encodeBundle({ ...bundle, encryptionRoot: new SeededRandom(8).bytes(32) });
  const context = { format: 0, type: OBJECT_TYPES.bundle, generation: 1, epoch: 2, vaultId, uid };
  const bytes = sealSimple(master.wrapKey, context, body, systemRandom);
  for (const copy of [1, 2] as const) objects.set(bundleName(uidOf(uid), { ...id, epoch: 2, copy }), bytes);
  backend.hold(objects);
}

async function makeFork(root: string, made: Made, objects: Objects, engine: Engine): Promise<TamperVault['fork']> {
  const backend = createSwitchBackend();
  backend.hold(objects);
  const path = join(root, 'forked');
  mkdirSync(path);
  const source = join(root, 'sources', 'ana');
  writeStep(source, 9);
  const tree = readTree(source);
  const id = await withUser({ backend, path, keyFile: made.keyFile }, 'ana', (user) =>
    backupPath(user, engine, source),
  );
  const added = [...backend.objects()].filter(([name]) => !objects.has(name));
  return { objects: new Map(added), snapshot: { id, tree } };
}

/** A second version of a record. Its bytes need not open: it is put away before anybody looks. */
function laterRecord(name: string, bytes: Uint8Array): TamperVault['laterRecord'] {
  const parsed = parseObjectName(name);
  if (parsed?.type !== 'registry') throw new TypeError(`Not a registry record: "${name}".`);
  return { name: registryName(parsed.nameHash, 2), bytes };
}

async function describeUser(
  made: Made,
  name: string,
  uid: Uid,
  snapshots: readonly TamperSnapshot[],
): Promise<{ user: TamperUser; packs: [string, PackShape][] }> {
  const names = [...made.backend.objects().keys()].sort();
  const below = (type: string) =>
    names.filter((object) => {
      const parsed = parseObjectName(object);
      return parsed?.type === type && 'uid' in parsed && parsed.uid === uid;
    });
  const { masterKey, vaultId } = decodeKeyFile(readFileSync(made.keyFile), made.keyFile);
  const nameHash = hmacSha256(deriveMaster(masterKey, vaultId).registryNameKey, Buffer.from(name));
  return withUser(made, name, async (repository) => {
    const packs: [string, PackShape][] = [];
    for (const { manifest } of (await repository.snapshots.list()).reverse()) {
      for (const hash of manifest.packs) packs.push([packName(uid, hash), await shapeOf(repository, hash)]);
    }
    const named = new Set(packs.map(([pack]) => pack));
    if (below('pack').some((pack) => !named.has(pack))) throw new TypeError('A pack is in no manifest.');
    const user: TamperUser = {
      name,
      uid,
      snapshots,
      registry: registryName(nameHash, 1),
      bundles: names.filter((object) => object.startsWith(bundlesPrefix(uid))),
      log: below('log'),
      packs: packs.map(([pack]) => pack),
    };
    return { user, packs };
  });
}

async function shapeOf({ backend, keys, uid }: UserRepository, hash: Uint8Array): Promise<PackShape> {
  const { sealedHead, footer } = await readPackHead(backend, keys, hash);
  const length = (await backend.stat(packName(uidOf(uid), hash)))!.length;
  const frames = [...footer.offsets].map((offset, i) => ({ offset, length: footer.sealedLengths[i]! }));
  // Behind the header the sealed head is the footer; the trailer has 40 bytes.
  return { frames, footerOffset: length - 40 - (sealedHead.length - 80) };
}

function uidsIn(objects: Objects): string[] {
  const uids = [...objects.keys()]
    .map(parseObjectName)
    .flatMap((parsed) => (parsed?.type === 'bundle' ? parsed.uid : []));
  return [...new Set(uids)];
}

/** Hex digits of a hash that is nobody's. */
export function someHash(random: SeededRandom): string {
  return toHex(random.bytes(32));
}
