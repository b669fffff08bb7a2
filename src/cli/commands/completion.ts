import type { Command } from 'commander';
import { BitacoraError, isBitacoraError } from '../../base/index.js';
import { chooseVaultPath, openVault } from '../../vault/index.js';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { commandSpecs } from '../completion/spec.js';
import { zshCompletion } from '../completion/zsh.js';
import { readConfiguration } from '../configuration.js';
import { type CommandContext, EXIT } from '../context.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `bitacora completion SHELL`: a script made from the program itself; `users` gives the names that such a script asks for. */
export async function runCompletion(
  context: CommandContext,
  program: Command,
  shell: string,
  words: readonly (string | undefined)[],
): Promise<number> {
  if (shell === 'users') return sayUsers(context, words);
  if (!(shell in SCRIPTS)) {
    throw new BitacoraError('USAGE', `There are completions for bash, zsh and fish, not for "${shell}".`);
  }
  context.output.raw(SCRIPTS[shell as keyof typeof SCRIPTS](commandSpecs(program)));
  return EXIT.ok;
}

/**
 * The users of the vault that the words typed so far mean, one a line. Silent where there is none: nobody wants a message in
 * the middle of a line. Takes no lock, so that it is in nobody's way.
 */
async function sayUsers({ output, globals }: CommandContext, words: readonly (string | undefined)[]): Promise<number> {
  const given = (name: string): string | undefined => {
    const at = words.indexOf(name);
    if (at >= 0) return words[at + 1] === '=' ? words[at + 2] : words[at + 1];
    return words.find((word) => word?.startsWith(`${name}=`))?.slice(name.length + 1);
  };
  try {
    const config = given('--config') ?? globals.config;
    const { environment } = await readConfiguration(config === undefined ? {} : { config });
    const path = chooseVaultPath(given('--vault') ?? globals.vault, environment);
    const keyFile = given('--key-file') ?? globals.keyFile;
    const vault = await openVault({ path, keyFile, environment, readOnly: true });
    try {
      for (const { name, state } of (await vault.users()).records) if (state === 'active') output.line(name);
    } finally {
      await vault.close();
    }
  } catch (error) {
    if (!isBitacoraError(error)) throw error;
  }
  return EXIT.ok;
}
