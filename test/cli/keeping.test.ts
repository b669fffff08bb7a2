import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Place } from './bin.js';

t.test('pin, forget, unforget and retention talk to people', async (t) => {
  const place = new Place(t);
  await place.run(['init']);
  writeFileSync(join(place.source, 'a'), 'one');
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) {
    const { answer } = await place.json(['backup', 'ana', '--path', place.source]);
    ids.push(String(answer.backup_id));
  }
  const [first] = ids as [string];
  const pinned = await place.run(['pin', 'ana', first.slice(0, 18)]);
  t.match(pinned, { code: 0, stdout: new RegExp(`^The snapshot ${first} is pinned`) });
  const refused = await place.run(['forget', 'ana', first]);
  t.match(refused, { code: 73, stderr: /is pinned. Unpin it first/ });
  t.match(await place.run(['unpin', 'ana', first]), { code: 0 });
  const forgotten = await place.run(['forget', 'ana', first]);
  t.match(forgotten, {
    code: 0,
    stdout: /is forgotten; `bitacora unforget` takes it back until it is pruned/,
    stderr: '',
  });
  const list = await place.run(['list', 'ana', '--all']);
  t.match(list.stdout, /newest +path:.*\n.* forgotten +path:.*\n2 snapshots of ana\n$/);
  t.match(await place.run(['unforget', 'ana', first]), { code: 0, stdout: /is taken back/ });
  t.match(await place.run(['unforget', 'ana', first]), { code: 0, stdout: /was not forgotten/ });
  const retention = await place.run(['retention', 'ana', '--dry-run']);
  t.match(retention.stdout, /^Snapshot +Captured +Kind +Kept +Because\n/);
  t.match(retention.stdout, /manual +newest +path:.*: recent until \d{4}-\d\d-\d\d, newest, daily until/);
  t.match(retention.stdout, /manual +taken back +taken back; path:/);
  t.match(retention.stdout, /\nWould forget 0 snapshots of ana; 2 snapshots kept.\n$/);
});
