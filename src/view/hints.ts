/**
 * The commands that messages name: the only place that builds them, so that each works as it is
 * printed, in the folder and for the home or API of the command that prints it.
 *
 * @module
 */
import { shellQuoted } from './shell-quoted.ts';

/** The options that choose the same home or API again; none for the default. */
export type HintTarget = readonly string[];

/** A command line, as in `headrace runs show <run> --endpoint <url>`. */
export const hint = (target: HintTarget = [], ...words: readonly string[]): string =>
  ['headrace', ...words, ...target].map(shellQuoted).join(' ');

/** Adds the target to each command in backticks that needs one. */
export const withTarget = (message: string, target: HintTarget): string =>
  target.length === 0
    ? message
    : message.replace(
        /`headrace ((?:runs|artifacts|cache) [^`]*)`/g,
        (_, command: string) =>
          `\`${['headrace', command, ...target.map(shellQuoted)].join(' ')}\``,
      );
