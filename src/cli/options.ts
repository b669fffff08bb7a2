import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from './context.js';

/** A command ready to run; resolves to the exit code. */
export type PreparedCommand = (context: CommandContext) => Promise<number>;

/** Makes a command of its arguments and options. */
export type Action<Flags> = (args: readonly (string | undefined)[], flags: Flags) => PreparedCommand;
/** Adds a command to the program. */
export type Adder = <Flags>(usage: string, description: string, action: Action<Flags>) => Command;

export const TIMES = `
Times are local unless they name a zone: 2025-03-01, "2025-03-01 14:30", 2025-03-01T14:30:00+01:00, "2 hours ago",
yesterday, "yesterday 18:00", now. A day stands for all of it: its end for --at and --until, its start for --since.`;
export const SELECTORS = `
Which state: --latest (all that was ever captured, as it is now), --at TIME (the same as it was then), --snapshot ID
(exactly what that snapshot captured; ID may be shortened to 8 or more digits where that is unique), or --session ID
(what that session left behind, and nothing else; with --at as it was then).`;

/** The options that say which state is meant. */
export function addSelectors(command: Command): Command {
  return command
    .option('--latest', 'the newest state')
    .option('--snapshot <ID>', 'this snapshot')
    .option('--at <TIME>', 'the state at that time')
    .option('--session <ID>', 'this session alone');
}

/** An option that takes one of some words. */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values);
}

/** An option that may be given several times. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value, before: readonly string[] = []) => [...before, value]);
}

/** An option for a path. */
export function place(flags: string, description: string): Option {
  return new Option(flags, description).argParser(notEmpty);
}

/** The same, several times. */
export function places(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value, before: readonly string[] = []) => [
    ...before,
    notEmpty(value),
  ]);
}

/** What a script's unset variable leaves must not mean the current directory. */
function notEmpty(path: string): string {
  if (path === '') throw new InvalidArgumentError('An empty path names nothing.');
  return path;
}
