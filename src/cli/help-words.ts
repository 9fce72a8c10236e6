/**
 * `headrace help` with any number of words: `help runs show`, `help start demo/iris`. Commander
 * itself accepts one word.
 *
 * @module
 */
import type { Command } from 'commander';

/**
 * The words after `headrace` for Commander: those after `help` become a command with `--help`.
 * Words that name no command stay as they are, without `help`: Commander reports them.
 */
export function withHelpWords(words: readonly string[], program: Command): readonly string[] {
  const [help, ...named] = words;
  if (help !== 'help' || named.length === 0 || named.some((word) => word.startsWith('-')))
    return words;
  let command = program;
  for (const word of named) {
    const child = command.commands.find((each) => each.name() === word);
    if (child === undefined) break;
    command = child;
  }
  const isGroup = command.commands.length > 0;
  const isWhole = command.name() === named.at(-1);
  return isGroup && !isWhole ? named : [...named, '--help'];
}
