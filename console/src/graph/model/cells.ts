/**
 * Grids of cells: one cell a member in the order of calls, or several members a cell where space
 * lacks. A cell shows the worst status of its members, so that one failure among 10,000 is visible.
 *
 * @module
 */
import { FAILED, SEVERITY } from '../../live/statuses.ts';

export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
  /** The distance of neighbouring cells. */
  readonly pitch: number;
  /** The number of members a cell. */
  readonly perCell: number;
  readonly cells: number;
  readonly members: number;
}

/** Cells are not smaller, so that one is visible. */
export const MIN_PITCH = 4;
const MAX_PITCH = 16;

/**
 * The grid with the largest cells that shows each member, else one of the smallest cells with as
 * few members a cell as possible.
 */
export function gridOf(members: number, width: number, height: number): CellGrid {
  const at = (pitch: number, perCell: number): CellGrid => {
    const cells = Math.ceil(members / perCell);
    const columns = Math.max(1, Math.min(cells, Math.floor(width / pitch)));
    return { columns, rows: Math.ceil(cells / columns), pitch, perCell, cells, members };
  };
  for (let pitch = MAX_PITCH; pitch >= MIN_PITCH; pitch--) {
    const grid = at(pitch, 1);
    if (grid.rows * pitch <= height) return grid;
  }
  const room =
    Math.max(1, Math.floor(width / MIN_PITCH)) * Math.max(1, Math.floor(height / MIN_PITCH));
  return at(MIN_PITCH, Math.max(1, Math.ceil(members / room)));
}

/** The first member of the cell at a point, or undefined outside of the cells. */
export function memberAt(grid: CellGrid, x: number, y: number): number | undefined {
  const column = Math.floor(x / grid.pitch);
  const row = Math.floor(y / grid.pitch);
  if (column < 0 || row < 0 || column >= grid.columns || row >= grid.rows) return undefined;
  const cell = row * grid.columns + column;
  return cell < grid.cells ? cell * grid.perCell : undefined;
}

/** Where a member's cell is. */
export function cellOf(grid: CellGrid, member: number): { readonly x: number; readonly y: number } {
  const cell = Math.floor(member / grid.perCell);
  return {
    x: (cell % grid.columns) * grid.pitch,
    y: Math.floor(cell / grid.columns) * grid.pitch,
  };
}

/** The status that each cell shows: the worst of its members. */
export function cellStatuses(grid: CellGrid, members: Int32Array, status: Uint8Array): Uint8Array {
  const shown = new Uint8Array(grid.cells);
  let member = 0;
  for (let cell = 0; cell < grid.cells; cell++) {
    const end = Math.min(members.length, member + grid.perCell);
    let worst = status[members[member] ?? 0] ?? 0;
    for (member += 1; member < end; member++) {
      const code = status[members[member] ?? 0] ?? 0;
      if ((SEVERITY[code] ?? 0) < (SEVERITY[worst] ?? 0)) worst = code;
    }
    shown[cell] = worst;
  }
  return shown;
}

/** The member to select in a cell of several: its first failure, else its first member. */
export function memberOfCell(
  grid: Pick<CellGrid, 'perCell'>,
  first: number,
  members: Int32Array,
  status: Uint8Array,
): number {
  const end = Math.min(members.length, first + grid.perCell);
  for (let member = first; member < end; member++) {
    if (status[members[member] ?? 0] === FAILED) return member;
  }
  return first;
}
