import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { utf8 } from '../../src/base/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES, type TreeEntry } from '../../src/format/index.js';
import { SeededRandom } from '../campaign/random.js';
import { emptyTree } from './empty-tree.js';
import type { HostileMaker } from './hostile-case.js';
import { type HostilePlace, makeHostilePlace, USER } from './hostile-place.js';
import { lookAround } from './surroundings.js';

export interface RaceResult {
  readonly restores: number;
  /** Directories and items that restores went through, each a race. */
  readonly races: number;
  readonly swaps: number;
  /** Restores that had something to complain about. */
  readonly disturbed: number;
  /** What is not as it was outside. */
  readonly changed: readonly string[];
}

const FOLDERS = ['d0', 'd1', 'd2', 'd3'];
const FILES = ['a', 'b', 'c'];

/**
 * Restores again and again over a tree while a thread swaps whatever is in it, staging directories too, for links to a directory
 * outside that holds the same names.
 */
export async function raceRestores(options: {
  readonly races: number;
  readonly seed: number;
  readonly threads: number;
}): Promise<RaceResult> {
  const place = await makeHostilePlace(options.threads);
  try {
    makeLikeness(join(place.root, 'outside/directory'));
    await place.store({ title: 'a tree', make: (maker) => treeOf(maker) });
    return await run(place, options);
  } finally {
    await place.close();
  }
}

async function run(place: HostilePlace, { races: wanted, seed }: { races: number; seed: number }): Promise<RaceResult> {
  const random = new SeededRandom(seed);
  const { root, target } = place;
  const own = join(root, 'own');
  const around = () => lookAround(root, [target, own, join(root, 'vault')]);
  let [restores, races, swaps, disturbed] = [0, 0, 0, 0];
  const changed: string[] = [];
  while (races < wanted) {
    mkdirSync(own);
    place.clear();
    await restore(place, random);
    const before = around();
    const state = new Int32Array(new SharedArrayBuffer(8));
    const orders = { target, outside: join(root, 'outside'), own, seed: random.next(), state };
    const adversary = new Worker(new URL('./race-adversary.js', import.meta.url), { workerData: orders });
    const ended = new Promise<number>((resolve) => adversary.once('exit', resolve));
    await new Promise((resolve) => adversary.once('message', resolve));
    for (let i = 0; i < RESTORES_A_ROUND; i++) {
      const { items, problems } = await restore(place, random);
      restores++;
      races += items;
      if (problems > 0) disturbed++;
    }
    Atomics.store(state, 1, 1);
    await ended;
    swaps += Atomics.load(state, 0);
    const after = around();
    changed.push(...after.filter((line) => !before.includes(line)), ...before.filter((line) => !after.includes(line)));
    emptyTree(own);
  }
  return { restores, races, swaps, disturbed, changed };
}

const RESTORES_A_ROUND = 12;

async function restore(place: HostilePlace, random: SeededRandom): Promise<{ items: number; problems: number }> {
  const answer = await place.run('restore', {
    user_id: USER,
    latest: true,
    target: place.target,
    flatten: random.chance(0.8),
    overwrite: random.pick(['always', 'always', 'changed']),
    delete: random.chance(0.4),
    verify: random.chance(0.3),
  });
  if ('code' in answer) return { items: 0, problems: 1 };
  const { files, directories, others, identical, failure_count, warning_count } = answer;
  return { items: files + directories + others + identical, problems: failure_count + warning_count };
}

/** Directories in directories, files of one and of many chunks, links, hard links, fifos, attributes. */
function treeOf(maker: HostileMaker): readonly TreeEntry[] {
  const below = (depth: number): TreeEntry[] => [
    ...FILES.map((name) =>
      maker.file(name, `mine ${name} ${depth}`, { xattrs: [{ name: utf8('user.x'), value: utf8('1') }] }),
    ),
    maker.entry('fifo', ENTRY_TYPES.fifo, { form: 'none' }, { mode: 0o666 }),
    maker.file('hard 1', 'linked', { flags: ENTRY_FLAGS.linkGroup, device: 1n, inode: BigInt(depth) }),
    maker.file('hard 2', 'linked', { flags: ENTRY_FLAGS.linkGroup, device: 1n, inode: BigInt(depth) }),
    maker.link('link', 'a', { mode: 0o777 }),
    ...(depth > 0
      ? FOLDERS.slice(0, depth + 1).map((name) => maker.directory(name, below(depth - 1), { mode: 0o777 }))
      : []),
  ];
  return below(2);
}

/** What is outside bears the names of what is restored, so that it shows where a link was followed. */
function makeLikeness(path: string, depth = 2): void {
  mkdirSync(path, { recursive: true });
  for (const name of [...FILES, 'fifo', 'hard 1', 'hard 2', 'link'])
    writeFileSync(join(path, name), 'outside', { mode: 0o600 });
  if (depth > 0) for (const name of FOLDERS) makeLikeness(join(path, name), depth - 1);
}
