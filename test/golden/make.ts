/**
 * Makes the golden vaults anew: `npm run golden`, or with the name of the one with all kinds of log entries that one alone. Keys and trees are the same each time; salts, padding, inodes and the times of
 * the run are not. Only while a format is still open: once it is frozen, its vaults stay as they are.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { backup } from '../../src/backup/index.js';
import { type Clock, type Random, silentLogger } from '../../src/base/index.js';
import { type CodecName, loadCodecs } from '../../src/codec/index.js';
import { createEngine } from '../../src/engine/index.js';
import { initVault, openVault } from '../../src/vault/index.js';
import { FAULTS } from './faults.js';
import { fillKeeping } from './keeping-vault.js';
import { type Listing, listTree } from './listing.js';
import { changeSmallTree, changeTree, makeSmallTree, makeTree, seededBytes } from './sample-trees.js';
import {
  type Expected,
  type ExpectedFault,
  type ExpectedKeeping,
  GOLDEN,
  KEEPING,
  KEY_NAME,
  USER,
  VAULTS,
} from './vaults.js';

const PROGRAM = 'bitacora-backup 0.1.0';

// A manifest names the machine that it was made on, which is nobody's business here.
os.hostname = () => 'golden';
syncBuiltinESMExports();

/** Runs ahead of the files' times, so that none counts as just written. */
function aheadClock(): Clock {
  let now = Date.now() + 3_600_000;
  const step = () => {
    now += 1;
    return now;
  };
  return { now: step, monotonic: step };
}

function seededRandom(seed: string): Random {
  let call = 0;
  return { bytes: (length) => new Uint8Array(seededBytes(`${seed} ${call++}`, length)) };
}

interface Recipe {
  readonly codec: CodecName;
  readonly make: (root: string) => void;
  readonly change: (root: string) => void;
}

/** Makes a vault with two snapshots at `place`, and says what is in it. */
async function makeVault(place: string, name: string, { codec, make, change }: Recipe): Promise<Expected> {
  const work = join(os.tmpdir(), 'bitacora-golden-source');
  // Throws if it is there: it is somebody else's then.
  mkdirSync(work, { mode: 0o700 });
  try {
    const scope = join(work, 'tree');
    make(scope);
    const [path, keyFile] = [join(work, 'vault'), join(work, KEY_NAME)];
    const parts = { path, keyFile, clock: aheadClock(), random: seededRandom(name), logger: silentLogger };
    await initVault(parts);
    const vault = await openVault(parts);
    await vault.ensureUser(USER);
    const repository = await vault.openUser(USER);
    const engine = await createEngine({ threads: 0 });
    const snapshots: { id: string; tree: Listing }[] = [];
    for (const prepare of [() => undefined, () => change(scope)]) {
      prepare();
      const call = { ...parts, repository, engine, vaultPath: path, paths: [scope], kind: 'manual', codec } as const;
      const { backupId = new Uint8Array(), status } = await backup(call);
      if (status !== 'complete') throw new Error(`The snapshot is ${status}.`);
      snapshots.push({ id: Buffer.from(backupId).toString('hex'), tree: listTree(scope) });
    }
    repository.close();
    await engine.close();
    await vault.close();
    copyVault(path, keyFile, place);
    return { program: PROGRAM, scope, snapshots };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Makes the vault of `fillKeeping`. */
async function makeKeeping(place: string): Promise<ExpectedKeeping> {
  const work = join(os.tmpdir(), 'bitacora-golden-source');
  mkdirSync(work, { mode: 0o700 });
  try {
    const scope = join(work, 'tree');
    const [path, keyFile] = [join(work, 'vault'), join(work, KEY_NAME)];
    const parts = { path, keyFile, clock: aheadClock(), random: seededRandom(KEEPING), logger: silentLogger };
    await initVault(parts);
    const vault = await openVault(parts);
    await vault.ensureUser(USER);
    const engine = await createEngine({ threads: 0 });
    const kept = await fillKeeping({ ...parts, vault, engine, scope });
    await engine.close();
    await vault.close();
    copyVault(path, keyFile, place);
    return { program: PROGRAM, scope, tree: listTree(scope), kept };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Copies what belongs to the format, the key beside it. */
function copyVault(vault: string, keyFile: string, place: string): void {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const part of ['vault.json', 'copies', 'registry', 'users']) {
    cpSync(join(vault, part), join(place, 'vault', part), { recursive: true });
  }
  cpSync(keyFile, join(place, KEY_NAME));
}

function writeExpected(place: string, expected: Expected | ExpectedFault | ExpectedKeeping): void {
  writeFileSync(join(place, 'expected.json'), `${JSON.stringify(expected, null, 1)}\n`);
}

async function makeGolden(only?: string): Promise<void> {
  const { zstd } = await loadCodecs();
  if (zstd !== 'native') throw new Error(`Golden vaults are written by zstd-napi; here zstd is ${zstd}.`);
  writeExpected(join(GOLDEN, KEEPING), await makeKeeping(join(GOLDEN, KEEPING)));
  if (only === KEEPING) return;
  for (const name of VAULTS) {
    const place = join(GOLDEN, name);
    const codec = name.slice(name.lastIndexOf('-') + 1) as CodecName;
    writeExpected(place, await makeVault(place, name, { codec, make: makeTree, change: changeTree }));
  }
  const damaged = join(GOLDEN, 'damaged');
  rmSync(damaged, { recursive: true, force: true });
  const sound = join(damaged, 'sound');
  const expected = await makeVault(sound, 'damaged', { codec: 'zstd', make: makeSmallTree, change: changeSmallTree });
  for (const { name, fault, code, told, reader, apply } of FAULTS) {
    const place = join(damaged, name);
    cpSync(sound, place, { recursive: true });
    apply(join(place, 'vault'));
    writeExpected(place, { ...expected, fault, code, told, reader });
  }
  rmSync(sound, { recursive: true });
}

await makeGolden(process.argv[2]);
