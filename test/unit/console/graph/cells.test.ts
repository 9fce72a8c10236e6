import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cellOf,
  cellStatuses,
  gridOf,
  MIN_PITCH,
  memberAt,
  memberOfCell,
} from '../../../../console/src/graph/model/cells.ts';
import { COMPLETED, FAILED, RUNNING } from '../../../../console/src/live/statuses.ts';

const anyGrid = fc.tuple(
  fc.integer({ min: 1, max: 20_000 }),
  fc.integer({ min: 20, max: 1_400 }),
  fc.integer({ min: 8, max: 800 }),
);

describe('grids of cells', () => {
  it('one failure among 10,000 members is the status of its cell, whatever the space', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9_999 }), anyGrid, (failed, [, width, height]) => {
        const members = Int32Array.from({ length: 10_000 }, (_, member) => member);
        const status = new Uint8Array(10_000).fill(COMPLETED);
        status[failed] = FAILED;
        const grid = gridOf(members.length, width, height);
        const cells = cellStatuses(grid, members, status);
        expect([...cells.keys()].filter((cell) => cells[cell] === FAILED)).toEqual([
          Math.floor(failed / grid.perCell),
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it('a grid has a cell for each member, within its width, and not below the least size', () => {
    fc.assert(
      fc.property(anyGrid, ([members, width, height]) => {
        const grid = gridOf(members, width, height);
        expect(grid.cells * grid.perCell).toBeGreaterThanOrEqual(members);
        expect((grid.cells - 1) * grid.perCell).toBeLessThan(members);
        expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(grid.cells);
        expect(grid.pitch).toBeGreaterThanOrEqual(MIN_PITCH);
        expect(grid.columns * grid.pitch).toBeLessThanOrEqual(Math.max(width, grid.pitch));
        expect(grid.rows * grid.pitch).toBeLessThanOrEqual(Math.max(height, grid.pitch));
      }),
    );
  });

  it('with enough space each of 10,000 members has a cell of its own', () => {
    expect(gridOf(10_000, 400, 400).perCell).toBe(1);
  });

  it('the point of a cell leads to its first member', () => {
    fc.assert(
      fc.property(anyGrid, fc.nat(), ([members, width, height], any) => {
        const grid = gridOf(members, width, height);
        const member = any % members;
        const { x, y } = cellOf(grid, member);
        expect(memberAt(grid, x + 1, y + 1)).toBe(member - (member % grid.perCell));
      }),
    );
  });

  it('points beside the cells lead to no member', () => {
    const grid = gridOf(5, 200, 18);
    expect(memberAt(grid, -1, 2)).toBeUndefined();
    expect(memberAt(grid, 5 * grid.pitch + 1, 2)).toBeUndefined();
    expect(memberAt(grid, 2, grid.pitch + 1)).toBeUndefined();
  });

  it('a click on a cell of several members selects its first failure', () => {
    const members = Int32Array.of(10, 11, 12, 13);
    const status = new Uint8Array(14).fill(RUNNING);
    expect(memberOfCell({ perCell: 4 }, 0, members, status)).toBe(0);
    status[12] = FAILED;
    expect(memberOfCell({ perCell: 4 }, 0, members, status)).toBe(2);
  });
});
