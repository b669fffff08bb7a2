import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

type Document = Record<string, unknown>;

async function post(t: Test, { socket }: Served, path: string, body: Document = {}, status = 200): Promise<Document> {
  const reply = await ask(socket, path, { method: 'POST', body });
  t.equal(reply.status, status, reply.text);
  return parse(reply.text);
}

async function listed(served: Served, query = ''): Promise<Document[]> {
  return parse((await ask(served.socket, `/api/backups/ana${query}`)).text).backups as Document[];
}

t.test('snapshots are pinned, forgotten and taken back, and the list says so', async (t) => {
  const served = await serve(t);
  const one = String(parse((await served.backUp()).text).backup_id);
  const two = String(parse((await served.backUp()).text).backup_id);
  t.match(await listed(served), [
    {
      backup_id: two,
      pinned: false,
      forgotten: null,
      kept_by: ['newest', 'monthly', 'weekly', 'daily', 'manual', 'recent'],
    },
    { backup_id: one, kept_by: ['manual', 'recent'], kept_until: /^\d{4}-/ },
  ]);
  t.match((await listed(served))[0], { kept_until: null });

  const act = (id: string, what: string, status = 200) => post(t, served, `/api/backups/ana/${id}/${what}`, {}, status);
  t.match(await act(one, 'pin'), { pinned: true, forgotten: null, changed: true, warnings: [] });
  t.match(await act(one, 'pin'), { pinned: true, changed: false });
  t.match((await listed(served))[1], { pinned: true, kept_by: ['pinned', 'manual', 'recent'], kept_until: null });
  t.match(await act(one, 'forget', 409), { error: { code: 'PINNED' } });
  t.match(await act(one.slice(0, 20), 'unpin'), { backup_id: one, pinned: false, changed: true });
  t.match(await act(one, 'forget'), { forgotten: /^\d{4}-/, changed: true, warnings: [] });
  t.same(
    (await listed(served)).map(({ backup_id: id }) => id),
    [two],
  );
  t.match(await listed(served, '?all=true'), [{ backup_id: two }, { backup_id: one, forgotten: /^\d/, kept_by: [] }]);
  t.match(await act(one, 'pin', 404), { error: { code: 'UNKNOWN_SNAPSHOT', message: /unforget/ } });
  t.match(await act(one, 'unforget'), { forgotten: null, changed: true });
  t.match((await listed(served))[1], { backup_id: one, kept_by: ['taken_back', 'manual', 'recent'] });
  t.match(await act('0'.repeat(32), 'forget', 404), { error: { code: 'UNKNOWN_SNAPSHOT' } });
});

t.test('what was pruned cannot be taken back, and is not listed among what can', async (t) => {
  const served = await serve(t);
  const one = String(parse((await served.backUp()).text).backup_id);
  for (const name of ['a.txt', 'b.txt']) writeFileSync(join(served.source, name), `all of ${name} is new\n`);
  await served.backUp();
  await post(t, served, `/api/backups/ana/${one}/forget`);
  // What was read a moment ago still relies on it.
  const again = await served.restart();
  await post(t, again, '/api/prune', { allow_large: true });
  const refused = await post(t, again, `/api/backups/ana/${one}/unforget`, {}, 404);
  t.match(refused, { error: { code: 'UNKNOWN_SNAPSHOT', message: /was pruned/ } });
  t.equal((await listed(again, '?all=true')).length, 1);
});

t.test('a restore is folded without what was forgotten, and a backup takes nothing over from it', async (t) => {
  const served = await serve(t);
  const made = parse((await served.backUp()).text);
  const { warnings } = await post(t, served, `/api/backups/ana/${made.backup_id}/forget`);
  t.match(warnings, [/no longer has path:.*source: no snapshot is left/]);
  const gone = await ask(served.socket, '/api/users/ana/entries?latest=true');
  t.equal(gone.status, 404);
  const again = parse((await served.backUp()).text);
  t.match(again, { parent_id: null });
  t.match(await post(t, served, `/api/backups/ana/${made.backup_id}/unforget`), { warnings: [] });
});

t.test('retention says what it keeps and why, in a dry run and for good', async (t) => {
  const served = await serve(t);
  const { backup_id: id } = parse((await served.backUp()).text);
  const told = await post(t, served, '/api/users/ana/retention', { dry_run: true });
  t.match(told, {
    dry_run: true,
    held: null,
    policy: { session_backups_days: 30, monthly_backups_days: 1825, manual_backups_days: 90 },
    forgotten: [],
    snapshots: [
      {
        backup_id: id,
        kept: true,
        kept_until: null,
        captures: [{ kept: true, reasons: [{ rule: 'recent', holds: true }] }],
      },
    ],
  });
  t.match(await post(t, served, '/api/users/ana/retention'), { dry_run: false, forgotten: [], warnings: [] });
  t.match(await post(t, served, '/api/users/nobody/retention', {}, 404), { error: { code: 'UNKNOWN_USER' } });
});

t.test('what the timetable checks is told in status and in figures', async (t) => {
  const served = await serve(t);
  await served.backUp();
  const users = async () => parse((await ask(served.socket, '/api/status')).text).users as Document[];
  t.match(await users(), [{ last_check: null }]);
  t.ok(Number((await users())[0]!.stored_bytes) > 4096);
  const checked = await post(t, served, '/api/scrub', { due: true, share: 100 });
  t.match(checked, { status: 'sound', users: [{ packs: 1 }] });
  t.match(await users(), [{ last_check: { time: /^\d/, findings: 0 } }]);
  const { text } = await ask(served.socket, '/metrics');
  t.match(text, new RegExp(`bitacora_checked_bytes_total ${(checked.users as Document[])[0]!.bytes}\n`));
  t.match(text, /bitacora_check_findings 0\n/);
  t.match(await post(t, served, '/api/retention'), { users: [{ user_id: 'ana', forgotten: 0 }], problems: [] });
});
