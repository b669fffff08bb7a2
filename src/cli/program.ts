import { Command } from 'commander';
import type { BackupFlags } from './commands/backup.js';
import type { ListFlags } from './commands/list.js';
import type { LsFlags } from './commands/ls.js';
import type { RestoreFlags } from './commands/restore.js';
import type { GlobalOptions } from './context.js';
import {
  type Action,
  type Adder,
  addSelectors,
  choice,
  type PreparedCommand,
  place,
  places,
  repeated,
  SELECTORS,
  TIMES,
} from './options.js';
import type { Output } from './output.js';
import { addCare } from './program-care.js';
import { addDaemon } from './program-daemon.js';
import { addKeeping } from './program-keeping.js';
import { addSessions } from './program-sessions.js';
import { addTools } from './program-tools.js';
import { PROGRESS_MODES } from './progress-line.js';
import { programVersion } from './version.js';

export interface ProgramOptions {
  readonly output: Output;
  run(globals: GlobalOptions, command: PreparedCommand): Promise<void>;
}

/** The commands and their options. Each loads its code only when it runs: most calls need little of the program. */
export function createProgram({ output, run }: ProgramOptions): Command {
  const program = new Command('bitacora')
    .description('Backup with per-user keys: deduplicated, compressed, encrypted, and restored as of any time.')
    .version(programVersion(), '--version', 'print the version')
    .addOption(place('--vault <DIR>', 'the vault (else $BITACORA_VAULT, else the usual place)'))
    .addOption(place('--key-file <FILE>', 'the master key file (else the usual place)'))
    .addOption(place('--config <FILE>', 'the configuration (else /etc/bitacora/bitacora.toml, if there is one)'))
    .addOption(place('--socket <PATH>', 'ask the daemon there, and do nothing without it'))
    .option('--json', 'answer with one JSON document')
    .addOption(choice('--progress <MODE>', 'how to show progress', PROGRESS_MODES).default('auto'))
    .option('--quiet', 'say nothing but answers and errors')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, helpWidth: 110 })
    .configureOutput({
      writeOut: (text) => output.raw(text),
      // Errors are reported by the caller; what commander would print besides is its help after an empty call.
      writeErr: () => {},
    });
  const add = commandAdder(program, run);
  addInit(add);
  addBackup(add);
  addSessions(add);
  addList(add);
  addLs(add);
  addRestore(add);
  addRebuildIndex(add);
  addKeeping(add);
  addCare(add);
  addDaemon(add);
  addTools(add, program);
  return program;
}

function commandAdder(program: Command, run: ProgramOptions['run']): Adder {
  return <Flags>(usage: string, description: string, action: Action<Flags>) =>
    placeOf(program, usage)
      .description(description)
      .action(async (...given: unknown[]) => {
        // Commander passes the arguments, then the options, then the command.
        const command = given.at(-1) as Command;
        const args = given.slice(0, -2) as (string | undefined)[];
        await run(program.opts<GlobalOptions>(), action(args, command.opts() as Flags));
      });
}

/** Adds the command, below its group where it has one: `user add <USER>` is `add <USER>` in the group `user`. */
function placeOf(program: Command, usage: string): Command {
  const [, name, rest] = /^(\S+) ([a-z].*)$/.exec(usage) ?? [];
  if (name === undefined || rest === undefined) return program.command(usage);
  const group = program.commands.find((command) => command.name() === name);
  return (group ?? program.command(name).description(GROUPS[name] ?? '')).command(rest);
}

const GROUPS: Readonly<Record<string, string>> = {
  user: 'the vault’s users',
  scope: 'what was captured',
  config: 'the configuration',
  service: 'the daemon as a service',
  token: 'who may ask the daemon over TCP',
};

function addInit(add: Adder): void {
  add('init', 'make a vault and its master key file', () => async (context) => {
    const { runInit } = await import('./commands/init.js');
    return runInit(context);
  });
}

