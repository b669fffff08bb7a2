import t from 'tap';
import { readSelector, readState } from '../../src/cli/select.js';

const NOW = Date.UTC(2026, 0, 15, 12);
const read = (flags: Parameters<typeof readSelector>[0], needed = true) => readSelector(flags, NOW, { needed });

t.test('one state is meant, and a session may go with a time', async (t) => {
  t.same(read({ latest: true }), { latest: true });
  t.same(read({ snapshot: '0123456789' }), { snapshot: '0123456789' });
  t.match(read({ at: '2025-03-01T14:30:00Z' }), { at: /^2025-03-01T14:30:00/ });
  t.same(read({ session: 's1' }), { session_id: 's1' });
  t.match(read({ session: 's1', at: '2025-03-01T14:30:00Z' }), { session_id: 's1', at: /^2025-03-01T14:30/ });
  t.same(read({ session: 's1', latest: true }), { session_id: 's1' });
  t.same(read({}, false), { latest: true });
});

t.test('none where one is needed, and several, are refused', async (t) => {
  t.throws(() => read({}), { code: 'USAGE', message: /Say which state/ });
  for (const flags of [
    { latest: true, at: 'now' },
    { at: 'now', snapshot: '0123456789' },
    { session: 's1', snapshot: '0123456789' },
  ]) {
    t.throws(() => read(flags), { code: 'USAGE', message: /Only one state/ });
  }
});

t.test('a word for a state may have a time in it as people write them', async (t) => {
  t.equal(readState('latest', NOW), 'latest');
  t.equal(readState('session:s1', NOW), 'session:s1');
  t.match(readState('at:2025-03-01T14:30:00Z', NOW), /^at:2025-03-01T14:30:00/);
  t.throws(() => readState('at:whenever', NOW), { code: 'USAGE' });
});
