import t from 'tap';
import { loadCodecs } from '../../src/codec/index.js';
import { createEngine } from '../../src/engine/index.js';
import { type ExploreOptions, exploreHistory } from './crash-explore.js';
import { recordHistory } from './crash-history.js';
import { MUTATIONS } from './crash-mutations.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

const SEED = 7;
/** Of all states of the history one in so many. */
const ONE_IN = 8;
/** Of the states of a wrong order: enough to meet the one that shows it. */
const STATES_OF_MUTATION = 3000;

t.test('whatever a crash leaves of the disk, everything acknowledged is there', async (t) => {
  await loadCodecs();
  const engine = await createEngine({ threads: 0 });
  t.teardown(() => engine.close());
  const root = fastScratchDirectory('crashes');
  t.teardown(() => removeScratch(root));
  const history = await recordHistory(root, new SeededRandom(SEED), engine);
  t.ok(
    Object.values(history.pruned!).every((packs) => packs > 0),
    JSON.stringify(history.pruned),
  );
  const options = (name: string): ExploreOptions => ({
    root: `${root}/${name}`,
    engine,
    random: new SeededRandom(SEED),
    chances: 8,
    most: STATES_OF_MUTATION,
  });
  const sound = await exploreHistory(history, { ...options('sound'), most: 1e6, oneIn: ONE_IN, againEvery: 200 });
  t.comment(`seed ${SEED}: ${history.operations.length} operations, ${sound.states} states of ${sound.disks} disks`);
  t.same(
    sound.broken.map(({ what }) => what),
    [],
  );
  t.ok(sound.states > 300);
  for (const { name, apply } of MUTATIONS) {
    const operations = apply(history.operations);
    const broken = await exploreHistory({ ...history, operations }, { ...options(name), oneIn: 3, first: true });
    t.equal(broken.broken.length, 1, `it is found when ${name}: ${broken.broken[0]?.what} (${broken.states} states)`);
  }
});