function addBackup(add: Adder): void {
  add<BackupFlags>(
    'backup <USER>',
    'take a snapshot of directories or a stream',
    ([user], flags) =>
      async (context) => {
        const { runBackup } = await import('./commands/backup.js');
        return runBackup(context, user!, flags);
      },
  )
    .addOption(places('--path <DIR>', 'what to back up (else what is configured for the user); may be repeated'))
    .option('--stdin', 'back up what comes in through standard input, beside any --path')
    .option('--name <NAME>', 'what that is called: it is restored to _streams/NAME')
    .addOption(place('--records <FILE>', 'records: one JSON object, or a record a line; - is standard input'))
    .option('--session <ID>', 'whose records these are')
    .addOption(choice('--durability <LEVEL>', 'where it must be before it is done', ['local', 'all']))
    .addOption(choice('--kind <KIND>', 'the kind of snapshot', ['manual', 'critical']).default('manual'))
    .addOption(repeated('--exclude <PATTERN>', 'leave out, as in a .gitignore; may be repeated'))
    .option('--one-file-system', 'do not enter other file systems')
    .option('--include-caches', 'also what CACHEDIR.TAG marks as a cache')
    .option('--max-file-size <SIZE>', 'leave out larger files, such as 500M')
    .option('--force', 'read every file again, changed or not')
    .option('--dry-run', 'look and count, store nothing')
    .addOption(choice('--codec <NAME>', 'how to compress (usually zstd)', ['zstd', 'lz4', 'gzip', 'none']))
    .option('--level <N>', 'how hard to compress (zstd 1 to 19, usually 3; gzip 1 to 9, usually 6)')
    .option('--threads <N>', 'worker threads; 0 works in the main thread (default: one a core, at most 4)')
    .option('--reason <TEXT>', 'why, kept in the snapshot');
}

function addList(add: Adder): void {
  add<ListFlags>('list <USER>', 'list snapshots, newest first', ([user], flags) => async (context) => {
    const { runList } = await import('./commands/list.js');
    return runList(context, user!, flags);
  })
    .option('--session <ID>', 'only those of this session')
    .addOption(choice('--kind <KIND>', 'only this kind', ['session_end', 'periodic', 'manual', 'critical']))
    .option('--since <TIME>', 'only those from then on')
    .option('--until <TIME>', 'only those until then')
    .option('--all', 'also those that were forgotten and are not pruned yet')
    .addHelpText('after', TIMES);
}

function addLs(add: Adder): void {
  const command = add<LsFlags>(
    'ls <USER> [PATH]',
    'list what a backup holds',
    ([user, path], flags) =>
      async (context) => {
        const { runLs } = await import('./commands/ls.js');
        return runLs(context, user!, path, flags);
      },
  );
  addSelectors(command).addHelpText('after', `${SELECTORS}\n${TIMES}`);
}

function addRestore(add: Adder): void {
  const command = add<RestoreFlags>('restore <USER>', 'write files back', ([user], flags) => async (context) => {
    const { runRestore } = await import('./commands/restore.js');
    return runRestore(context, user!, flags);
  });
  addSelectors(command)
    .addOption(place('--target <DIR>', 'where to; files keep their full path below it, and / is in place'))
    .addOption(repeated('--include <GLOB>', 'only this, as in a .gitignore; may be repeated'))
    .addOption(repeated('--exclude <GLOB>', 'leave out; may be repeated'))
    .option('--flatten', 'put the content of the one directory straight into the target')
    .addOption(choice('--overwrite <WHEN>', 'what to do with files that are there', ['never', 'changed', 'always']))
    .option('--delete', 'remove what the backup does not hold, inside what is restored')
    .option('--verify', 'read everything back and compare')
    .option('--dry-run', 'say what would be done')
    .option('--threads <N>', 'worker threads; 0 works in the main thread (default: one a core, at most 4)')
    .addHelpText('after', `${SELECTORS}\n${TIMES}`);
}

function addRebuildIndex(add: Adder): void {
  add('rebuild-index [USER]', 'make the index anew from the vault itself', ([user]) => async (context) => {
    const { runRebuildIndex } = await import('./commands/rebuild-index.js');
    return runRebuildIndex(context, user);
  });
}
