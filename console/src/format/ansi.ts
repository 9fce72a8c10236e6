/**
 * Lines of a terminal as spans of text: colours and links are kept, other control sequences are
 * dropped.
 *
 * 1. A line is parsed alone: its appearance does not depend on the lines before it.
 * 2. No visible text is lost, whatever the escapes around it: a sequence that is not terminated is
 *    shown as text.
 * 3. Controls that change the direction of text become marks that a reader sees.
 *
 * @module
 */
import { backgroundStyle, type Colour, indexedColour, type SpanColours } from './ansi-colours.ts';
import { bidiMarkOf, isControl } from './text-controls.ts';

/** A part of a line with one appearance. */
export interface AnsiSpan {
  /** The text to show. */
  readonly text: string;
  /** The control that a mark stands for; absent for text of the line. */
  readonly control?: string;
  /** Names of CSS classes, separated by spaces; empty if the span has none. */
  readonly classes: string;
  /** Colours that have no class. */
  readonly colours?: SpanColours;
  /** An address with http or https, which must be shown in full beside the text. */
  readonly href?: string;
}

interface Style {
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
  foreground: Colour | null;
  background: Colour | null;
}

const plainStyle = (): Style => ({
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
  foreground: null,
  background: null,
});

/** What starts an escape sequence: ESC, and the controls of one character for CSI and OSC. */
const ESCAPE = '\u001b';
const CSI = '\u009b';
const OSC = '\u009d';

/** The spans of a line, in order. */
export function parseAnsiLine(line: string): readonly AnsiSpan[] {
  const parser = new LineParser();
  parser.read(lastState(line));
  return parser.spans;
}

/**
 * What a line shows at its end: a carriage return starts it anew, as progress bars do. A carriage
 * return at the end of a line belongs to the line break.
 */
export function lastState(line: string): string {
  if (!line.includes('\r')) return line;
  const states = line.split('\r').filter((state) => state !== '');
  return states.at(-1) ?? '';
}

/** The visible text of a line, with marks as the controls that they stand for. */
export const plainTextOf = (spans: readonly AnsiSpan[]): string =>
  spans.map(({ text, control }) => control ?? text).join('');

class LineParser {
  readonly spans: AnsiSpan[] = [];
  readonly #style = plainStyle();
  #href: string | null = null;
  #text = '';

  read(line: string): void {
    let at = 0;
    while (at < line.length) {
      const char = line.charAt(at);
      if (char === ESCAPE || char === CSI || char === OSC) at = this.#readEscape(line, at);
      else at = this.#readChar(char, at);
    }
    this.#flush();
  }

  #readChar(char: string, at: number): number {
    const mark = bidiMarkOf(char);
    if (mark !== undefined) {
      this.#flush();
      this.spans.push({ text: mark, control: char, classes: 'ansi-mark' });
    } else if (char === '\t' || !isControl(char)) this.#text += char;
    return at + 1;
  }

  /** Reads the sequence at a position, and returns the position after it. */
  #readEscape(line: string, at: number): number {
    const start = line.charAt(at);
    if (start === CSI) return this.#readControl(line, at + 1);
    if (start === OSC) return this.#readString(line, at + 1, true);
    switch (line.charAt(at + 1)) {
      case '[':
        return this.#readControl(line, at + 2);
      case ']':
        return this.#readString(line, at + 2, true);
      case 'P':
      case 'X':
      case '^':
      case '_':
        return this.#readString(line, at + 2, false);
      default:
        return endOfShortEscape(line, at + 1);
    }
  }

  /** `ESC [ parameters letter`: only the letter `m` has an effect. */
  #readControl(line: string, from: number): number {
    let end = from;
    while (isBetween(line, end, 0x20, 0x3f)) end++;
    // Without its last character it is no sequence: what follows is text.
    if (!isBetween(line, end, 0x40, 0x7e)) return end;
    if (line.charAt(end) === 'm') {
      this.#flush();
      applyGraphics(this.#style, line.slice(from, end));
    }
    return end + 1;
  }

  /** A string that BEL or `ESC \` ends: a link, or a command for a terminal. */
  #readString(line: string, from: number, mayLink: boolean): number {
    const end = endOfString(line, from);
    if (end === undefined) return from;
    if (mayLink) this.#link(line.slice(from, end.at));
    return end.next;
  }

  #link(command: string): void {
    const [, address] = /^8;[^;]*;(.*)$/su.exec(command) ?? [];
    if (address === undefined) return;
    this.#flush();
    this.#href = safeAddress(address);
  }

  #flush(): void {
    if (this.#text === '') return;
    this.spans.push({
      text: this.#text,
      ...appearance(this.#style),
      ...(this.#href === null ? {} : { href: this.#href }),
    });
    this.#text = '';
  }
}

/** An address that may be a link: http or https, in the form in which the browser opens it. */
export function safeAddress(text: string): string | null {
  if (!/^https?:\/\//iu.test(text) || !URL.canParse(text)) return null;
  return new URL(text).href;
}

const isBetween = (line: string, at: number, low: number, high: number): boolean => {
  const code = line.charCodeAt(at);
  return code >= low && code <= high;
};

/** `ESC` with characters of its own: `ESC ( B`, `ESC 7`. */
function endOfShortEscape(line: string, from: number): number {
  let end = from;
  while (isBetween(line, end, 0x20, 0x2f)) end++;
  if (isBetween(line, end, 0x30, 0x7e)) return end + 1;
  return from;
}

const MAX_STRING_LENGTH = 4096;

function endOfString(
  line: string,
  from: number,
): { readonly at: number; readonly next: number } | undefined {
  const limit = Math.min(line.length, from + MAX_STRING_LENGTH);
  for (let at = from; at < limit; at++) {
    const char = line.charAt(at);
    if (char === '\u0007' || char === '\u009c') return { at, next: at + 1 };
    if (char === ESCAPE) return line.charAt(at + 1) === '\\' ? { at, next: at + 2 } : undefined;
  }
  return undefined;
}

/** Applies the parameters of `ESC [ … m`. */
function applyGraphics(style: Style, text: string): void {
  if (/[^\d;:]/u.test(text)) return;
  const parameters = text.split(';');
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index] ?? '';
    const [code = 0, ...rest] = parameter.split(':').map(Number);
    if (code === 38 || code === 48) {
      const separate = rest.length === 0;
      const values = separate ? parameters.slice(index + 1, index + 5).map(Number) : rest;
      const found = extendedColour(values, separate);
      if (separate) index += found.used;
      if (found.colour !== null) style[code === 38 ? 'foreground' : 'background'] = found.colour;
    } else applyCode(style, code);
  }
}

