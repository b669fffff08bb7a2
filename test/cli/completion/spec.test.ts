import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import t from 'tap';
import { bashCompletion } from '../../../src/cli/completion/bash.js';
import { fishCompletion } from '../../../src/cli/completion/fish.js';
import { commandSpecs, optionsOf, valuedOptions } from '../../../src/cli/completion/spec.js';
import { zshCompletion } from '../../../src/cli/completion/zsh.js';
import { hasShell } from './shells.js';

/** A program with a command inside another, and texts that a shell could take for its own. */
function sample(): Command {
  const program = new Command('bitacora').option('--vault <DIR>', "the vault's $HOME `place`");
  const user = program.command('user').description('users');
  user.command('add <USER>').description('make one: at once').option('--quota <SIZE>', 'how much');
  user
    .command('set <USER> [FILE]')
    .addOption(new Option('--kind <KIND>', 'which').choices(['a b', "c'd", '$(echo evaluated)']));
  program.command('hidden-one', { hidden: true });
  program.command('ls <USER>').option('-l, --long', 'more').addOption(new Option('--secret <X>').hideHelp());
  return program;
}

t.test('commandSpecs() reads a program, commands inside commands and what each takes', async (test) => {
  const specs = commandSpecs(sample());
  test.same(
    specs.map(({ path, commands }) => [path, commands.map(({ word }) => word)]),
    [
      ['', ['user', 'ls']],
      ['user', ['add', 'set']],
      ['user add', []],
      ['user set', []],
      ['ls', []],
    ],
  );
  test.same(specs.at(-2)?.args, [{ kind: 'user' }, { kind: 'file' }]);
  const names = optionsOf(specs, specs.at(-1)!).flatMap((option) => option.names);
  test.same(names.sort(), ['--help', '--long', '--vault', '-h', '-l']);
  test.same(valuedOptions(specs).sort(), ['--kind', '--quota', '--vault']);
});

t.test('scripts of a program with odd texts are sound, and know commands inside commands', async (test) => {
  const specs = commandSpecs(sample());
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-completion-'));
  test.teardown(() => rmSync(directory, { recursive: true }));
  for (const [shell, script] of [
    ['bash', bashCompletion(specs)],
    ['zsh', zshCompletion(specs)],
    ['fish', fishCompletion(specs)],
  ] as const) {
    if (!hasShell(shell)) continue;
    const file = join(directory, shell);
    writeFileSync(file, script);
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    test.same([status, stderr], [0, ''], `${shell} can read it`);
  }
  const offered = (words: readonly string[]): string[] => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(bitacora ${list}); COMP_CWORD=${words.length}; _bitacora; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync('bash', ['--norc', '-c', `${bashCompletion(specs)}\n${ask}`], { encoding: 'utf8' });
    return stdout.split('\n').filter((line) => line !== '');
  };
  test.same(offered(['us']), ['user']);
  test.same(offered(['user', '']), ['add', 'set']);
  test.same(offered(['--vault', 'ls', 'user', 's']), ['set']);
  test.same(offered(['user', 'set', '--kind', '']), ['a b', "c'd", '$(echo evaluated)']);
  test.same(offered(['user', 'add', '--k']), [], 'an option of another command');
  test.same(offered(['ls', '--l']), ['--long']);
});
