import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startDaemon } from '../api/daemon.js';
import { PROGRAM } from '../helpers/delivered.js';
import { Place } from './bin.js';

/** What a program prints until it has said `last`; it is told to stop then. Resolves with it once the program has ended. */
async function outputUntil(args: readonly string[], last: RegExp, begun: () => void): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    if (text === '') begun();
    text += part;
    if (last.test(text)) child.kill('SIGINT');
  });
  const [code] = await ended;
  t.equal(code, 130);
  return text;
}

t.test('jobs --watch tells of each job as it changes, until it is stopped', async (t) => {
  const place = new Place(t);
  writeFileSync(join(place.source, 'a'), 'a');
  await place.run(['init', '--quiet']);
  const daemon = await startDaemon(place);
  t.teardown(() => daemon.close());
  // Known already, so that the watcher shows that it watches before there is anything new.
  await place.run(['backup', 'ana', '--path', place.source]);
  const args = ['--vault', place.vault, '--key-file', place.keyFile, 'jobs', '--watch'];
  const submit = (user: string) => () =>
    void daemon.queue.submit({
      operation: 'backup',
      user,
      access: 'write',
      input: { user_id: user, type: 'manual', paths: [place.source] },
      durable: true,
    });
  const lines = (await outputUntil(args, /succeeded {2}backup {2}ben/, submit('ben'))).trim().split('\n');
  t.match(lines[0], /^\S{36} {2}succeeded {2}backup {2}ana$/);
  const [, id = ''] = /(\S+) {2}succeeded {2}backup {2}ben/.exec(lines.at(-1)!) ?? [];
  t.ok(lines.slice(1).every((line) => line.startsWith(id)));
  const json = await outputUntil([...args, '--json'], /"user_id":"eva","state":"succeeded"/, submit('eva'));
  const documents = json
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { user_id: string; revision: number });
  const revisions = documents.filter(({ user_id }) => user_id === 'eva').map(({ revision }) => revision);
  t.same(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
  );
});
