import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { BitacoraClient } from '../../src/api/client/application.js';
import { type Outbox, type OutboxOptions, openOutbox } from '../../src/api/client/outbox.js';
import { BitacoraError, type ErrorCode, type Timer } from '../../src/base/index.js';

type End = BitacoraClient['end'];
type Input = Parameters<End>[0];
const SILENT = new BitacoraError('DAEMON_SILENT', 'Nobody is there.');

/** A daemon as far as an outbox sees it: does each key once, and answers it the same again. */
class Daemon {
  /** What it did, in order. */
  readonly done: string[] = [];
  /** Every call, whatever became of it. */
  readonly calls: string[] = [];
  /** What it answers to a session instead; undefined where it does as asked. */
  answer: (session: string) => Error | Promise<void> | undefined = () => undefined;
  readonly #keys = new Set<string>();

  readonly end = (async (input: Input, { idempotencyKey, signal } = {}) => {
    const { session_id: session, data } = input;
    this.calls.push(session);
    const answer = this.answer(session);
    if (answer instanceof Error) throw answer;
    await answer;
    if (signal?.aborted) throw new BitacoraError('CANCELLED', 'Stopped.');
    const text = data instanceof Uint8Array ? Buffer.from(data).toString() : '';
    if (!this.#keys.has(idempotencyKey!)) this.done.push(`${input.user_id} ${session} ${text}`.trim());
    this.#keys.add(idempotencyKey!);
    return { skipped: 'a test', user_id: input.user_id, session_id: session };
  }) as End;
}

/** Time that passes when the test says so. */
class Timers implements Timer {
  readonly asked: number[] = [];
  #next: (() => void) | undefined;

