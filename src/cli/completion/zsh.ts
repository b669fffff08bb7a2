import { type CommandSpec, type OptionSpec, optionsOf, quoted, type ValueSpec, valuedOptions } from './spec.js';

/** A script for zsh: a file `_bitacora` in a directory of `$fpath`, or to be sourced behind `compinit`. */
export function zshCompletion(specs: readonly CommandSpec[]): string {
  return `#compdef bitacora
# Completions of bitacora for zsh.
_bitacora_users() {
  compadd -- \${(f)"$(bitacora completion users -- "\${(@)words[2,-1]}" 2>/dev/null)"}
}
_bitacora() {
  local command='' option='' word i
  local -i position=0
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ -n $option ]]; then
      option=''
      continue
    fi
    case "$word" in
      (${valuedOptions(specs).join('|')}) option="$word" ;;
      (-*) ;;
      (*)
        case "\${command:+$command }$word" in
          (${specs
            .slice(1)
            .map(({ path }) => quoted(path))
            .join('|')}) command="\${command:+$command }$word" ;;
          (*) position+=1 ;;
        esac ;;
    esac
  done
  if [[ -z $option && $PREFIX == --*=* ]]; then
    option="\${PREFIX%%=*}"
    compset -P '*='
  fi
  if [[ -n $option ]]; then
    case "$command:$option" in
${valueCases(specs)}
    esac
    return
  fi
  if [[ $PREFIX == -* ]]; then
    case "$command" in
${specs.map((spec) => `      (${quoted(spec.path)}) found=(${described(optionsOf(specs, spec))}) ;;`).join('\n')}
    esac
    _describe -o option found
    return
  fi
  case "$command:$position" in
${placeCases(specs)}
  esac
}
if [[ "\${funcstack[1]}" == _bitacora ]]; then
  _bitacora "$@"
else
  compdef _bitacora bitacora
fi
`;
}

function valueCases(specs: readonly CommandSpec[]): string {
  const lines: string[] = [];
  for (const spec of [...specs.slice(1), specs[0]!]) {
    const scope = spec === specs[0] ? '*' : quoted(spec.path);
    for (const { names, value } of spec.options) {
      const action = value && actionOf(value);
      if (action) lines.push(`      (${names.map((name) => `${scope}:${name}`).join('|')}) ${action} ;;`);
    }
  }
  return lines.join('\n');
}

function placeCases(specs: readonly CommandSpec[]): string {
  const lines: string[] = [];
  for (const { path, commands, args } of specs) {
    if (commands.length > 0) {
      const list = commands.map(({ word, description }) => describedAs(word, description)).join(' ');
      lines.push(`    (${quoted(path)}:0) found=(${list}); _describe command found ;;`);
    }
    for (const [position, value] of args.entries()) {
      const action = actionOf(value);
      if (action) lines.push(`    (${quoted(path)}:${position}) ${action} ;;`);
    }
  }
  return lines.join('\n');
}

function actionOf(value: ValueSpec): string | undefined {
  switch (value.kind) {
    case 'words':
      return `compadd -- ${value.words.map(quoted).join(' ')}`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'user':
      return '_bitacora_users';
    case 'other':
      return undefined;
  }
}

function described(options: readonly OptionSpec[]): string {
  return options.flatMap(({ names, description }) => names.map((name) => describedAs(name, description))).join(' ');
}

/** A colon ends the word in such a list. */
function describedAs(word: string, description: string): string {
  return quoted(`${word.replaceAll(':', '\\:')}:${description}`);
}
