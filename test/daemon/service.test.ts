import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock, systemRandom } from '../../src/base/index.js';
import { findConfig, installService, uninstallService } from '../../src/daemon/index.js';
import { MARK } from '../../src/daemon/service/unit-files.js';
import { initVault } from '../../src/vault/index.js';
import { PROGRAM } from '../helpers/delivered.js';

const UNIT = 'etc/systemd/system/bitacora.service';

/** A vault with its key, and a directory that stands for the machine's `/`. */
async function setUp(t: Test) {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-service-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  chmodSync(directory, 0o755);
  const root = join(directory, 'machine');
  mkdirSync(root);
  const vault = join(directory, 'vault');
  const keyFile = join(directory, 'key');
  const home = { configHome: directory, dataHome: directory };
  const environment = { ...home, uid: process.geteuid?.() ?? 0 };
  await initVault({ path: vault, keyFile, environment, clock: systemClock, random: systemRandom });
  const machine = { environment, node: process.execPath, program: PROGRAM, root, dryRun: false };
  return {
    directory,
    root,
    unit: join(root, UNIT),
    options: { ...machine, loaded: undefined, vault, keyFile, paths: [] },
  };
}

t.test('an installation writes what this machine has, and once more changes nothing', async (t) => {
  const { root, unit, options } = await setUp(t);
  const shown = await installService({ ...options, dryRun: true });
  t.same(readdirSync(root), [], 'a dry run writes nothing');
  const made = await installService({ ...options, user: 'bitacora' });
  t.strictSame(
    made.files,
    (await installService({ ...options, user: 'bitacora', force: true })).files.map((file) => ({
      ...file,
      state: 'new',
    })),
  );
  t.ok(shown.files.every(({ state }) => state === 'new'));
  t.match(made.next, [
    'systemd-sysusers bitacora.conf',
    /^systemd-tmpfiles/,
    'systemctl daemon-reload',
    /enable/,
    /start/,
  ]);
  const [, command] = /^ExecStart=(.*)$/m.exec(readFileSync(unit, 'utf8'))!;
  // With the options that the program gives itself where it is run by its name.
  t.match(command, /^\S+ --max-semi-space-size=\d+ \S+main\.js --vault \S+ --progress none daemon$/);
  t.ok(command!.includes(` ${PROGRAM} --vault ${options.vault} `));
  const [, variables] = /^#!\S+ -S ((?:\S+=\S+ )*)node /.exec(readFileSync(PROGRAM, 'utf8'))!;
  const environment = readFileSync(unit, 'utf8').match(/(?<=^Environment=).*$/gm) ?? [];
  t.equal(environment.map((variable) => `${variable} `).join(''), variables, 'and the environment');
  t.match(readFileSync(unit, 'utf8'), `\nLoadCredential=bitacora-master-key:${options.keyFile}\n`);
  const again = await installService({ ...options, user: 'bitacora' });
  t.ok(again.files.every(({ state }) => state === 'unchanged'));
  t.same(again.next, []);
});

t.test('the configuration’s own places are taken, and what is not wanted any more goes', async (t) => {
  const { directory, root, unit, options } = await setUp(t);
  const file = join(directory, 'bitacora.toml');
  const settings = ['[backup.storage.local]', 'path = "vault"', '[api]', 'listen = "127.0.0.1:8080"'];
  const more = [
    '[api.socket]',
    'group = "staff"',
    '[hooks]',
    'before = ["/bin/true"]',
    '[restore]',
    'allowed_targets = ["/srv/r"]',
  ];
  writeFileSync(file, [...settings, ...more].join('\n'), { mode: 0o600 });
  const { warnings } = await installService({ ...options, user: 'bitacora', loaded: await findConfig(file) });
  const text = readFileSync(unit, 'utf8');
  t.match(text, `ExecStart=`);
  t.match(text, ` --config ${file} --progress none daemon\n`, 'the configuration names the vault');
  t.match(text, /^ReadWritePaths=.* -\/srv\/r$/m);
  t.notMatch(text, /^PrivateNetwork=/m, 'a hook may need one');
  t.match(
    readFileSync(join(root, 'etc/systemd/system/bitacora.socket'), 'utf8'),
    /^SocketGroup=staff\nSocketMode=0660$/m,
  );
  t.match(warnings, [`The user "bitacora" may not be able to read "${file}"`]);
  const tcp = 'etc/systemd/system/bitacora-tcp.socket';
  t.match(readFileSync(join(root, tcp), 'utf8'), /^ListenStream=127\.0\.0\.1:8080$/m);
  const later = await installService({ ...options, user: 'bitacora' });
  t.match(later.files.at(-1), { path: `/${tcp}`, state: 'removed' });
  t.match(later.next.at(-2), /^systemctl restart /);
  t.throws(() => readFileSync(join(root, tcp)), { code: 'ENOENT' });
});

t.test('somebody else’s unit is left alone, by an installation and by its end', async (t) => {
  const { root, unit, options } = await setUp(t);
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
  writeFileSync(unit, '[Service]\nExecStart=/opt/mine\n');
  await t.rejects(installService(options), {
    code: 'USAGE',
    message: /"\/etc\/systemd\/system\/bitacora\.service" was not made/,
  });
  t.same(readdirSync(join(root, 'etc')), ['systemd'], 'and nothing else is written');
  t.same((await uninstallService({ root, dryRun: false })).files, []);
  await installService({ ...options, force: true });
  t.ok(readFileSync(unit, 'utf8').startsWith(MARK));
});

t.test('an end of the service takes away all that it had, its links too', async (t) => {
  const { root, options } = await setUp(t);
  await installService(options);
  const wants = join(root, 'etc/systemd/system/multi-user.target.wants');
  mkdirSync(wants);
  symlinkSync('/etc/systemd/system/bitacora.service', join(wants, 'bitacora.service'));
  const { files, next } = await uninstallService({ root, dryRun: false });
  t.ok(files.length >= 3 && files.every(({ state }) => state === 'removed'));
  t.match(next, [/^systemctl stop bitacora\.service bitacora\.socket$/, 'systemctl daemon-reload']);
  const left = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  t.same(left, []);
});

t.test('what would keep the service from working is told', async (t) => {
  const { directory, options } = await setUp(t);
  await t.rejects(installService({ ...options, vault: join(directory, 'none') }), { code: 'NOT_A_VAULT' });
  const node = join(directory, 'closed', 'node');
  mkdirSync(join(directory, 'closed'), { mode: 0o700 });
  writeFileSync(node, '', { mode: 0o755 });
  const paths = [join(directory, 'gone')];
  const { warnings } = await installService({
    ...options,
    user: 'nobody',
    node,
    paths,
    keyFile: join(directory, 'no-key'),
  });
  t.match(warnings, [
    `The user "nobody" may not be able to run "${node}"`,
    /^There is no master key at /,
    `There is no "${paths[0]}" to back up.`,
  ]);
  t.match((await installService({ ...options, user: 'no-such-user' })).warnings, [/^There is no user "no-such-user"/]);
});
