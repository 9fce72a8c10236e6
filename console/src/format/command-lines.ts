/**
 * Commands that do what a page shows, for a shell.
 *
 * @module
 */

/** An argument of a command, quoted where a shell of Unix would change it. */
export const shellQuoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A command of this program: `commandLine('runs', 'show', id)`. */
export const commandLine = (...parts: readonly string[]): string =>
  ['headrace', ...parts.map(shellQuoted)].join(' ');
