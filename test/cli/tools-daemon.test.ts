import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startDaemon } from '../api/daemon.js';
import { noise } from '../backup/fixture.js';
import { type Ended, Place } from './bin.js';

/** The lookers and takers of this room of commands, in both forms of their answers. */
const CALLS: readonly ((place: Place) => readonly string[])[] = [
  () => ['find', 'ana', '*.txt', '--json'],
  () => ['find', 'ana', 'one.*', '--latest'],
  () => ['find', 'anna', '*'],
  ({ source }) => ['diff', 'ana', 'latest', join(source, 'docs'), '--json'],
  ({ source }) => ['diff', 'ana', 'latest', source, '--checksum'],
  () => ['diff', 'ana', 'latest', 'latest'],
  () => ['diff', 'ana', 'latest', '/no/such/place'],
  ({ source }) => ['cat', 'ana', 'latest', join(source, 'one.txt')],
  ({ source }) => ['cat', 'ana', 'latest', source],
  ({ source }) => ['cat', 'ana', 'latest', join(source, 'noise')],
  (place) => ['export', 'ana', '--latest', '--format', 'tar', '--exclude', 'noise', '-o', place.join('out')],
  (place) => ['export', 'ana', '--latest', '--format', 'tar', '-o', place.join('out'), '--json'],
];

t.test('find, diff, cat and export say the same through a daemon as in their own process', async (t) => {
  const place = new Place(t);
  writeFileSync(join(place.source, 'one.txt'), 'one\n');
  writeFileSync(join(place.source, 'noise'), noise(3_000_000));
  await place.run(['init']);
  await place.run(['backup', 'ana', '--path', place.source]);
  // A chunk that is damaged in the middle of a file: what is refused, and when, must not depend on the way either.
  damageLargest(place);
  const runAll = async (): Promise<(Ended & { readonly file: string })[]> => {
    const all: (Ended & { readonly file: string })[] = [];
    for (const call of CALLS) {
      const ended = await place.run(call(place));
      all.push({ ...ended, file: fileText(place.join('out')) });
      rmSync(place.join('out'), { force: true });
    }
    return all;
  };
  const embedded = await runAll();
  const daemon = await startDaemon({ vault: place.vault, keyFile: place.keyFile });
  let served: readonly (Ended & { readonly file: string })[] = [];
  try {
    served = await runAll();
  } finally {
    await daemon.close();
  }
  for (const [at, call] of CALLS.entries()) {
    const [here, there] = [embedded[at]!, served[at]!];
    const stderr = there.stderr.replace(/bitacora: The daemon is version .*\n/, '');
    t.same(
      { ...there, stderr, stdout: timeless(there.stdout) },
      { ...here, stdout: timeless(here.stdout) },
      call(place).join(' '),
    );
  }
  t.same(
    embedded.map(({ code }) => code),
    [0, 0, 66, 66, 0, 0, 66, 0, 64, 65, 0, 65],
  );
});

/** The daemon of this test lives in another time zone. */
function timeless(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?/g, 'TIME');
}

function fileText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}

function damageLargest(place: Place): void {
  const users = join(place.vault, 'users');
  const files = readdirSync(users, { recursive: true, encoding: 'utf8' })
    .map((name) => join(users, name))
    .filter((name) => statSync(name).isFile());
  const largest = files.sort((a, b) => statSync(b).size - statSync(a).size)[0]!;
  const bytes = readFileSync(largest);
  bytes[1_500_000]! ^= 1;
  writeFileSync(largest, bytes);
}
