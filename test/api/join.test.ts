import t from 'tap';
import { joinByKey, joinEnd } from '../../src/api/join.js';
import type { Job, LiveJobView } from '../../src/scheduler/index.js';

const END = { user_id: 'ana', session_id: 's1' };

function live(job: Partial<Job>): LiveJobView {
  return {
    job: { operation: 'end', repeatable: true, cancelling: false, state: 'queued', ...job } as Job,
    body: undefined,
  };
}

t.test('a call joins no job that is being cancelled: it is done behind it', async (t) => {
  const keyed = { ...END, idempotency_key: 'k' };
  const cases = [
    { input: END, join: (lives: LiveJobView[]) => joinEnd(END, undefined, lives) },
    { input: keyed, join: (lives: LiveJobView[]) => joinEnd(keyed, undefined, lives) },
    { input: keyed, join: (lives: LiveJobView[]) => joinByKey('end', keyed, undefined, lives) },
  ];
  for (const { input, join } of cases) {
    const [going, cancelled] = [live({ input }), live({ input, cancelling: true })];
    t.equal(join([going]), going.job);
    t.equal(join([cancelled]), undefined);
  }
});

t.test('a key that stands for another request is refused', async (t) => {
  const other = live({ input: { ...END, session_id: 's2', idempotency_key: 'k' } });
  t.throws(() => joinEnd({ ...END, idempotency_key: 'k' }, undefined, [other]), { code: 'REPEAT_DIFFERS' });
});
