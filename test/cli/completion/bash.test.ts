import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { hasShell, makeShell, type Shell } from './shells.js';

/** What bash offers for the last of these words. */
function offered({ run }: Shell, words: readonly string[]): string[] {
  const list = ['bitacora', ...words].map((word) => `'${word}'`).join(' ');
  return run(
    `. "$COMPLETION"; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _bitacora; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

t.test('bash completes commands, options, choices, paths and users', async (t) => {
  if (!hasShell('bash')) return t.pass('there is no bash here');
  const shell = await makeShell(t, 'bash', ['--norc', '--noprofile']);
  mkdirSync(shell.place.join('a folder'));
  writeFileSync(shell.place.join('a file'), '');
  const keys = ['--key-file', shell.place.keyFile];
  for (const [words, expected] of [
    [['res'], ['restore']],
    [['--vault', 'restore', 'res'], ['restore']],
    [['ls', ''], []],
    [['restore', '--over'], ['--overwrite']],
    [
      ['restore', '--overwrite', ''],
      ['never', 'changed', 'always'],
    ],
    [['restore', '--overwrite', '=', 'ch'], ['changed']],
    [
      ['restore', '--overwrite', '='],
      ['never', 'changed', 'always'],
    ],
    [['restore', '--target', 'a f'], ['a folder']],
    [
      ['export', '-o', 'a f'],
      ['a file', 'a folder'],
    ],
    [['backup', '--vau'], ['--vault']],
    [['completion', 'b'], ['bash']],
    [
      [...keys, 'restore', ''],
      ['ana', 'bea'],
    ],
    [[...keys, 'restore', '--latest', 'b'], ['bea']],
    [[...keys, 'restore', 'ana', ''], []],
  ] as const) {
    t.same(offered(shell, words).sort(), [...expected].sort(), words.join(' '));
  }
  const config = shell.place.join('bitacora.toml');
  writeFileSync(
    config,
    `[backup.storage.local]\npath = "${shell.place.vault}"\n[keys]\nfile = "${shell.place.keyFile}"\n`,
  );
  t.same(offered(shell, ['--config', config, 'ls', '']), ['ana', 'bea'], 'of the vault that the configuration names');
  t.ok(offered(shell, ['']).includes('backup'), 'all commands');
  t.same(offered(shell, ['--key-file', '/no/key', 'restore', '']), [], 'silence where no user can be told');
});
