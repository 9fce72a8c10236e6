/**
 * Places of the members inside an expanded box.
 *
 * @module
 */
import { expandedColumns, HEADER, MEMBER, MEMBER_GAP, PADDING } from '../model/box-sizes.ts';
import type { Bounds } from '../model/viewport.ts';

const STEP_X = MEMBER.width + MEMBER_GAP;
const STEP_Y = MEMBER.height + MEMBER_GAP;

export function memberBounds(box: Bounds, members: number, member: number): Bounds {
  const columns = expandedColumns(members);
  const left = box.left + PADDING + (member % columns) * STEP_X;
  const top = box.top + HEADER + Math.floor(member / columns) * STEP_Y;
  return { left, top, right: left + MEMBER.width, bottom: top + MEMBER.height };
}

export function memberAtPoint(
  box: Bounds,
  members: number,
  x: number,
  y: number,
): number | undefined {
  const columns = expandedColumns(members);
  const column = Math.floor((x - box.left - PADDING) / STEP_X);
  const row = Math.floor((y - box.top - HEADER) / STEP_Y);
  const member = row * columns + column;
  if (column < 0 || column >= columns || row < 0 || member >= members) return undefined;
  return member;
}

/** Numbers of the members in the visible part of a box. */
export function visibleMembers(box: Bounds, members: number, visible: Bounds): readonly number[] {
  const columns = expandedColumns(members);
  const rows = Math.ceil(members / columns);
  const range = (start: number, low: number, high: number, step: number, count: number) => {
    const first = Math.max(0, Math.floor((low - start) / step));
    const end = Math.min(count, Math.ceil((high - start) / step));
    return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
  };
  const across = range(box.left + PADDING, visible.left, visible.right, STEP_X, columns);
  return range(box.top + HEADER, visible.top, visible.bottom, STEP_Y, rows)
    .flatMap((row) => across.map((column) => row * columns + column))
    .filter((member) => member < members);
}
