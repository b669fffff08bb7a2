import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CommandSpec, commandSource } from '../../src/backup/index.js';
import { makeSetting, objects } from './fixture.js';

function shell(script: string, more: Partial<CommandSpec> = {}): ReturnType<typeof commandSource> {
  return commandSource({ name: 'out', argv: ['/bin/sh', '-c', script], timeoutMs: 60_000, ...more });
}

t.test('backup() keeps the standard output of a command', async (t) => {
  const setting = await makeSetting(t, { threads: 1 });
  const report = await setting.run({
    paths: [],
    streams: [shell('seq 1 300000; echo "$GREETING from $(pwd)"', { cwd: setting.source, env: { GREETING: 'hello' } })],
  });
  const text = (await setting.read(report.scopes[0]!)).get('')!.bytes!.toString();
  t.ok(text.startsWith('1\n2\n3\n'));
  t.ok(text.endsWith(`300000\nhello from ${setting.source}\n`));
  t.equal(report.scopes[0]!.scope, 'stream:out');
});

const failures: readonly { name: string; script: string; message: RegExp; argv?: CommandSpec['argv'] }[] = [
  {
    name: 'with an exit code',
    script: 'seq 1 1000; echo no such table >&2; exit 3',
    message: /exit code 3.*no such table/,
  },
  { name: 'by a signal', script: 'echo half; kill -9 $$', message: /ended by SIGKILL/ },
  { name: 'before it begins', script: '', argv: ['/no/such/program'], message: /could not be started: ENOENT/ },
  {
    name: 'with much to say, of which the end counts',
    script: 'seq 1 100000 >&2; echo the last word >&2; exit 1',
    message: /exit code 1[\s\S]*99999\n100000\nthe last word$/,
  },
];

for (const { name, script, message, argv } of failures) {
  t.test(`backup() of a command that fails ${name} stores no snapshot`, async (t) => {
    const setting = await makeSetting(t);
    const source = shell(script, argv ? { argv } : {});
    const error = await setting.run({ paths: [], streams: [source] }).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    t.match(error, { code: 'SOURCE_FAILED', message });
    t.ok(error!.message.length < 6000, 'the message stays readable');
    t.same(await objects(setting, 'log'), []);
  });
}

/** A script that notes the number of its child, which would write `late` if it were let live. */
function lingering(directory: string): string {
  return `(sleep 600; touch '${directory}/late') & echo $! > '${directory}/child'; echo begun; wait`;
}

function isRunning(pid: number): boolean {
  try {
    // A zombie that nobody has waited for yet is not running either.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

t.test('backup() ends a command that takes too long, with all its children', async (t) => {
  const setting = await makeSetting(t);
  const source = shell(lingering(setting.root), { timeoutMs: 2000 });
  await t.rejects(setting.run({ paths: [], streams: [source] }), {
    code: 'SOURCE_FAILED',
    message: /did not end within 2 s/,
  });
  t.notOk(isRunning(Number(readFileSync(join(setting.root, 'child'), 'utf8'))));
  t.notOk(existsSync(join(setting.root, 'late')));
});

t.test('backup() that is cancelled ends the command, with all its children', async (t) => {
  const setting = await makeSetting(t);
  const stop = new AbortController();
  const inner = shell(`${lingering(setting.root)}`);
  let closed: Promise<unknown> = Promise.resolve();
  const source = {
    name: 'out',
    async *open(signal: AbortSignal) {
      let tell: (value: unknown) => void = () => {};
      closed = new Promise((resolve) => {
        tell = resolve;
      });
      try {
        for await (const bytes of inner.open(signal)) {
          yield bytes;
          stop.abort();
        }
      } finally {
        tell(undefined);
      }
    },
  };
  await t.rejects(setting.run({ paths: [], streams: [source], signal: stop.signal }), { code: 'CANCELLED' });
  await t.rejects(
    closed.then(() => Promise.reject(new Error('ended'))),
    /ended/,
    'the command has ended',
  );
  t.notOk(isRunning(Number(readFileSync(join(setting.root, 'child'), 'utf8'))));
  t.same(await objects(setting, 'log'), []);
});

t.test('a command that was ended for its time does not wait for those who left its group', async (t) => {
  const setting = await makeSetting(t);
  const script = `setsid sh -c 'echo $$ > "${setting.root}/child"; exec sleep 60' & echo begun; wait`;
  const source = shell(script, { timeoutMs: 2000, graceMs: 100 });
  await t.rejects(setting.run({ paths: [], streams: [source] }), { code: 'SOURCE_FAILED', message: /did not end/ });
  const pid = Number(readFileSync(join(setting.root, 'child'), 'utf8'));
  t.ok(isRunning(pid), 'it is not ours to end');
  process.kill(pid);
});
