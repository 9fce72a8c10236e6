/**
 * Commands of `headrace` that do the same as the page.
 *
 * @module
 */

/** The command with its arguments, quoted for a shell where they need it. */
export const shellCommand = (...words: readonly string[]): string =>
  ['headrace', ...words].map(quoted).join(' ');

const quoted = (word: string): string =>
  /^[\w@%+=:,./#-]+$/.test(word) && !word.startsWith('#')
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
