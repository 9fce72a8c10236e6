/**
 * Text on a terminal. A step, a server or a file decides about names, messages, logs and values; on
 * a terminal their control characters would move the cursor, rewrite lines, change the title or
 * write to the clipboard.
 *
 * 1. On a terminal each control character is shown as text: `\x1b`. Line ends and tabs stay. A
 *    carriage return, with which a progress bar rewrites its line, starts a new line.
 * 2. Characters that reverse the direction of text are shown, too: a line with them reads as
 *    another one.
 * 3. Colours are marks until the text is written. A mark contains a random number of this process,
 *    so that no other text has one.
 *
 * Pipes and files get the text as it is.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import pico from 'picocolors';

const STYLES = ['bold', 'dim', 'red', 'green', 'yellow', 'blue', 'cyan'] as const;

export type Colors = Readonly<Record<(typeof STYLES)[number], (text: string) => string>>;

const MARK = `\ufdd0${randomUUID()}`;
const MARKS = new RegExp(`${MARK}(\\d)([<>])`, 'g');

/** The sequences before and after a text of each style. */
const SEQUENCES = STYLES.map((style) => pico.createColors(true)[style]('|').split('|'));

export const createColors = (enabled: boolean): Colors =>
  enabled ? markedColors : pico.createColors(false);

const paintWith =
  (index: number) =>
  (text: string): string =>
    `${MARK}${index}<${text}${MARK}${index}>`;

const markedColors: Colors = {
  bold: paintWith(STYLES.indexOf('bold')),
  dim: paintWith(STYLES.indexOf('dim')),
  red: paintWith(STYLES.indexOf('red')),
  green: paintWith(STYLES.indexOf('green')),
  yellow: paintWith(STYLES.indexOf('yellow')),
  blue: paintWith(STYLES.indexOf('blue')),
  cyan: paintWith(STYLES.indexOf('cyan')),
};

/** Replaces the marks of colours by the sequences of the terminal. */
export const renderColors = (text: string): string =>
  text.replace(
    MARKS,
    (_, index: string, side: string) => SEQUENCES[Number(index)]?.[side === '<' ? 0 : 1] ?? '',
  );

/** C0 without tab and line feed, DEL, C1, line separators, and marks of direction. */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it matches exactly these
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Shows control characters as text (rules 1 and 2). */
export const showControls = (text: string): string => escaped(text.replace(/\r\n?/g, '\n'));

const escaped = (text: string): string =>
  // An escaped C1 character is also an escape of JSON, whose text escapes C0 itself.
  text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });

/** The same on one line. */
export const showControlsOnLine = (text: string): string =>
  escaped(text.replaceAll('\r\n', '\n')).replaceAll('\n', '\\x0a').replaceAll('\t', '\\x09');
