/**
 * Colours of terminals: the sixteen with names are CSS classes, which differ between light and dark,
 * all others are red, green and blue.
 *
 * @module
 */

export type Colour =
  /** `index` is 0 to 15: black, red, green, yellow, blue, magenta, cyan, white, then the bright ones. */
  | { readonly kind: 'named'; readonly index: number }
  | { readonly kind: 'rgb'; readonly red: number; readonly green: number; readonly blue: number };

/** Colours that a span sets by itself. */
export interface SpanColours {
  /** The hue of the text; the style sheet chooses the lightness that can be read. */
  readonly hue?: string;
  readonly foreground?: string;
  readonly background?: string;
}

const LEVELS = [0, 95, 135, 175, 215, 255] as const;
const level = (index: number): number => LEVELS[index] ?? 0;

/** The colour of an index from 0 to 255; null for any other number. */
export function indexedColour(index: number): Colour | null {
  if (!Number.isInteger(index) || index < 0 || index > 255) return null;
  if (index < 16) return { kind: 'named', index };
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return { kind: 'rgb', red: grey, green: grey, blue: grey };
  }
  const cube = index - 16;
  return {
    kind: 'rgb',
    red: level(Math.floor(cube / 36)),
    green: level(Math.floor(cube / 6) % 6),
    blue: level(cube % 6),
  };
}

type Rgb = readonly [red: number, green: number, blue: number];

const NAMED: readonly Rgb[] = [
  [0, 0, 0],
  [187, 0, 0],
  [0, 135, 0],
  [187, 128, 9],
  [0, 70, 190],
  [145, 40, 150],
  [0, 130, 140],
  [200, 200, 200],
  [85, 85, 85],
  [225, 70, 60],
  [60, 170, 75],
  [220, 180, 60],
  [70, 125, 240],
  [190, 95, 195],
  [50, 175, 185],
  [255, 255, 255],
];

const rgbOf = (colour: Colour): Rgb =>
  colour.kind === 'named'
    ? (NAMED[colour.index] ?? [0, 0, 0])
    : [colour.red, colour.green, colour.blue];

const cssOf = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

const MIN_CONTRAST = 4.5;
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** A background, and a colour of text that can be read on it: the requested one where possible. */
export function backgroundStyle(
  background: Colour,
  requested: Colour | null,
): Required<Pick<SpanColours, 'foreground' | 'background'>> {
  const below = rgbOf(background);
  const wanted = requested === null ? undefined : rgbOf(requested);
  const readable = contrast(BLACK, below) >= contrast(WHITE, below) ? BLACK : WHITE;
  const above = wanted !== undefined && contrast(wanted, below) >= MIN_CONTRAST ? wanted : readable;
  return { foreground: cssOf(above), background: cssOf(below) };
}

/** The contrast of two colours as WCAG defines it, from 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const luminance = ([red, green, blue]: Rgb): number =>
  0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);

function linear(part: number): number {
  const share = part / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
