import { writeFileSync } from 'node:fs';
import t from 'tap';
import { startDaemon } from '../api/daemon.js';
import { Place } from './bin.js';

t.test('sessions end and scopes end, alone and through a daemon', async (t) => {
  for (const way of ['alone', 'through a daemon']) {
    const place = new Place(t);
    const file = place.join('records.json');
    writeFileSync(file, '{"sparks":[{"id":"a"}],"user_config":{"theme":"dark"}}');
    await place.run(['init', '--quiet']);
    const daemon = way === 'alone' ? undefined : await startDaemon(place);
    t.match(await place.run(['end', 'ana', 's1']), { code: 64, stderr: /pull_command/ }, way);
    const { code, answer } = await place.json(['end', 'ana', 's1', '--records', file, '--key', 'k']);
    t.equal(code, 0);
    t.match(answer, { status: 'complete', session_id: 's1', durability: { level: 'local' } });
    const again = await place.run(['end', 'ana', 's1', '--records', file, '--key', 'k']);
    t.match(again, { code: 0, stdout: /captured {2}session:s1/ });
    t.ok(again.stdout.includes(String(answer.backup_id)), 'the same again');
    t.match(await place.run(['scope', 'list', 'ana']), { code: 0, stdout: /session:s1\n/ });
    t.match(await place.run(['scope', 'end', 'ana', 'session:s']), { code: 66, stderr: /Did you mean "session:s1"/ });
    t.match(await place.run(['scope', 'end', 'ana', 'session:s1']), { code: 0, stdout: /is no more/ });
    t.match(await place.run(['scope', 'list', 'ana']), { code: 0, stdout: /session:s1 {2}ended / });
    const backup = ['backup', 'ana', '--kind', 'critical', '--session', 's2', '--records', file];
    t.match(await place.run(backup), { code: 0, stdout: /captured {2}session:s2/ });
    const mark = ['user', 'set', 'ana', '--add-source', `path:${place.source}`, '--at-session-end'];
    t.match(await place.run(mark), { code: 0, stdout: /at the end of each session/ });
    const followed = daemon ? { stdout: /follows {3}job / } : { stderr: /Captured behind the session, .*path:/ };
    t.match(await place.run(['end', 'ana', 's3']), { code: 0, ...followed });
    await daemon?.close();
  }
});
