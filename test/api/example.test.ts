import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { serve } from './fixture.js';

const EXAMPLE = fileURLToPath(new URL('../../../docs/example/sessions.mjs', import.meta.url));
const run = promisify(execFile);

t.test('the example application loses no session while the daemon is down, and has its records back', async (t) => {
  const served = await serve(t);
  const { socket, root } = served;
  const env = { PATH: process.env.PATH, HOME: root, BITACORA_SOCKET: socket, BITACORA_OUTBOX: `${root}/outbox` };
  const work = async (...notes: string[]): Promise<string[]> => {
    const { stdout } = await run(process.execPath, [EXAMPLE, 'ana', ...notes], { env });
    return stdout.trim().split('\n');
  };
  const [kept, safe, backups, ...restored] = await work('one', 'two');
  const session = kept!.split(/\s+/)[1]!;
  t.equal(safe, `safe      ${session}: session:${session}, collection:user_config`);
  t.match(backups, /^backups {3}1, the newest of 2/);
  t.same(restored, ['restored  one', 'restored  two']);

  await served.daemon.close();
  const [, waiting] = await work('while it was down');
  t.match(waiting, /^waiting {3}1, since DAEMON_SILENT: /);
  const next = await served.restart();
  const lines = await work('later');
  t.match(lines[0], /^safe {6}session_/, 'what waited goes first');
  t.match(lines.slice(1, 3), [/^kept/, /^safe/]);
  t.match(lines[3], /^backups {3}3, /);
  t.equal(lines.at(-1), 'restored  later');
  await next.daemon.close();
});
