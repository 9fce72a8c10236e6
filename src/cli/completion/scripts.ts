/**
 * The scripts that make a shell request completions from the command. Each calls the command as it
 * was typed (`headrace`, `./node_modules/.bin/headrace`) with the words of the line after `--`, and
 * reads one candidate a line, with its description after a tab. Without candidates the shell
 * completes names of files.
 *
 * @module
 */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = `# Completion of headrace for bash
_headrace() {
  local candidate
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    [[ -n $candidate ]] && COMPREPLY+=("$(printf '%q' "$candidate")")
  done < <("\${COMP_WORDS[0]}" completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -o bashdefault -F _headrace headrace
`;

const ZSH = `#compdef headrace
# Completion of headrace for zsh
_headrace() {
  local line
  local -a candidates
  while IFS= read -r line; do
    [[ -n $line ]] || continue
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <("$words[1]" completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then
    _describe 'headrace' candidates
  else
    _files
  fi
}
compdef _headrace headrace
`;

const FISH = `# Completion of headrace for fish
function __headrace_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l candidates ($words[1] completion fish -- $words[2..-1] "$current" 2>/dev/null)
  if set -q candidates[1]
    printf '%s\\n' $candidates
  else
    __fish_complete_path "$current"
  end
end
complete -c headrace -f -a '(__headrace_complete)'
`;

export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
};
