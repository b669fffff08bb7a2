import { type CommandSpec, type OptionSpec, quoted as quotedPosix, type ValueSpec, valuedOptions } from './spec.js';

/** A script for fish 3 and later. */
export function fishCompletion(specs: readonly CommandSpec[]): string {
  return `# Completions of bitacora for fish.
function __bitacora_users
    bitacora completion users -- (commandline -opc)[2..-1] 2>/dev/null
end
# Whether what was typed so far names this command, and so many words behind it, where a number is given.
function __bitacora_at
    set -l command ''
    set -l option ''
    set -l position 0
    for word in (commandline -opc)[2..-1]
        if test -n "$option"
            set option ''
            continue
        end
        switch $word
            case ${valuedOptions(specs).map(quoted).join(' ')}
                set option $word
            case '-*'
            case '*'
                switch (string trim -- "$command $word")
                    case ${specs
                      .slice(1)
                      .map(({ path }) => quoted(path))
                      .join(' ')}
                        set command (string trim -- "$command $word")
                    case '*'
                        set position (math $position + 1)
                end
        end
    end
    test "$command" = "$argv[1]"; or return 1
    test (count $argv) -lt 2; or test $position = $argv[2]
end
complete -c bitacora -f
${specs.flatMap((spec) => linesOf(spec, spec === specs[0])).join('\n')}
`;
}

function linesOf({ path, commands, args, options }: CommandSpec, isProgram: boolean): string[] {
  const lines: string[] = [];
  const at = (position?: number): string =>
    `-n ${quoted(`__bitacora_at ${quotedPosix(path)}${position === undefined ? '' : ` ${position}`}`)}`;
  for (const { word, description } of commands) {
    lines.push(`complete -c bitacora ${at(0)} -a ${quoted(word)} -d ${quoted(description)}`);
  }
  for (const [position, value] of args.entries()) {
    const given = argumentsOf(value);
    if (given) lines.push(`complete -c bitacora ${at(position)} ${given}`);
  }
  for (const option of options) lines.push(`complete -c bitacora ${isProgram ? '' : `${at()} `}${optionText(option)}`);
  return lines;
}

function optionText({ names, description, value }: OptionSpec): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const given = value ? ` ${value.kind === 'file' ? '-r' : '-x'} ${argumentsOf(value) ?? ''}`.trimEnd() : '';
  return `${flags.join(' ')}${given} -d ${quoted(description)}`;
}

function argumentsOf(value: ValueSpec): string | undefined {
  switch (value.kind) {
    case 'words':
      return `-a ${quoted(value.words.join(' '))}`;
    case 'file':
      return '-F';
    case 'directory':
      return "-a '(__fish_complete_directories)'";
    case 'user':
      return "-a '(__bitacora_users)'";
    case 'other':
      return undefined;
  }
}

/** In single quotes, where fish wants a backslash before quote and backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
