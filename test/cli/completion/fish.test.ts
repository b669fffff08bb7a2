import t from 'tap';
import { hasShell, makeShell, type Shell } from './shells.js';

/** What fish offers at the end of a line, without descriptions. */
function offered({ run }: Shell, line: string): string[] {
  return run(`source $COMPLETION; complete -C ${JSON.stringify(`bitacora ${line}`)}`).map(
    (found) => found.split('\t')[0]!,
  );
}

t.test('fish completes commands, options, choices, paths and users', async (t) => {
  if (!hasShell('fish')) return t.pass('there is no fish here');
  const shell = await makeShell(t, 'fish', ['--no-config']);
  const key = `--key-file ${shell.place.keyFile}`;
  for (const [line, expected] of [
    ['res', ['restore']],
    ['--vault restore res', ['restore']],
    ['restore --over', ['--overwrite']],
    ['restore --overwrite ', ['never', 'changed', 'always']],
    ['restore --overwrite=ch', ['--overwrite=changed']],
    ['restore --target sou', ['source/']],
    ['export -o mast', ['master.key']],
    ['completion b', ['bash']],
    [`${key} restore `, ['ana', 'bea']],
    [`${key} restore ana `, []],
  ] as const) {
    t.same(offered(shell, line).sort(), [...expected].sort(), line);
  }
  t.ok(offered(shell, 'ls --').includes('--vault'), 'options of all commands');
});
