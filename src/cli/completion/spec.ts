import type { Argument, Command, Option } from 'commander';

/** What may stand in a place: one of some words, a path on disk, a user's name, or something that nobody can guess. */
export type ValueSpec =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'directory' | 'user' | 'other' };

export interface OptionSpec {
  /** `--long`, and `-s` where there is one. */
  readonly names: readonly string[];
  readonly description: string;
  /** Undefined for an option without a value. */
  readonly value: ValueSpec | undefined;
}

export interface CommandSpec {
  /** Its words, such as `user add`; empty for the program itself. */
  readonly path: string;
  readonly description: string;
  readonly options: readonly OptionSpec[];
  readonly args: readonly ValueSpec[];
  /** Words that may follow to name a command inside this one. */
  readonly commands: readonly { readonly word: string; readonly description: string }[];
}

const SHELLS = ['bash', 'zsh', 'fish'];

/** What a program takes, read off the program itself: the program first, then its commands. */
export function commandSpecs(program: Command): CommandSpec[] {
  return specsOf(program, '');
}

function specsOf(command: Command, path: string): CommandSpec[] {
  const help = command.createHelp();
  const inner = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  const own: CommandSpec = {
    path,
    description: command.description(),
    options: help.visibleOptions(command).map(optionSpec),
    args: command.registeredArguments.map(argumentSpec),
    commands: inner.map((child) => ({ word: child.name(), description: child.description() })),
  };
  return [own, ...inner.flatMap((child) => specsOf(child, path === '' ? child.name() : `${path} ${child.name()}`))];
}

function optionSpec(option: Option): OptionSpec {
  const names = [option.long, option.short].filter((name) => name !== undefined && name !== null);
  const takesValue = option.required || option.optional;
  const value = takesValue ? valueSpec(/[<[]([^>\].]+)/.exec(option.flags)?.[1] ?? '', option.argChoices) : undefined;
  return { names, description: option.description, value };
}

function argumentSpec(argument: Argument): ValueSpec {
  return valueSpec(argument.name(), argument.argChoices);
}

/** The program calls its places by what belongs there. */
function valueSpec(place: string, choices: readonly string[] | undefined): ValueSpec {
  if (choices) return { kind: 'words', words: choices };
  switch (place) {
    case 'USER':
      return { kind: 'user' };
    case 'DIR':
      return { kind: 'directory' };
    case 'FILE':
    case 'B':
      return { kind: 'file' };
    case 'SHELL':
      return { kind: 'words', words: SHELLS };
    default:
      return { kind: 'other' };
  }
}

/** All names of options that take a value: the word behind one is never a command. */
export function valuedOptions(specs: readonly CommandSpec[]): string[] {
  const names = specs.flatMap(({ options }) => options.filter(({ value }) => value).flatMap(({ names }) => names));
  return [...new Set(names)];
}

/** The options of a command and those that every command takes. */
export function optionsOf(specs: readonly CommandSpec[], spec: CommandSpec): readonly OptionSpec[] {
  const globals = specs[0]!.options;
  if (spec === specs[0]) return globals;
  const own = new Set(spec.options.flatMap(({ names }) => names));
  return [...spec.options, ...globals.filter(({ names }) => !names.some((name) => own.has(name)))];
}

/** A word or text of the program as one word of a shell: in single quotes. All three shells read `'\''` alike. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
