import type { CommandShape } from '../cli/command-shape.js';

/** The shells that completion is written for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
/** A shell. */
export type Shell = (typeof shells)[number];

/** A script that teaches a shell the commands and options. It asks nobody: completion is as fast as the shell. */
export function completionFor(shell: Shell, root: CommandShape): string {
  return { bash, zsh, fish }[shell](places(root));
}

/** What can follow at one place of the line. */
interface Place {
  /** The commands up to here, without `forge`: `mitigation list`. */
  readonly path: string;
  readonly commands: ReadonlyArray<{ readonly word: string; readonly says: string }>;
  readonly options: readonly string[];
}

function places(shape: CommandShape): readonly Place[] {
  const [, ...path] = shape.name.split(' ');
  const commands = shape.commands.map(({ name, description }) => ({
    word: name.split(' ').at(-1) ?? '',
    says: description,
  }));
  return [{ path: path.join(' '), commands, options: shape.optionWords }, ...shape.commands.flatMap(places)];
}

function bash(all: readonly Place[]): string {
  const known = all.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  const cases = all.map(
    ({ path, commands, options }) =>
      `    '${path}') words='${[...commands.map(({ word }) => word), ...options].join(' ')}' ;;`,
  );
  return `# Completion of forge for bash: source <(forge completion bash)
_forge() {
  local path='' next words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in
    ${known.join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _forge forge
`;
}

function zsh(all: readonly Place[]): string {
  const known = all.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  const cases = all.map(({ path, commands, options }) => {
    const words = [
      ...commands.map(({ word, says }) => quoted(`${word}:${says}`)),
      ...options.map((option) => quoted(option)),
    ];
    return `    '${path}') candidates=(${words.join(' ')}) ;;`;
  });
  return `#compdef forge
# Completion of forge for zsh: source <(forge completion zsh)
_forge() {
  local place='' next word
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${place:+$place }$word"
    case "$next" in
    ${known.join('|')}) place="$next" ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  _describe forge candidates || _files
}
compdef _forge forge
`;
}

function fish(all: readonly Place[]): string {
  const lines = all.flatMap(({ path, commands, options }) => {
    const when = `-n '__forge_at "${path}"'`;
    return [
      ...commands.map(({ word, says }) => `complete -c forge -f ${when} -a ${word} -d ${quoted(says)}`),
      ...options
        .filter((option) => option.startsWith('--'))
        .map((option) => `complete -c forge ${when} -l ${option.slice(2)}`),
    ];
  });
  return `# Completion of forge for fish: forge completion fish | source
set -g __forge_paths ${all.map(({ path }) => `'${path}'`).join(' ')}
function __forge_at
    set -l place ''
    for word in (commandline -opc)[2..]
        set -l next (string trim "$place $word")
        contains -- "$next" $__forge_paths; and set place "$next"
    end
    test "$place" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