  after(delayMs: number, call: () => void): () => void {
    this.asked.push(delayMs);
    this.#next = call;
    return () => {
      if (this.#next === call) this.#next = undefined;
    };
  }

  get isWaiting(): boolean {
    return this.#next !== undefined;
  }

  pass(): void {
    const call = this.#next;
    this.#next = undefined;
    call?.();
  }
}

function directoryOf(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-outbox-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return join(directory, 'outbox');
}

async function opened(
  t: Test,
  client: { readonly end: End },
  directory: string,
  more: Partial<OutboxOptions> = {},
): Promise<Outbox> {
  const outbox = await openOutbox({ directory, client, timer: new Timers(), ...more });
  t.teardown(() => outbox.close());
  return outbox;
}

const itemsOf = (directory: string, user: string): string[] => readdirSync(join(directory, 'waiting', user)).sort();

const session = (user: string, name: string, data?: object) => ({
  user_id: user,
  session_id: name,
  data: data as never,
});

t.test('what is put is on disk before it is delivered, and gone from there afterwards', async (t) => {
  const daemon = new Daemon();
  const directory = directoryOf(t);
  daemon.answer = () => SILENT;
  const outbox = await opened(t, daemon, directory);
  await outbox.put(session('ana', 's1', { sparks: [{ id: 1 }] }));
  await outbox.put({ user_id: 'ana', session_id: 's2', data: new TextEncoder().encode('{"sparks": [1.0]}') });
  await outbox.put(session('ben', 's3'));
  await t.rejects(outbox.flush(), { code: 'DAEMON_SILENT' });
  t.match(await outbox.status(), { waiting: 3, refused: 0, lastError: SILENT });
  t.equal(statSync(directory).mode & 0o777, 0o700);
  t.equal(statSync(join(directory, 'waiting/ana', itemsOf(directory, 'ana')[0]!)).mode & 0o777, 0o600);
  await outbox.close();

  daemon.answer = () => undefined;
  const next = await opened(t, daemon, directory);
  await next.flush();
  t.same(daemon.done.sort(), ['ana s1 {"sparks":[{"id":1}]}', 'ana s2 {"sparks": [1.0]}', 'ben s3']);
  t.match(await next.status(), { waiting: 0, waitingBytes: 0, lastError: undefined });
  t.same(readdirSync(join(directory, 'waiting')), []);
  t.same(readdirSync(join(directory, 'tmp')), []);
});

t.test(
  'one user’s are delivered in their order, and one that waits has the later ones wait, but nobody else’s',
  async (t) => {
    const daemon = new Daemon();
    const directory = directoryOf(t);
    daemon.answer = (name) => (name === 'a1' ? SILENT : undefined);
    const outbox = await opened(t, daemon, directory);
    for (const name of ['a1', 'a2', 'a3']) await outbox.put(session('ana', name));
    for (const name of ['b1', 'b2']) await outbox.put(session('ben', name));
    await t.rejects(outbox.flush(), { code: 'DAEMON_SILENT' });
    t.same(daemon.done, ['ben b1', 'ben b2']);
    t.notOk(daemon.calls.includes('a2'), 'a2 is not tried before a1 is through');
    daemon.answer = () => undefined;
    await outbox.put(session('ana', 'a4'));
    await outbox.flush();
    t.same(daemon.done.slice(2), ['ana a1', 'ana a2', 'ana a3', 'ana a4']);
  },
);

t.test('a delivery that was not heard of is made again with the same key, and counts once', async (t) => {
  const daemon = new Daemon();
  const real = daemon.end;
  let lost = 2;
  const end = (async (...args: Parameters<End>) => {
    const answer = await real(...args);
    if (lost-- > 0) throw SILENT;
    return answer;
  }) as End;
  const outbox = await opened(t, { end }, directoryOf(t));
  await outbox.put(session('ana', 's1'));
  for (;;) {
    try {
      await outbox.flush();
      break;
    } catch (error) {
      t.equal(error, SILENT);
    }
  }
  t.same(daemon.calls, ['s1', 's1', 's1']);
  t.same(daemon.done, ['ana s1']);
});

t.test('while nobody answers it tries again later and later, until somebody does', async (t) => {
  const daemon = new Daemon();
  daemon.answer = () => SILENT;
  const timer = new Timers();
  const outbox = await opened(t, daemon, directoryOf(t), { timer, retryMs: 100, retryMsMax: 300 });
  await outbox.put(session('ana', 's1'));
  await outbox.deliver();
  timer.asked.length = 0;
  for (let round = 0; round < 4; round++) {
    t.ok(timer.isWaiting);
    timer.pass();
    await outbox.deliver();
  }
  t.ok(timer.asked.every((ms) => ms <= 300));
  t.equal(timer.asked.at(-1), 300);
  daemon.answer = () => undefined;
  timer.pass();
  await outbox.flush();
  t.same(daemon.done, ['ana s1']);
  t.notOk(timer.isWaiting, 'and then rests');
});

t.test('what the daemon will never take is set aside with the reason, and keeps nobody', async (t) => {
  const daemon = new Daemon();
  const directory = directoryOf(t);
  const refused: string[] = [];
  daemon.answer = (name) => (name === 'bad' ? new BitacoraError('NO_SOURCE', 'Nothing to capture.') : undefined);
  const outbox = await opened(t, daemon, directory, { onRefused: ({ code }) => refused.push(code) });
  const id = await outbox.put(session('ana', 'bad', { sparks: [] }));
  await outbox.put(session('ana', 'good'));
  await outbox.flush();
  t.same(daemon.done, ['ana good']);
  const aside = { id, code: 'NO_SOURCE', message: 'Nothing to capture.', userId: 'ana', sessionId: 'bad' };
  t.strictSame(await outbox.refused(), [aside]);
  t.same(refused, ['NO_SOURCE']);
  daemon.answer = () => undefined;
  await outbox.retry(id);
  await outbox.flush();
  t.same(daemon.done.at(-1), 'ana bad {"sparks":[]}');
  t.same(await outbox.refused(), []);
  await t.rejects(outbox.retry(id), { code: 'USAGE' });
  await t.rejects(outbox.discard('../../x'), { code: 'USAGE' });
});

t.test('an item at which the daemon fails is set aside after so many attempts; codes say what waits', async (t) => {
  const daemon = new Daemon();
  daemon.answer = () => new BitacoraError('INTERNAL', 'A fault.');
  const outbox = await opened(t, daemon, directoryOf(t), { faultsMax: 3 });
  await outbox.put(session('ana', 's1'));
  await outbox.deliver();
  while ((await outbox.status()).waiting > 0) await outbox.deliver();
  t.equal(daemon.calls.length, 3);
  t.match(await outbox.refused(), [{ code: 'INTERNAL' }]);
  const waits: ErrorCode[] = [
    'STOPPING',
    'QUEUE_FULL',
    'DISABLED',
    'NO_SPACE',
    'NOT_ALLOWED',
    'UNAUTHENTICATED',
    'NOT_DURABLE',
  ];
  await outbox.put(session('ana', 's2'));
  for (const code of waits) {
    daemon.answer = () => new BitacoraError(code, 'Not now.');
    for (let attempt = 0; attempt < 4; attempt++) await outbox.deliver();
    t.match(await outbox.status(), { waiting: 1, lastError: { code } });
  }
});

t.test('an item that is not what was written is set aside, and so is what is torn', async (t) => {
  const daemon = new Daemon();
  const directory = directoryOf(t);
  daemon.answer = () => SILENT;
  const first = await opened(t, daemon, directory);
  for (const name of ['s1', 's2', 's3']) await first.put(session('ana', name, { sparks: [name] }));
  await first.close();
  const items = itemsOf(directory, 'ana');
  const item = (number: number): string => join(directory, 'waiting/ana', items[number - 1]!);
  truncateSync(item(1), statSync(item(1)).size - 3);
  writeFileSync(item(2), 'nothing');
  daemon.answer = () => undefined;
  const outbox = await opened(t, daemon, directory);
  await outbox.flush();
  t.same(daemon.done, ['ana s3 {"sparks":["s3"]}']);
  t.match(await outbox.refused(), [{ code: 'DATA_CORRUPT' }, { code: 'DATA_CORRUPT' }]);
});

t.test('an outbox is bounded, by number and by bytes', async (t) => {
  const daemon = new Daemon();
  daemon.answer = () => SILENT;
  const outbox = await opened(t, daemon, directoryOf(t), { itemsMax: 2, bytesMax: 1000 });
  await outbox.put(session('ana', 's1'));
  await t.rejects(outbox.put(session('ana', 'big', { text: 'x'.repeat(1000) })), {
    code: 'OUTBOX_FULL',
    retryable: true,
  });
  await outbox.put(session('ana', 's2'));
  await t.rejects(outbox.put(session('ana', 's3')), { code: 'OUTBOX_FULL' });
  daemon.answer = () => undefined;
  await outbox.flush();
  await outbox.put(session('ana', 's3'));
  await outbox.flush();
  t.same(daemon.done, ['ana s1', 'ana s2', 'ana s3']);
  await t.rejects(outbox.put(session('../ana', 's4')), { code: 'BAD_NAME' });
});

t.test('several outboxes on one directory lose nothing and keep the order', async (t) => {
  const daemon = new Daemon();
  const directory = directoryOf(t);
  daemon.answer = () => SILENT;
  const boxes = [
    await opened(t, daemon, directory),
    await opened(t, daemon, directory),
    await opened(t, daemon, directory),
  ];
  const names: string[] = [];
  for (let round = 0; round < 10; round++) {
    for (const [index, box] of boxes.entries()) {
      names.push(`ana ${round}-${index}`);
      await box.put(session('ana', `${round}-${index}`));
    }
  }
  const others = boxes.flatMap((box, index) =>
    Array.from({ length: 10 }, (_, n) => box.put(session('ben', `${index}-${n}`))),
  );
  await Promise.all(others);
  daemon.answer = () => undefined;
  await Promise.all(boxes.map((box) => box.flush()));
  t.same(
    daemon.done.filter((line) => line.startsWith('ana')),
    names,
  );
  t.equal(new Set(daemon.done.filter((line) => line.startsWith('ben'))).size, 30);
  t.equal(daemon.done.length, 60, 'each counts once, whoever delivered it');
  for (const box of boxes) t.match(await box.status(), { waiting: 0, refused: 0 });
});

t.test('what is put without waiting for the one before keeps the order, too', async (t) => {
  const daemon = new Daemon();
  const outbox = await opened(t, daemon, directoryOf(t));
  const names = Array.from({ length: 40 }, (_, n) => `s${n}`);
  await Promise.all(names.map((name) => outbox.put(session('ana', name))));
  await outbox.flush();
  t.same(
    daemon.done,
    names.map((name) => `ana ${name}`),
  );
});

t.test('whoever hears late that an item was delivered takes no other with it', async (t) => {
  const [slow, fast] = [new Daemon(), new Daemon()];
  const directory = directoryOf(t);
  let answer = (): void => {};
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  slow.answer = () => {
    ask();
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  };
  const late = await opened(t, slow, directory);
  await late.put(session('ana', 's1'));
  await asked;
  const other = await opened(t, fast, directory);
  await other.flush();
  fast.answer = () => SILENT;
  await other.put(session('ana', 's2'));
  await t.rejects(other.flush(), { code: 'DAEMON_SILENT' });
  slow.answer = () => SILENT;
  answer();
  await t.rejects(late.flush(), { code: 'DAEMON_SILENT' });
  t.match(await other.status(), { waiting: 1, refused: 0 });
  fast.answer = () => undefined;
  await other.flush();
  t.same(fast.done, ['ana s1', 'ana s2']);
});

t.test('a directory that is open to others is refused', async (t) => {
  const directory = directoryOf(t);
  await (await openOutbox({ directory, client: new Daemon() })).close();
  chmodSync(directory, 0o750);
  await t.rejects(openOutbox({ directory, client: new Daemon() }), { code: 'CONFIG', message: /chmod 700/ });
});

t.test('a process that is killed in the middle has lost nothing that it kept', async (t) => {
  const directory = directoryOf(t);
  const program = fileURLToPath(new URL('outbox-program.js', import.meta.url));
  const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.length > 100) child.kill('SIGKILL');
  });
  await ended;
  const kept = said.slice(0, said.lastIndexOf('\n')).split('\n').length;
  const daemon = new Daemon();
  const outbox = await opened(t, daemon, directory);
  await outbox.flush();
  t.same(await outbox.refused(), [], 'nothing is torn');
  t.ok(daemon.done.length >= kept, `${daemon.done.length} of ${kept}`);
  const names = daemon.done.map((line) => line.split(' ')[1]);
  t.same(
    names,
    names.map((_, number) => `s${number}`),
    'each once, in their order',
  );
  t.same(readdirSync(join(directory, 'tmp')), [], 'what it had not finished is gone');
});
