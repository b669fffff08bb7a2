import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { DaemonPlace } from './daemon-process.js';

t.test('users are backed up side by side, each by one writer, with readers beside', async (t) => {
  const place = new DaemonPlace(t);
  const gates = { ana: place.gate('ana'), ben: place.gate('ben') };
  await place.make(gates.ana.source + gates.ben.source);
  const daemon = await place.up();
  const first = await daemon.submit('ana');
  const second = await daemon.submit('ana');
  const other = await daemon.submit('ben');
  const [ana, ben] = await Promise.all([gates.ana.reached(), gates.ben.reached()]);
  const states = async () => (await daemon.jobs()).map(({ job_id, state }) => [job_id, state]);
  t.same(await states(), [
    [first, 'running'],
    [second, 'queued'],
    [other, 'running'],
  ]);
  t.same(await place.snapshots(daemon, 'ana'), [], 'a reader is answered meanwhile');
  await ana.pass();
  t.match(await daemon.wait(first), { state: 'succeeded', result: { captured: ['stream:gate'] } });
  const again = await gates.ana.reached();
  await Promise.all([ben.pass(), again.pass()]);
  t.match(await daemon.wait(second), { state: 'succeeded' });
  t.match(await daemon.wait(other), { state: 'succeeded' });
  t.equal((await place.snapshots(daemon, 'ana')).length, 2);
  t.same(await readdir(join(place.vault, 'queue')), [], 'nothing waits any more');
  t.match(await daemon.kill('SIGTERM'), { code: 0, stderr: '' });
});

t.test('SIGTERM in the middle of a backup: it is put back, and runs after the next start', async (t) => {
  const place = new DaemonPlace(t);
  const gate = place.gate('ana');
  await place.make(`${gate.source}[limits]\ngrace = "1s"\n`);
  const daemon = await place.up();
  const running = await daemon.submit('ana');
  const queued = await daemon.submit('ana', { reason: 'second' });
  const held = await gate.reached();
  daemon.child.kill('SIGTERM');
  t.match(await daemon.ended, { code: 0, stderr: '' });
  await held.gone();
  t.equal((await readdir(join(place.vault, 'queue'))).length, 2);

  gate.renew();
  const next = await place.up();
  t.same(
    (await next.jobs()).map(({ job_id }) => job_id),
    [running, queued],
  );
  await (await gate.reached()).pass();
  t.match(await next.wait(running), { state: 'succeeded', input: { user_id: 'ana' } });
  await (await gate.reached()).pass();
  t.match(await next.wait(queued), { state: 'succeeded', input: { reason: 'second' } });
  t.equal((await place.snapshots(next, 'ana')).length, 2);
  await next.kill('SIGTERM');
});

t.test('SIGTERM lets a backup that is nearly done finish within the grace', async (t) => {
  const place = new DaemonPlace(t);
  const gate = place.gate('ana');
  await place.make(gate.source);
  const daemon = await place.up();
  const waiting = daemon.ask('/api/commands/backup', { body: { user_id: 'ana', type: 'manual' } });
  const waiter = await gate.reached();
  daemon.child.kill('SIGTERM');
  await daemon.said('Stopping.');
  const { status, answer } = await daemon.ask('/api/commands/backup', {
    body: { user_id: 'ben', type: 'manual', paths: ['/'] },
  });
  t.match({ status, answer }, { status: 503, answer: { error: { code: 'STOPPING' } } });
  await waiter.pass();
  t.match(await waiting, { status: 200, answer: { status: 'complete' } }, 'whoever waits is answered');
  t.match(await daemon.ended, { code: 0 });
  t.same(await readdir(join(place.vault, 'queue')), []);
});

t.test('SIGKILL loses nothing that was acknowledged, and nothing runs twice', async (t) => {
  const place = new DaemonPlace(t);
  const gates = { ana: place.gate('ana'), ben: place.gate('ben') };
  await place.make(gates.ana.source + gates.ben.source);
  const daemon = await place.up();
  const queue = join(place.vault, 'queue');
  // One that is done, whose file then comes back: as if the process had died between the two.
  const done = await daemon.submit('ben');
  const ben = await gates.ben.reached();
  const [name = ''] = await readdir(queue);
  await copyFile(join(queue, name), place.join('kept'));
  await ben.pass();
  t.match(await daemon.wait(done), { state: 'succeeded' });
  const ids = [await daemon.submit('ana'), await daemon.submit('ana')];
  const held = await gates.ana.reached();
  await daemon.kill('SIGKILL');
  await held.pass();
  gates.ana.renew();
  await copyFile(place.join('kept'), join(queue, name));

  const next = await place.up();
  t.same((await next.jobs()).map(({ job_id }) => job_id).sort(), [done, ...ids].sort());
  t.match(await next.wait(done), { state: 'succeeded', result: { status: 'complete' } });
  t.equal((await place.snapshots(next, 'ben')).length, 1, 'what was done is not done again');
  for (const id of ids) {
    await (await gates.ana.reached()).pass();
    t.match(await next.wait(id), { state: 'succeeded' });
  }
  t.equal((await place.snapshots(next, 'ana')).length, 2);
  t.same(await readdir(queue), []);
  await next.kill('SIGTERM');
  const after = await place.up();
  t.same(await after.jobs(), []);
  await after.kill('SIGTERM');
});

t.test('a cancelled job does not come back', async (t) => {
  const place = new DaemonPlace(t);
  const gate = place.gate('ana');
  await place.make(gate.source);
  const daemon = await place.up();
  const running = await daemon.submit('ana');
  const queued = await daemon.submit('ana');
  const held = await gate.reached();
  const cancelled = await place.configured(['cancel', queued]);
  t.match(cancelled, { code: 0, stdout: `The job ${queued}: cancelled.\n` });
  await daemon.ask(`/api/jobs/${running}/cancel`, { method: 'POST' });
  t.match(await daemon.wait(running), { state: 'cancelled', error: { code: 'CANCELLED' } });
  await held.gone();
  await daemon.kill('SIGKILL');
  const next = await place.up();
  t.same(await next.jobs(), []);
  t.same(await readdir(join(place.vault, 'queue')), []);
  await next.kill('SIGTERM');
});

t.test('a job file that cannot be read is told and kept, and keeps nothing from starting', async (t) => {
  const place = new DaemonPlace(t);
  await place.make();
  await mkdir(join(place.vault, 'queue'), { recursive: true });
  const file = join(place.vault, 'queue', '0'.repeat(32));
  await writeFile(file, 'no job');
  const daemon = await place.up();
  t.ok(daemon.lines.some(({ level, code }) => level === 'error' && code === 'DATA_CORRUPT'));
  const { answer } = await daemon.ask('/api/status');
  t.match(answer, { warnings: [/queue\/0+/], daemon: { queued: 0 } });
  t.same(await readdir(join(place.vault, 'queue')), ['0'.repeat(32)]);
  await daemon.kill('SIGTERM');
});

t.test('a second daemon on the vault, and one with a wrong configuration, do not start', async (t) => {
  const place = new DaemonPlace(t);
  await place.make();
  const daemon = await place.up();
  t.match(await place.configured(['daemon']), { code: 75, stderr: /is in use by process \d+/ });
  await daemon.kill('SIGTERM');
  await place.configure('[limits]\nwriter = 3\n[log]\nlevel = "loud"\n');
  t.match(await place.configured(['daemon']), {
    code: 78,
    stderr: /has 2 problems.*line 8: "limits\.writer" is no setting\. Did you mean "writers"\?.*line 10: "log\.level"/s,
  });
});
