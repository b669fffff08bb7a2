import t from 'tap';
import { SeededRandom } from '../../campaign/random.js';
import { again, answers, givenUp, type Opened, opened, said, summed, taken } from './fixture.js';

const STEPS = 60;

/** One step of a history; what it says must hold whatever is summed up. */
async function step({ user }: Opened, random: SeededRandom, ids: Uint8Array[]): Promise<void> {
  const some = ids.filter(() => random.chance(0.3));
  const kind = random.pick(['take', 'take', 'take', 'forget', 'unforget', 'pin', 'unpin', 'give up'] as const);
  if (kind === 'take') ids.push(await taken(user, `${ids.length}`));
  else if (some.length === 0) return;
  else if (kind !== 'give up') await said(user, kind, ...some);
  else {
    await givenUp(user, ...some);
    for (const id of some) ids.splice(ids.indexOf(id), 1);
  }
}

t.test(
  'whatever the history, a checkpoint at any moment changes no answer, nor does the loss of the index',
  async (t) => {
    for (const seed of [1, 2, 3, 4]) {
      const random = new SeededRandom(seed);
      let place = await opened(t);
      const ids: Uint8Array[] = [];
      let checkpoints = 0;
      for (let i = 0; i < STEPS; i++) {
        await step(place, random, ids);
        if (random.chance(0.6)) continue;
        const before = await answers(place.user);
        // Now and then beside it: what comes meanwhile has to be there afterwards.
        const beside = random.chance(0.3) ? taken(place.user, `${ids.length}`) : undefined;
        if (await summed(place.user)) checkpoints++;
        if (beside) ids.push(await beside);
        else t.same(await answers(place.user), before, `seed ${seed}, step ${i}: summed up`);
        if (random.chance(0.6)) continue;
        const now = await answers(place.user);
        place = await again(place, t, random.chance(0.5));
        t.same(place.user.logProblems, []);
        t.same(await answers(place.user), now, `seed ${seed}, step ${i}: opened again`);
      }
      t.equal((await place.user.snapshots.list()).length <= ids.length, true);
      t.ok(checkpoints > 5, `${checkpoints} checkpoints`);
    }
  },
);
