import t from 'tap';
import type { ListAnswer } from '../../src/api/contract/list.js';
import { Log } from '../../src/snapshot/index.js';
import { parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

/** How many entries of logs are read while `run` runs. */
async function readsOf(run: () => Promise<unknown>): Promise<number> {
  const { newestFirst, entry } = Log.prototype;
  let reads = 0;
  Log.prototype.newestFirst = async function* () {
    for await (const one of newestFirst.call(this)) {
      reads++;
      yield one;
    }
  };
  Log.prototype.entry = function (name) {
    reads++;
    return entry.call(this, name);
  };
  try {
    await run();
  } finally {
    Object.assign(Log.prototype, { newestFirst, entry });
  }
  return reads;
}

async function listed({ socket }: Served, query = ''): Promise<ListAnswer> {
  const { status, text } = await ask(socket, `/api/backups/ana?${query}`);
  if (status !== 200) throw new Error(text);
  return parse(text) as unknown as ListAnswer;
}

const ids = ({ backups }: ListAnswer) => backups.map(({ backup_id }) => backup_id);

async function end({ socket }: Served, session: string): Promise<string> {
  const body = { user_id: 'ana', session_id: session, data: { sparks: [{ id: session }] } };
  const { text } = await ask(socket, '/api/commands/end', { body });
  return String(parse(text).backup_id);
}

t.test('a page of a list reads its own snapshots, however many are newer', async (t) => {
  const served = await serve(t);
  const made: string[] = [];
  for (let i = 0; i < 12; i++) made.unshift(await end(served, `s${i}`));
  t.same(ids(await listed(served)), made);
  const found: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 4; pages++) {
    const reads = await readsOf(async () => {
      const page: ListAnswer = await listed(served, `limit=3${cursor ? `&cursor=${cursor}` : ''}`);
      found.push(...ids(page));
      cursor = page.next;
    });
    // Its three, and the newest entry, twice, to see that the log has not gone on.
    t.equal(reads, 5, `page ${pages}`);
  }
  t.same([found, cursor], [made, null]);
});

t.test('a list goes on where its cursor says, whatever comes or is forgotten meanwhile', async (t) => {
  const served = await serve(t);
  const made: string[] = [];
  for (let i = 0; i < 6; i++) made.unshift(await end(served, `s${i}`));
  const first = await listed(served, 'limit=2');
  const newer = await end(served, 'newer');
  await ask(served.socket, `/api/backups/ana/${made[3]}/forget`, { body: {} });
  await ask(served.socket, `/api/backups/ana/${made[4]}/pin`, { body: {} });
  const rest = await listed(served, `cursor=${first.next}`);
  t.same([...ids(first), ...ids(rest)], [made[0], made[1], made[2], made[4], made[5]]);
  t.same(
    rest.backups.map(({ pinned }) => pinned),
    [false, true, false],
  );
  const all = await listed(served, 'all=true');
  t.same(ids(all), [newer, ...made]);
  t.same(
    all.backups.map(({ forgotten }) => forgotten !== null),
    all.backups.map(({ backup_id }) => backup_id === made[3]),
  );
  t.same(ids(await listed(served, 'session_id=s2')), [made[3]].slice(1));
  t.same(ids(await listed(served, 'session_id=s2&all=true')), [made[3]]);
  t.same(ids(await listed(served, 'kind=manual')), []);
  const times = new Map(all.backups.map(({ backup_id, timestamp }) => [backup_id, timestamp]));
  const [since, until] = [times.get(made[2]!)!, times.get(made[1]!)!];
  t.same(ids(await listed(served, `since=${encodeURIComponent(since)}&until=${encodeURIComponent(until)}`)), [
    made[1],
    made[2],
  ]);
  const again = await served.restart();
  t.same(await listed(again, 'all=true'), all, 'a new process answers the same');
});
