/**
 * The colours and dashes of lines. A line has the same style wherever it is drawn.
 *
 * The colours are those of Okabe and Ito (Color Universal Design, 2008), adjusted to the two themes in
 * `ui/tokens.css`; further lines have a dash, too.
 *
 * @module
 */

export const LINE_COLORS = [
  'line-1',
  'line-2',
  'line-3',
  'line-4',
  'line-5',
  'line-6',
  'line-7',
  'line-8',
] as const;
export type LineColor = (typeof LINE_COLORS)[number];

const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

export interface LineStyle {
  readonly color: LineColor;
  /** Lengths in pixels, as for a canvas; empty: a solid line. */
  readonly dash: readonly number[];
}

/**
 * The styles of lines by their ids. A line keeps its style when others are added or removed, unless
 * it has to make way for another line with the same one.
 */
export function lineStyles(ids: readonly string[]): ReadonlyMap<string, LineStyle> {
  const count = LINE_COLORS.length * DASHES.length;
  const taken = new Set<number>();
  const styles = new Map<string, LineStyle>();
  for (const id of [...new Set(ids)].sort()) {
    let slot = hashOf(id) % count;
    while (taken.has(slot) && taken.size < count) slot = (slot + 1) % count;
    taken.add(slot);
    styles.set(id, styleOf(slot));
  }
  return styles;
}

const styleOf = (slot: number): LineStyle => ({
  color: LINE_COLORS[slot % LINE_COLORS.length] ?? 'line-1',
  dash: DASHES[Math.floor(slot / LINE_COLORS.length) % DASHES.length] ?? [],
});

/** FNV-1a, 32 bits (Fowler, Noll, Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
