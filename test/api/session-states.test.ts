import t, { type Test } from 'tap';
import { parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

async function make(t: Test) {
  const served = await serve(t);
  const save = async (session: string, data: string) => {
    const raw = `{"user_id":"ana","type":"manual","session_id":"${session}","data":${data}}`;
    const { status, text } = await ask(served.socket, '/api/commands/backup', { raw });
    t.equal(status, 200, text);
    return parse(text) as { backup_id: string; timestamp: string };
  };
  return { ...served, save };
}

async function state({ socket }: Served, body: object) {
  const { status, text } = await ask(socket, '/api/restore', { body: { user_id: 'ana', ...body } });
  return { status, ...parse(text) } as { status: number; data?: object; thinned?: string[]; error?: unknown };
}

t.test('a session that ended is gone from then on, and there before', async (t) => {
  const served = await make(t);
  const { socket, save } = served;
  const { timestamp } = await save('one', '{"sparks":[{"id":"a"}]}');
  await save('two', '{"sparks":[{"id":"b"}],"user_config":[{"id":"c"}]}');
  const end = async (scope: string) => {
    const { status, text } = await ask(socket, '/api/users/ana/scopes/end', { body: { scope } });
    t.equal(status, 200, text);
    return parse(text) as { backup_id: string };
  };
  const { backup_id } = await end('session:one');
  t.same((await state(served, { latest: true })).data, { sparks: [{ id: 'b' }], user_config: [{ id: 'c' }] });
  t.match(await state(served, { session_id: 'one' }), {
    status: 404,
    error: { code: 'UNKNOWN_SESSION', message: /was ended at/, details: { ended_by: backup_id } },
  });
  t.match(await state(served, { session_id: 'one', at: timestamp }), { status: 200, data: { sparks: [{ id: 'a' }] } });
  await end('collection:user_config');
  t.same((await state(served, { latest: true })).data, { sparks: [{ id: 'b' }] }, 'and a collection like it');
});

t.test('what was forgotten is said to be thinned', async (t) => {
  const served = await make(t);
  const { socket, save } = served;
  await save('one', '{"sparks":[{"id":"a","n":1}]}');
  const newer = await save('one', '{"sparks":[{"id":"a","n":2}]}');
  const forget = async (id: string) => {
    const { status, text } = await ask(socket, `/api/backups/ana/${id}/forget`, { body: {} });
    t.equal(status, 200, text);
  };
  t.match(await state(served, { session_id: 'one' }), { thinned: [], data: { sparks: [{ n: 2 }] } });
  await forget(newer.backup_id);
  t.match(await state(served, { session_id: 'one' }), { thinned: ['session:one'], data: { sparks: [{ n: 1 }] } });
  t.match(await state(served, { at: newer.timestamp }), { thinned: ['session:one'], data: { sparks: [{ n: 1 }] } });
  const only = await save('two', '{"sparks":[{"id":"b"}]}');
  await forget(only.backup_id);
  t.match(await state(served, { session_id: 'two' }), {
    status: 404,
    error: { code: 'UNKNOWN_SESSION', message: /have been forgotten since/, details: { thinned: true } },
  });
  t.same((await state(served, { latest: true })).thinned, ['session:one', 'session:two']);
});

t.test('a session without records of its own names its snapshot', async (t) => {
  const served = await make(t);
  const { backup_id } = parse((await served.backUp({ session_id: 'bare' })).text);
  t.match(await state(served, { session_id: 'bare' }), {
    status: 404,
    error: { message: /no records of its own/, details: { snapshot: backup_id } },
  });
});
