import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ERROR_CODES } from '../../src/base/index.js';
import { PROGRAM } from '../helpers/delivered.js';
import { type Call, ownMounts, Place, run, unprivileged } from './bin.js';

async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  writeFileSync(join(place.source, 'file'), 'content\n');
  await place.run(['init']);
  const { code } = await place.run(['backup', 'ana', '--path', place.source]);
  t.equal(code, 0, 'the vault is set up');
  return place;
}

/** Everything that reads works, everything that writes is refused with the next step, and nothing is changed. */
async function readsOnly(t: Test, place: Place, call: Call): Promise<void> {
  const list = await place.json(['list', 'ana'], call);
  t.match(list, { code: 0, answer: { backups: [{ status: 'complete' }] } });
  const restored = await place.json(['restore', 'ana', '--latest', '--target', place.join('out')], call);
  t.match(restored, { code: 0, answer: { status: 'complete', files: 1 } });
  t.equal(readFileSync(join(place.join('out'), place.source, 'file'), 'utf8'), 'content\n');
  for (const args of [
    ['backup', 'ana', '--path', place.source],
    ['backup', 'new', '--path', place.source],
    ['rebuild-index'],
  ]) {
    const refused = await place.json(args, call);
    const error = { code: 'VAULT_READ_ONLY', message: /cannot be written/ };
    t.match(refused, { code: 73, answer: { error } }, args.join(' '));
  }
}

t.test('a vault that may not be written can be read', async (t) => {
  const place = await setUp(t);
  const entries = readdirSync(place.vault, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(place.vault, name),
  );
  const all = [place.vault, ...entries];
  const modes = all.map((path) => statSync(path).mode);
  for (const path of all.toReversed()) chmodSync(path, statSync(path).isDirectory() ? 0o500 : 0o400);
  t.teardown(() => {
    all.forEach((path, index) => {
      chmodSync(path, modes[index]!);
    });
  });
  await readsOnly(t, place, { through: unprivileged() });
});

t.test('a vault on a file system that is mounted read-only can be read', async (t) => {
  const mounts = ownMounts();
  if (!mounts) {
    t.equal(ERROR_CODES.VAULT_READ_ONLY.exit, 73, 'no mounts can be made here; the test above shows the same by modes');
    return;
  }
  const place = await setUp(t);
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  await readsOnly(t, place, { through: [...mounts, 'sh', '-c', script, place.vault] });
});

t.test('a vault that runs out of space refuses, keeps what it has, and goes on once there is space', async (t) => {
  const mounts = ownMounts();
  if (!mounts) {
    t.equal(
      ERROR_CODES.NO_SPACE.exit,
      73,
      'no small file system can be made here; storage tests show the same by faults',
    );
    return;
  }
  const place = new Place(t);
  writeFileSync(join(place.source, 'small'), 'small\n');
  const noise = Uint8Array.from({ length: 6 * 2 ** 20 }, (_, index) => ((index * 2_654_435_761) >>> 13) & 0xff);
  for (let at = 0; at < noise.length; at += 4096) noise.set(Buffer.from(String(at * at)), at);
  const script = `
    b() { echo "== $1"; "$NODE" "$PROGRAM" --vault "$VAULT/v" --key-file "$KEY" --json "$@"; echo "exit $?"; }
    mkdir "$VAULT" && mount -t tmpfs -o size=4m none "$VAULT"
    b init
    b backup ana --path "$SMALL" --codec none
    b backup ana --path "$BIG" --codec none
    b list ana
    mount -o remount,size=64m "$VAULT"
    b backup ana --path "$BIG" --codec none
    b restore ana --latest --target "$OUT" --verify
    ls "$VAULT/v/tmp"`;
  writeFileSync(place.join('big'), noise);
  const env = {
    NODE: process.execPath,
    PROGRAM,
    VAULT: place.join('mounted'),
    KEY: place.keyFile,
    SMALL: place.source,
    BIG: place.join('big'),
    OUT: place.join('out'),
  };
  const { stdout } = await run([...mounts, 'sh', '-c', script], place.root, { env });
  const answers = stdout.split(/^== /m).slice(1);
  t.equal(answers.length, 6, stdout);
  const [init, small, big, list, again, restored] = answers;
  t.match(init, /exit 0/);
  t.match(small, /"status": "complete"[\s\S]*exit 0/);
  t.match(big, /"code": "NO_SPACE"[\s\S]*Free some space[\s\S]*exit 73/);
  t.match(list, /exit 0/);
  t.equal(list!.match(/"backup_id"/g)?.length, 1, 'the failed backup is not listed');
  t.match(again, /"status": "complete"[\s\S]*exit 0/);
  t.match(restored, /"status": "complete"[\s\S]*exit 0\n$/, 'and no temporary file is left');
  t.same(readFileSync(join(place.join('out'), place.join('big'))), Buffer.from(noise));
});

t.test('a vault that another process holds says so, and by whom', async (t) => {
  const place = await setUp(t);
  const words = ['flock', '--exclusive', join(place.vault, 'lock')];
  const busy = await place.json(['list', 'ana'], { through: words });
  t.match(busy, { code: 75, answer: { error: { code: 'VAULT_BUSY', message: /in use/ } } });
});
