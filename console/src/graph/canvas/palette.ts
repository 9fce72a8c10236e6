/**
 * Colours for the canvases of the graph and the timeline.
 *
 * @module
 */
import { STATUSES } from '../../live/statuses.ts';
import { type ColorScheme, colorOf } from '../../ui/color-scheme.ts';
import { statusStyle } from '../../ui/statuses.ts';

export interface Palette {
  readonly bg: string;
  readonly surface: string;
  readonly raised: string;
  readonly line: string;
  readonly field: string;
  readonly ink: string;
  readonly muted: string;
  readonly accent: string;
  /** By the code of a status: cells and bars, and text. */
  readonly fills: readonly string[];
  readonly texts: readonly string[];
  readonly font: string;
}

/** By the code of a status: shown beside the word, so that no colour is needed. */
export const GLYPHS: readonly string[] = STATUSES.map((status) => statusStyle(status).glyph);

export const paletteOf = (scheme: ColorScheme): Palette => ({
  bg: colorOf('bg', scheme),
  surface: colorOf('surface', scheme),
  raised: colorOf('raised', scheme),
  line: colorOf('line', scheme),
  field: colorOf('field', scheme),
  ink: colorOf('ink', scheme),
  muted: colorOf('muted', scheme),
  accent: colorOf('accent', scheme),
  fills: STATUSES.map((status) => colorOf(`${status}-fill`, scheme)),
  texts: STATUSES.map((status) => colorOf(status, scheme)),
  font: 'system-ui, sans-serif',
});
