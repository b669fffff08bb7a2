import t from 'tap';
import { hasShell, makeShell, type Shell } from './shells.js';

/** Stand-ins for what only a line editor has: each says what it would offer. */
const STUBS = `
compdef() {}
compadd() { [[ $1 == -- ]] && shift; print -rl -- "$@" }
_describe() { local name="\${@[-1]}"; print -rl -- "\${\${(P@)name}[@]%%:*}" }
_files() { print -r -- "files $*" }
compset() { PREFIX="\${PREFIX#*=}" }
`;

/** What zsh offers where the last of these words is being typed; it is for the editor to sift. */
function offered({ run }: Shell, words: readonly string[]): string[] {
  const list = ['bitacora', ...words].map((word) => `'${word}'`).join(' ');
  const prefix = words.at(-1) ?? '';
  return run(`${STUBS} . "$COMPLETION"; words=(${list}); CURRENT=${words.length + 1}; PREFIX='${prefix}'; _bitacora`);
}

t.test('zsh completes commands, options, choices, paths and users', async (t) => {
  if (!hasShell('zsh')) return t.pass('there is no zsh here');
  const shell = await makeShell(t, 'zsh', ['-f']);
  const keys = ['--key-file', shell.place.keyFile];
  for (const [words, expected] of [
    [
      ['restore', '--overwrite', ''],
      ['never', 'changed', 'always'],
    ],
    [
      ['restore', '--overwrite=c'],
      ['never', 'changed', 'always'],
    ],
    [['restore', '--target', ''], ['files -/']],
    [['export', '-o', ''], ['files ']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      [...keys, 'restore', ''],
      ['ana', 'bea'],
    ],
    [[...keys, 'restore', 'ana', ''], []],
  ] as const) {
    t.same(offered(shell, words), expected, words.join(' '));
  }
  const commands = offered(shell, ['--vault', 'restore', '']);
  t.ok(commands.includes('backup') && commands.includes('find'), 'commands, behind an option with its value');
  const options = offered(shell, ['restore', '-']);
  t.ok(options.includes('--overwrite') && options.includes('--vault'), 'options of the command and of all');
});
