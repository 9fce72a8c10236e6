import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { revealingTop, rowOffsets, rowWindow } from '../../../../console/src/ui/row-window.ts';

const heights = fc.array(fc.integer({ min: 20, max: 60 }), { minLength: 0, maxLength: 200 });
const offsetsOf = (list: readonly number[]) => rowOffsets(list.length, (index) => list[index] ?? 0);

describe('the window of a long table', () => {
  it('contains every visible row and few others', () => {
    fc.assert(
      fc.property(heights, fc.nat(8_000), fc.nat(900), (list, top, height) => {
        const offsets = offsetsOf(list);
        const { from, to } = rowWindow(offsets, { top, height, overscan: 3 });
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(list.length);
        expect(to - from).toBeLessThanOrEqual(Math.ceil(height / 20) + 8);
        for (const [index, start] of offsets.subarray(0, list.length).entries()) {
          const isVisible = start < top + height && start + (list[index] ?? 0) > top;
          if (isVisible) expect(index >= from && index < to).toBe(true);
        }
      }),
    );
  });

  it('a row is revealed with the smallest movement', () => {
    fc.assert(
      fc.property(heights, fc.nat(199), fc.nat(8_000), (list, index, top) => {
        fc.pre(index < list.length);
        const offsets = offsetsOf(list);
        const after = revealingTop(offsets, index, { top, height: 300 });
        const [start = 0, end = 0] = [offsets[index], offsets[index + 1]];
        expect(start).toBeGreaterThanOrEqual(after);
        expect(end).toBeLessThanOrEqual(after + 300);
        if (start >= top && end <= top + 300) expect(after).toBe(top);
      }),
    );
  });

  it('a table without rows has no window', () => {
    expect(rowWindow(offsetsOf([]), { top: 0, height: 500, overscan: 8 })).toEqual({
      from: 0,
      to: 0,
    });
  });
});
