import { join } from 'node:path';
import t from 'tap';
import { canMount, FullDiskCampaign, SmallDisk } from './faults-full-disk.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

const SEED = 5;
const ROUNDS = 2;

const SKIP = canMount() ? false : 'no disk may be mounted here; that takes root';

t.test('with not a byte left all is read, and a backup fails as it should', { skip: SKIP }, async (t) => {
  const root = fastScratchDirectory('full');
  t.teardown(() => removeScratch(root));
  const disk = SmallDisk.mount(join(root, 'disk'), 64)!;
  t.teardown(() => disk.unmount());
  const campaign = await FullDiskCampaign.start(root, new SeededRandom(SEED), disk);
  for (let round = 0; round < ROUNDS; round++) {
    const { freePages, fate } = await campaign.round();
    t.pass(`${freePages} pages free: ${fate}`);
  }
  t.ok((await campaign.finish()) > ROUNDS, 'every snapshot restored identical');
});
