import { describe, expect, test } from 'vitest';
import type { DiffSide } from '../../../../console/src/graph/model/diff.ts';
import { changesOf, sideText } from '../../../../console/src/screens/compare/structure-rows.ts';

const side = (calls: number, cached = 0): DiffSide => ({
  title: `train × ${calls}`,
  calls,
  cached,
  durations: { p50: 1_500, p95: 2_000 },
});
const changes = (
  before: DiffSide | undefined,
  after: DiffSide | undefined,
  slowdown: number | undefined = 1,
) => changesOf({ components: ['train'], before, after, slowdown });

describe('the comparison of the structures of two runs', () => {
  test('names boxes that one run lacks', () => {
    expect(changes(undefined, side(1))).toEqual(['+ new']);
    expect(changes(side(1), undefined)).toEqual(['− removed']);
  });

  test('counts calls, cached members and durations that are not noise', () => {
    expect(changes(side(100), side(100), 1.2)).toEqual([]);
    expect(changes(side(100), side(400), 2.1)).toEqual(['300 more calls', '2.1 times slower']);
    expect(changes(side(2), side(1), 0.5)).toEqual(['1 call less', '2.0 times faster']);
    expect(changes(side(4), side(4, 2), undefined)).toEqual(['more cached']);
    expect(changes(side(4, 4), side(8, 4))).toEqual(['4 more calls', 'less cached']);
  });

  test('shows the median duration and the cached members of a side', () => {
    expect(sideText(side(4, 1))).toBe('train × 4 · 1.5 s · 1 cached');
  });
});
