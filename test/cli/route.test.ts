import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import t, { type Test } from 'tap';
import { API_VERSION, HEADER } from '../../src/api/protocol.js';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import type { CommandContext } from '../../src/cli/context.js';
import { Output } from '../../src/cli/output.js';
import { createProgress } from '../../src/cli/progress-line.js';
import { route } from '../../src/cli/route.js';
import { programVersion } from '../../src/cli/version.js';
import { openVault } from '../../src/vault/index.js';
import { Place } from './bin.js';

const sink = { write: () => true, isTTY: false, columns: 80 };

async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  writeFileSync(place.join('none.toml'), '');
  t.equal((await place.run(['init', '--quiet'])).code, 0);
  return place;
}

/** A command's context on that vault, whose clock calls `looked` whenever the command has looked in vain. */
function contextOn(place: Place, looked: (times: number) => number, signal = new AbortController().signal) {
  let times = 0;
  const clock = { now: () => systemClock.now(), monotonic: () => looked(times++) };
  const context: CommandContext = {
    globals: { vault: place.vault, keyFile: place.keyFile, config: place.join('none.toml'), progress: 'none' },
    output: new Output({ stdout: sink, stderr: sink, json: true, quiet: true }),
    progress: createProgress('none', sink, systemClock),
    logger: silentLogger,
    clock,
    random: systemRandom,
    signal,
    onHangup: () => {},
  };
  return context;
}

const ask = (context: CommandContext): Promise<string> =>
  route(
    context,
    {},
    async () => 'by the daemon',
    async () => 'here',
  );

t.test('a vault that is held by somebody who stays silent is told after a while, with who it is', async (t) => {
  const place = await setUp(t);
  const socket = place.join('nowhere.sock');
  const vault = await openVault({ path: place.vault, keyFile: place.keyFile, socket });
  t.teardown(() => vault.close());
  let looks = 0;
  const asked = ask(
    contextOn(place, (times) => {
      looks = times;
      return times * 2500;
    }),
  );
  const { pid } = process;
  const message = `The vault "${place.vault}" is held by process ${pid}, which does not answer at "${socket}". See what it does, and try again.`;
  await t.rejects(asked, { code: 'DAEMON_SILENT', exitCode: 75, message, details: { pid, socket } });
  t.equal(looks, 2, 'after five seconds, and not before');
});

t.test('a daemon that has just taken the vault is waited for', async (t) => {
  const place = await setUp(t);
  const socket = place.join('late.sock');
  const vault = await openVault({ path: place.vault, keyFile: place.keyFile, socket });
  const server = createServer((_request, response) => {
    response.writeHead(200, { [HEADER.api]: API_VERSION, [HEADER.version]: programVersion() }).end('{"status":"ok"}');
  });
  t.teardown(async () => {
    server.close();
    await vault.close();
  });
  const asked = ask(
    contextOn(place, (times) => {
      if (times === 1) server.listen(socket);
      return 0;
    }),
  );
  t.equal(await asked, 'by the daemon');
});

t.test('a daemon that lets go of the vault while it is waited for leaves it to the command', async (t) => {
  const place = await setUp(t);
  const vault = await openVault({ path: place.vault, keyFile: place.keyFile, socket: place.join('gone.sock') });
  const asked = ask(
    contextOn(place, (times) => {
      if (times === 1) void vault.close();
      return 0;
    }),
  );
  t.equal(await asked, 'here');
});

t.test('whoever waits may be stopped', async (t) => {
  const place = await setUp(t);
  const vault = await openVault({ path: place.vault, keyFile: place.keyFile, socket: place.join('silent.sock') });
  t.teardown(() => vault.close());
  const stop = new AbortController();
  const context = contextOn(
    place,
    (times) => {
      if (times === 1) stop.abort();
      return 0;
    },
    stop.signal,
  );
  await t.rejects(ask(context), { code: 'CANCELLED' });
});
