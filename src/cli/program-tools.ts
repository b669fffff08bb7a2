import type { Command } from 'commander';
import type { CatFlags } from './commands/cat.js';
import type { DiffFlags } from './commands/diff.js';
import type { ExportFlags } from './commands/export.js';
import type { FindFlags } from './commands/find.js';
import { type Adder, addSelectors, choice, place, repeated, SELECTORS, TIMES } from './options.js';

const STATES = `
A and B are snapshots (an id, or its first 8 or more digits where that is unique), "latest" (the newest state of all),
"at:TIME" (the same as of then), or session:ID (that session alone).
B may be a directory on disk, written with a / in it: /srv/ana, ./restored, . for this one.`;
const CAT = `
SNAPSHOT is an id, its first 8 or more digits, "latest", at:TIME or session:ID; leave it out with one of the options.
PATH is the full path.`;
const PATTERNS = `
GLOB is a pattern as in a .gitignore: *.pdf at any depth, docs/*.pdf from the backed-up directory on, ** for any number of
directories, a / at the end for directories only. One that begins with / may also be a full path.`;

const COMPLETIONS = `
bash: bitacora completion bash > /etc/bash_completion.d/bitacora, or: eval "$(bitacora completion bash)" in ~/.bashrc
zsh:  bitacora completion zsh > a file named _bitacora in a directory of $fpath
fish: bitacora completion fish > ~/.config/fish/completions/bitacora.fish`;

/** Commands that look into backups and take things out of them. */
export function addTools(add: Adder, program: Command): void {
  addFind(add);
  addDiff(add);
  addCat(add);
  addExport(add);
  addCompletion(add, program);
}

function addFind(add: Adder): void {
  const command = add<FindFlags>(
    'find <USER> <GLOB>',
    'find files by name, in all snapshots or in one state',
    ([user, glob], flags) =>
      async (context) => {
        const { runFind } = await import('./commands/find.js');
        return runFind(context, user!, glob!, flags);
      },
  );
  addSelectors(command).addHelpText(
    'after',
    `${PATTERNS}\n${SELECTORS}\nWithout one: the versions in all snapshots.\n${TIMES}`,
  );
}

function addDiff(add: Adder): void {
  add<DiffFlags>(
    'diff <USER> <A> <B>',
    'show what differs between two snapshots, or a snapshot and a directory',
    ([user, before, after], flags) =>
      async (context) => {
        const { runDiff } = await import('./commands/diff.js');
        return runDiff(context, user!, before!, after!, flags);
      },
  )
    .option('--checksum', 'against a directory: read every file, instead of trusting size and time')
    .addHelpText('after', STATES);
}

function addCat(add: Adder): void {
  const command = add<CatFlags>(
    'cat <USER> <SNAPSHOT> [PATH]',
    'write one file to standard output',
    ([user, snapshot, path], flags) =>
      async (context) => {
        const { runCat } = await import('./commands/cat.js');
        const words = [snapshot, path].filter((word) => word !== undefined);
        return runCat(context, user!, words, flags);
      },
  );
  addSelectors(command)
    .usage('<USER> (<SNAPSHOT> | --at TIME | --session ID…) <PATH>')
    .addHelpText('after', `${CAT}\n${SELECTORS}\n${TIMES}`);
}

function addExport(add: Adder): void {
  const command = add<ExportFlags>(
    'export <USER>',
    'pack a state into an archive',
    ([user], flags) =>
      async (context) => {
        const { runExport } = await import('./commands/export.js');
        return runExport(context, user!, flags);
      },
  );
  addSelectors(command)
    .addOption(choice('--format <FORMAT>', 'what to make', ['tar', 'json']).makeOptionMandatory())
    .addOption(place('-o, --output <FILE>', 'where to (else standard output); appears when it is whole'))
    .addOption(repeated('--include <GLOB>', 'only this, as in a .gitignore; may be repeated'))
    .addOption(repeated('--exclude <GLOB>', 'leave out; may be repeated'))
    .addHelpText('after', `${SELECTORS}\n${TIMES}`);
}

function addCompletion(add: Adder, program: Command): void {
  // The words are for the scripts themselves, which ask so for the names of users.
  add(
    'completion <SHELL> [WORDS...]',
    'print completions for bash, zsh or fish',
    ([shell, ...words]) =>
      async (context) => {
        const { runCompletion } = await import('./commands/completion.js');
        return runCompletion(context, program, shell!, words.flat());
      },
  )
    .usage('<bash|zsh|fish>')
    .addHelpText('after', COMPLETIONS);
}
