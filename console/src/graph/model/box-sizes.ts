/**
 * Sizes of boxes and of the parts inside them, in units of the picture. Grids have few sizes, so
 * that a box does not grow with each call.
 *
 * @module
 */
import type { Box } from './box-graph.ts';
import type { Size } from './viewport.ts';

export const PADDING = 10;
export const BAR = 5;
/** Height of the title and the line below it. */
export const HEADER = 40;
const FOOTER = 18;
const GROUP_WIDTH = 224;
const CALL: Size = { width: 168, height: 44 };
export const SPARKLINE = 22;

const GRIDS: readonly (readonly [members: number, grid: Size])[] = [
  [12, { width: 200, height: 18 }],
  [50, { width: 200, height: 32 }],
  [200, { width: 200, height: 56 }],
  [1_000, { width: 200, height: 92 }],
  [4_000, { width: 256, height: 136 }],
];
const LARGEST_GRID: Size = { width: 312, height: 184 };

const gridSize = (members: number): Size =>
  GRIDS.find(([most]) => members <= most)?.[1] ?? LARGEST_GRID;

export const gridHeight = (members: number): number => gridSize(members).height;

export function sizeOf(box: Box): Size {
  if (box.kind === 'call') return CALL;
  const grid = gridSize(box.members.length);
  const sparkline = box.kind === 'series' ? SPARKLINE : 0;
  return {
    width: grid.width + 2 * PADDING + BAR,
    height: HEADER + grid.height + sparkline + FOOTER + PADDING,
  };
}

/** Members of an expanded box: their columns and size. */
export const MEMBER: Size = { width: 132, height: 30 };
export const MEMBER_GAP = 8;

/** The columns of an expanded box: about twice as wide as high. */
export const expandedColumns = (members: number): number =>
  Math.max(1, Math.ceil(Math.sqrt((members * 2 * MEMBER.height) / MEMBER.width)));

export function expandedSize(members: number): Size {
  const columns = expandedColumns(members);
  const rows = Math.ceil(members / columns);
  return {
    width: Math.max(GROUP_WIDTH, 2 * PADDING + columns * (MEMBER.width + MEMBER_GAP) - MEMBER_GAP),
    height: HEADER + rows * (MEMBER.height + MEMBER_GAP) + PADDING,
  };
}