/** `5;n` or `2;r;g;b`; with colons, a colour space may stand before the red part. */
function extendedColour(
  [kind, ...values]: readonly number[],
  separate: boolean,
): { readonly colour: Colour | null; readonly used: number } {
  if (kind === 5) return { colour: indexedColour(values[0] ?? -1), used: 2 };
  if (kind !== 2) return { colour: null, used: 1 };
  const parts = separate || values.length < 4 ? values.slice(0, 3) : values.slice(1, 4);
  const [red = -1, green = -1, blue = -1] = parts;
  const isValid = [red, green, blue].every((part) => part >= 0 && part <= 255);
  return { colour: isValid ? { kind: 'rgb', red, green, blue } : null, used: 4 };
}

function applyCode(style: Style, code: number): void {
  if (code === 0) Object.assign(style, plainStyle());
  else if (code === 1) style.bold = true;
  else if (code === 2) style.dim = true;
  else if (code === 3) style.italic = true;
  else if (code === 4 || code === 21) style.underline = true;
  else if (code === 7) style.inverse = true;
  else if (code === 9) style.strike = true;
  else if (code === 22) Object.assign(style, { bold: false, dim: false });
  else if (code === 23) style.italic = false;
  else if (code === 24) style.underline = false;
  else if (code === 27) style.inverse = false;
  else if (code === 29) style.strike = false;
  else if (code === 39) style.foreground = null;
  else if (code === 49) style.background = null;
  else if (code >= 30 && code <= 37) style.foreground = indexedColour(code - 30);
  else if (code >= 90 && code <= 97) style.foreground = indexedColour(code - 82);
  else if (code >= 40 && code <= 47) style.background = indexedColour(code - 40);
  else if (code >= 100 && code <= 107) style.background = indexedColour(code - 92);
}

function appearance(style: Style): Pick<AnsiSpan, 'classes' | 'colours'> {
  const { inverse, foreground, background } = style;
  const names = [
    style.bold ? 'ansi-bold' : '',
    style.dim ? 'ansi-dim' : '',
    style.italic ? 'ansi-italic' : '',
    style.underline ? 'ansi-underline' : '',
    style.strike ? 'ansi-strike' : '',
  ];
  const above = inverse ? background : foreground;
  const below = inverse ? foreground : background;
  if (below !== null) {
    const colours = backgroundStyle(below, above);
    return { classes: classesOf(names), colours };
  }
  if (inverse) names.push('ansi-inverse');
  if (above?.kind === 'named') names.push(`ansi-${above.index}`);
  if (above?.kind !== 'rgb') return { classes: classesOf(names) };
  names.push('ansi-rgb');
  return {
    classes: classesOf(names),
    colours: { hue: `rgb(${above.red} ${above.green} ${above.blue})` },
  };
}

const classesOf = (names: readonly string[]): string =>
  names.filter((name) => name !== '').join(' ');
