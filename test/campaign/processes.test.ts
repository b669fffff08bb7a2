import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { openVault } from '../../src/vault/index.js';
import { type Answer, Place } from '../cli/bin.js';
import { DaemonPlace, type DaemonProcess } from '../daemon/daemon-process.js';
import { SeededRandom } from './random.js';

const HOLDER = fileURLToPath(new URL('../vault/holder.js', import.meta.url));
const SEED = 9;

interface Said {
  readonly code: number | null;
  readonly answer: Answer;
}

/** A source of its own for each user, so that nobody's snapshot can be taken for another's. */
function plantSources(place: Place, users: readonly string[]): void {
  const random = new SeededRandom(SEED);
  for (const user of users) {
    mkdirSync(place.join('sources', user), { recursive: true });
    for (let i = 0; i < 10; i++) writeFileSync(place.join('sources', user, `f${i}`), random.bytes(50_000));
  }
}

function backUp(place: Place, user: string): Promise<Said> {
  return place.json(['backup', user, '--path', place.join('sources', user)]);
}

/** Refused as somebody else has the vault, or done; every snapshot that was acknowledged is remembered. */
function judge(t: Test, { code, answer }: Said, told: string[]): boolean {
  if (code === 0) {
    told.push(String(answer.backup_id));
    return true;
  }
  // A daemon that has the vault and does not serve yet is silent.
  const error = { code: /^(VAULT_BUSY|DAEMON_SILENT)$/, message: /is (in use|held) by process \d+/ };
  t.match({ code, answer }, { code: 75, answer: { error } });
  return false;
}

async function listed(place: Place, users: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const user of users) {
    const { answer } = await place.json(['list', user]);
    ids.push(...(answer.backups ?? []).map((one) => String(one.backup_id)));
  }
  return ids.sort();
}

t.test('of commands on one vault at once one works, and the others are told who has it', async (t) => {
  const place = new Place(t);
  const users = ['ana', 'bo', 'cy', 'di'];
  plantSources(place, users);
  t.equal((await place.run(['init'])).code, 0);
  const told: string[] = [];
  const first = await Promise.all(users.map((user) => backUp(place, user)));
  const worked = first.filter((said) => judge(t, said, told));
  t.ok(worked.length > 0, `${worked.length} of ${users.length} at once have worked`);
  for (const user of users) t.equal(judge(t, await backUp(place, user), told), true, `${user} alone`);
  t.same(await listed(place, users), told.sort(), 'whatever was acknowledged is there, and nothing else');
  t.match(await place.json(['scrub', '--full']), { code: 0, answer: { status: 'sound' } });
});

t.test('the lock of a process that is killed is free at once', async (t) => {
  const place = new Place(t);
  plantSources(place, ['ana']);
  t.equal((await place.run(['init'])).code, 0);
  const told: string[] = [];
  t.equal(judge(t, await backUp(place, 'ana'), told), true);
  const holder = fork(HOLDER, [place.vault, place.keyFile]);
  t.teardown(() => holder.kill('SIGKILL'));
  const ended = once(holder, 'close');
  await once(holder, 'message');
  t.equal(judge(t, await backUp(place, 'ana'), told), false);
  t.match(await place.json(['list', 'ana']), { code: 75, answer: { error: { details: { pid: holder.pid } } } });
  holder.kill('SIGKILL');
  await ended;
  t.same(await listed(place, ['ana']), told);
  t.equal(judge(t, await backUp(place, 'ana'), told), true);
});

/** A daemon that is up, or undefined where another process was faster: then it has said so. */
async function tryDaemon(t: Test, place: DaemonPlace): Promise<DaemonProcess | undefined> {
  const daemon = place.start();
  const first = await Promise.race([daemon.said('Ready.').catch(() => undefined), daemon.ended.then(() => undefined)]);
  if (first) return daemon;
  const { code, stderr } = await daemon.ended;
  t.equal(code, 75, 'the daemon is told that the vault is held');
  t.match(stderr, /is in use by process \d+/);
  return undefined;
}

t.test('a daemon and two commands at once: one has the vault, and nothing is lost', async (t) => {
  const place = new DaemonPlace(t);
  const users = ['ana', 'bo'];
  plantSources(place, users);
  // The key and the vault are where the other commands look for them.
  await place.make();
  t.ok(existsSync(join(place.vault, 'vault.json')) && existsSync(place.keyFile));
  const told: string[] = [];
  let daemon: DaemonProcess | undefined;
  for (let round = 0; round < 3; round++) {
    const [up, ...said] = await Promise.all([tryDaemon(t, place), ...users.map((user) => backUp(place, user))]);
    for (const one of said) judge(t, one, told);
    if (up && round < 2) t.match(await up.kill('SIGKILL'), { signal: 'SIGKILL' });
    else daemon = up;
  }
  daemon ??= await place.up();
  // Now all go through the one that has it, and wait for each other there.
  const through = await Promise.all([...users, ...users].map((user) => backUp(place, user)));
  for (const said of through) t.equal(judge(t, said, told), true);
  const opened = openVault({ path: place.vault, keyFile: place.keyFile });
  await t.rejects(opened, { code: 'VAULT_BUSY', details: { pid: daemon.child.pid, socket: place.socket } });
  t.same(await listed(place, users), told.sort());
  await daemon.kill('SIGKILL');
  t.ok(existsSync(place.socket), 'its socket is left behind');
  for (const user of users) t.equal(judge(t, await backUp(place, user), told), true, 'and is in nobody’s way');
  t.same(await listed(place, users), told.sort());
  t.match(await place.json(['scrub', '--full']), { code: 0, answer: { status: 'sound' } });
});

t.test('openVault() in one process twice is refused as well', async (t) => {
  const place = new Place(t);
  t.equal((await place.run(['init'])).code, 0);
  const vault = await openVault({ path: place.vault, keyFile: place.keyFile });
  t.teardown(() => vault.close());
  await t.rejects(openVault({ path: place.vault, keyFile: place.keyFile }), { code: 'VAULT_BUSY' });
});
