import { type CommandSpec, optionsOf, quoted, type ValueSpec, valuedOptions } from './spec.js';

/** A script for bash 3.2 and later that needs no other. */
export function bashCompletion(specs: readonly CommandSpec[]): string {
  return `# Completions of bitacora for bash.
# Not by compgen -W, which would evaluate what is in the words.
_bitacora_words() {
  local word
  while IFS= read -r word; do
    [[ -n $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
  done <<<"$1"
}
_bitacora_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$cur"))
}
_bitacora_users() {
  _bitacora_words "$(bitacora completion users -- "\${COMP_WORDS[@]:1}" 2>/dev/null)"
}
_bitacora() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" command='' option='' position=0 word i
  COMPREPLY=()
  [[ $cur == '=' ]] && cur=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -n $option ]]; then
      [[ $word == '=' ]] || option=''
      continue
    fi
    case "$word" in
      ${valuedOptions(specs).join('|')}) option="$word" ;;
      -*|'=') ;;
      *)
        case "$command $word" in
${paths(specs)}) command="\${command:+$command }$word" ;;
          *) ((position++)) ;;
        esac ;;
    esac
  done
  if [[ -n $option ]]; then
    case "$command:$option" in
${valueCases(specs)}
    esac
    return
  fi
  if [[ $cur == -* ]]; then
    case "$command" in
${specs.map((spec) => `      ${quoted(spec.path)}) _bitacora_words ${words(optionsOf(specs, spec).flatMap(({ names }) => names))} ;;`).join('\n')}
    esac
    return
  fi
  case "$command:$position" in
${placeCases(specs)}
  esac
}
complete -F _bitacora bitacora
`;
}

/** The program's own words come first, with a space where a command inside another has its outer one. */
function paths(specs: readonly CommandSpec[]): string {
  const patterns = specs.slice(1).map(({ path }) => quoted(path.includes(' ') ? path : ` ${path}`));
  return `          ${patterns.join('|')}`;
}

function valueCases(specs: readonly CommandSpec[]): string {
  const lines: string[] = [];
  for (const spec of [...specs.slice(1), specs[0]!]) {
    const scope = spec === specs[0] ? '*' : quoted(spec.path);
    for (const { names, value } of spec.options) {
      const action = value && actionOf(value);
      if (action) lines.push(`      ${names.map((name) => `${scope}:${name}`).join('|')}) ${action} ;;`);
    }
  }
  return lines.join('\n');
}

function placeCases(specs: readonly CommandSpec[]): string {
  const lines: string[] = [];
  for (const { path, commands, args } of specs) {
    if (commands.length > 0)
      lines.push(`    ${quoted(path)}:0) _bitacora_words ${words(commands.map(({ word }) => word))} ;;`);
    for (const [position, value] of args.entries()) {
      const action = actionOf(value);
      if (action) lines.push(`    ${quoted(path)}:${position}) ${action} ;;`);
    }
  }
  return lines.join('\n');
}

function actionOf(value: ValueSpec): string | undefined {
  switch (value.kind) {
    case 'words':
      return `_bitacora_words ${words(value.words)}`;
    case 'file':
      return '_bitacora_paths -f';
    case 'directory':
      return '_bitacora_paths -d';
    case 'user':
      return '_bitacora_users';
    case 'other':
      return undefined;
  }
}

/** One a line, as one argument. */
function words(list: readonly string[]): string {
  return quoted(list.join('\n'));
}
