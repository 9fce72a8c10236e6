/**
 * The commands that messages name: the only place that builds them, so that each works as it is
 * printed, in the folder and for the home or API of the command that prints it.
 *
 * @module
 */
import { shellQuoted } from '../model/shell-quoted.ts';

/** The options that choose the same home or API again; none for the default. */
export type HintTarget = readonly string[];

/** A command line, as in `headrace runs show <run> --endpoint <url>`. */
export const hint = (target: HintTarget = [], ...words: readonly string[]): string =>
  [...commandWords(), ...[...words, ...target].map(shellQuoted)].join(' ');

/** What comes before the name of a project's command. */
const EXECUTE: ReadonlyMap<string, readonly string[]> = new Map([
  ['npm', ['npx']],
  ['pnpm', ['pnpm', 'exec']],
  ['yarn', ['yarn']],
]);

/**
 * The words that start the command: a package manager that started this process is named again,
 * because the command of a project is not in the search path of a shell.
 */
export function commandWords(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const [manager = ''] = env.npm_config_user_agent?.split('/') ?? [];
  return [...(EXECUTE.get(manager) ?? []), 'headrace'];
}

/**
 * Makes each command in backticks one that works here: with the words that start the command, and
 * with the target if the command reads runs.
 */
export const withTarget = (message: string, target: HintTarget): string =>
  message.replace(/`headrace ([a-z][^`]*)`/g, (_, command: string) => {
    const options = /^(?:runs|artifacts|models|pipelines|cache) /.test(command)
      ? target.map(shellQuoted)
      : [];
    return `\`${[...commandWords(), command, ...options].join(' ')}\``;
  });
