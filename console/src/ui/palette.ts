/**
 * The colours of `tokens.css` for what is drawn on a canvas. A test compares the two, and checks
 * contrasts and the distances that remain with colour blindness.
 *
 * @module
 */

export interface Shades {
  readonly light: string;
  readonly dark: string;
}

const of = (light: string, dark: string): Shades => ({ light, dark });

/** Colours by the name of their token, without `--color-`. */
export const PALETTE = {
  bg: of('#f7f8fa', '#0f1217'),
  surface: of('#ffffff', '#161a21'),
  raised: of('#f0f2f5', '#1e242d'),
  line: of('#dfe3e8', '#2a313c'),
  field: of('#8993a1', '#5f6b7b'),
  ink: of('#15191f', '#e7ebf0'),
  muted: of('#576170', '#98a3b3'),
  accent: of('#1f5fd0', '#7aa8ff'),
  'accent-ink': of('#ffffff', '#0f1217'),
  selected: of('#e6eefb', '#1c2a44'),
  added: of('#dff3ea', '#15352b'),
  removed: of('#fbe4e2', '#43211f'),
  'line-1': of('#0072b2', '#56a8e0'),
  'line-2': of('#d55e00', '#f08b3c'),
  'line-3': of('#007a5c', '#2fbf98'),
  'line-4': of('#b0508a', '#dd8fbf'),
  'line-5': of('#6b5400', '#e6d05a'),
  'line-6': of('#5a92bb', '#8cc8f0'),
  'line-7': of('#4a3a9a', '#8f80ec'),
  'line-8': of('#4d4d4d', '#c4c4c4'),
  pending: of('#576170', '#98a3b3'),
  queued: of('#6a4fc0', '#ac9ff0'),
  running: of('#1555b8', '#6fb1ff'),
  completed: of('#1c7355', '#35b88c'),
  cached: of('#22708a', '#7fd0e6'),
  failed: of('#b3150f', '#ff7a70'),
  aborted: of('#8a5a00', '#f2b84a'),
  skipped: of('#6a645e', '#a39d94'),
  superseded: of('#626a75', '#8f98a6'),
  'pending-fill': of('#8d96a3', '#6c7788'),
  'queued-fill': of('#9b85dd', '#8f7ae0'),
  'running-fill': of('#1555b8', '#6fb1ff'),
  'completed-fill': of('#2e9e78', '#35b88c'),
  'cached-fill': of('#4aa8c4', '#7fd0e6'),
  'failed-fill': of('#b3150f', '#ff5a4d'),
  'aborted-fill': of('#c27f00', '#f2b84a'),
  'skipped-fill': of('#77706a', '#8a847b'),
  'superseded-fill': of('#8b929c', '#5d6676'),
} as const satisfies Readonly<Record<string, Shades>>;

export type ColorName = keyof typeof PALETTE;
