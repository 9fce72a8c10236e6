import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Direction,
  type Layout,
  type LayoutInput,
  layOut,
} from '../../../../console/src/graph/model/layout/layout.ts';
import { placeInOrder, type Unit } from '../../../../console/src/graph/model/layout/positions.ts';

const WIDTH = 150;
const HEIGHT = 40;

type Edges = readonly (readonly [from: number, to: number])[];

const inputOf = (
  count: number,
  edges: Edges,
  direction: Direction = 'TB',
  previous?: Layout,
): LayoutInput => {
  const before = (values: Float64Array) =>
    Float64Array.from({ length: count }, (_, box) => values[box] ?? Number.NaN);
  return {
    direction,
    width: Float64Array.from({ length: count }, (_, box) => WIDTH + (box % 3) * 30),
    height: Float64Array.from({ length: count }, (_, box) => HEIGHT + (box % 2) * 50),
    from: Int32Array.from(edges, ([from]) => from),
    to: Int32Array.from(edges, ([, to]) => to),
    ...(previous === undefined
      ? {}
      : { previousX: before(previous.x), previousY: before(previous.y) }),
  };
};

const anyGraph = fc
  .tuple(
    fc.integer({ min: 1, max: 60 }),
    fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 120 }),
  )
  .map(([count, pairs]) => {
    const edges = pairs
      .map(([a, b]) => [a % count, b % count] as const)
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const unique = [...new Map(edges.map((edge) => [edge.join(), edge])).values()];
    return { count, edges: unique };
  });

const rectangle = (input: LayoutInput, layout: Layout, box: number) => {
  const [x, y] = [layout.x[box] ?? 0, layout.y[box] ?? 0];
  const [w, h] = [(input.width[box] ?? 0) / 2, (input.height[box] ?? 0) / 2];
  return { left: x - w, right: x + w, top: y - h, bottom: y + h };
};

describe('the layered layout', () => {
  it.each(['TB', 'LR'] as const)(
    'boxes do not overlap, and edges lead forwards (%s)',
    (direction) => {
      fc.assert(
        fc.property(anyGraph, ({ count, edges }) => {
          const input = inputOf(count, edges, direction);
          const layout = layOut(input);
          const boxes = Array.from({ length: count }, (_, box) => rectangle(input, layout, box));
          for (const [a, one] of boxes.entries()) {
            expect(one.left).toBeGreaterThanOrEqual(layout.bounds.left - 0.01);
            expect(one.bottom).toBeLessThanOrEqual(layout.bounds.bottom + 0.01);
            for (const other of boxes.slice(a + 1)) {
              const apart =
                one.right <= other.left + 0.01 ||
                other.right <= one.left + 0.01 ||
                one.bottom <= other.top + 0.01 ||
                other.bottom <= one.top + 0.01;
              expect(apart).toBe(true);
            }
          }
          for (const [from, to] of edges) {
            const [one, other] = [boxes[from], boxes[to]];
            if (direction === 'TB') expect(one?.bottom).toBeLessThan(other?.top ?? 0);
            else expect(one?.right).toBeLessThan(other?.left ?? 0);
          }
        }),
      );
    },
  );

  it('the segments of each edge lead over waypoints from its source to its target', () => {
    fc.assert(
      fc.property(anyGraph, ({ count, edges }) => {
        const layout = layOut(inputOf(count, edges));
        const parentOf = new Map<number, number>();
        for (const [segment, to] of layout.segmentTo.entries()) {
          if (to >= count) parentOf.set(to, layout.segmentFrom[segment] ?? -1);
        }
        const found = [...layout.segmentTo.entries()]
          .filter(([, to]) => to < count)
          .map(([segment, to]) => {
            let from = layout.segmentFrom[segment] ?? -1;
            while (from >= count) from = parentOf.get(from) ?? -1;
            return `${from},${to}`;
          });
        expect(found.toSorted()).toEqual(edges.map((edge) => edge.join()).toSorted());
      }),
    );
  });

  it('segments with waypoints do not pass behind boxes of the layers between', () => {
    // a → b → c → d, and a → d: the long edge must pass beside b and c.
    const input = inputOf(4, [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 3],
    ]);
    const layout = layOut(input);
    for (const box of [1, 2]) {
      const { left, right, top, bottom } = rectangle(input, layout, box);
      for (let at = 0; at < layout.points.length; at += 8) {
        const [x, y, leaveX, leaveY] = layout.points.subarray(at, at + 4);
        const isInside = (px = 0, py = 0) => px > left && px < right && py > top && py < bottom;
        expect(isInside(((x ?? 0) + (leaveX ?? 0)) / 2, ((y ?? 0) + (leaveY ?? 0)) / 2)).toBe(
          false,
        );
      }
    }
    expect(layout.segmentTo.filter((to) => to >= 4)).toHaveLength(2);
  });

  it('a chain is straight', () => {
    const layout = layOut({
      ...inputOf(5, [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
      ]),
    });
    expect(new Set([...layout.x].map((x) => Math.round(x)))).toHaveLength(1);
  });

  it('a source stands directly above its first child', () => {
    const layout = layOut(
      inputOf(4, [
        [0, 1],
        [1, 2],
        [3, 2],
      ]),
    );
    expect(layout.y[3]).toBe(layout.y[1]);
  });

  it('a layer of thousands of boxes is folded into rows', () => {
    const edges = Array.from({ length: 5_000 }, (_, index) => [0, index + 1] as const);
    const layout = layOut(inputOf(5_001, edges));
    const { left, right, top, bottom } = layout.bounds;
    expect((right - left) / (bottom - top)).toBeLessThan(4);
    expect((right - left) / (bottom - top)).toBeGreaterThan(0.25);
  });

  it('boxes keep their order when boxes are added', () => {
    fc.assert(
      fc.property(anyGraph, fc.integer({ min: 1, max: 60 }), ({ count, edges }, kept) => {
        const old = Math.min(count, kept);
        const before = layOut(
          inputOf(
            old,
            edges.filter(([, to]) => to < old),
          ),
        );
        const after = layOut(inputOf(count, edges, 'TB', before));
        for (let a = 0; a < old; a++) {
          for (let b = 0; b < old; b++) {
            const isSameLayer = before.y[a] === before.y[b] && after.y[a] === after.y[b];
            if (!isSameLayer || (before.x[a] ?? 0) >= (before.x[b] ?? 0)) continue;
            expect(after.x[a]).toBeLessThan(after.x[b] ?? 0);
          }
        }
      }),
    );
  });

  it('a box that is appended below moves no box above', () => {
    const edges: Edges = [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 4],
      [2, 4],
    ];
    const before = layOut(inputOf(5, edges));
    const after = layOut(inputOf(6, [...edges, [4, 5]], 'TB', before));
    for (let box = 0; box < 5; box++) {
      expect(Math.abs((after.x[box] ?? 0) - (before.x[box] ?? 0))).toBeLessThan(8);
      expect(after.y[box]).toBe(before.y[box]);
    }
  });

  it('a graph without boxes has empty bounds', () => {
    expect(layOut(inputOf(0, [])).bounds).toEqual({ left: 0, top: 0, right: 0, bottom: 0 });
  });
});

describe('places by isotonic regression', () => {
  const unit = (width: number): Unit => ({ nodes: [0], width, isWaypoint: false });

  it('no other places in the same order are nearer to the wished ones', () => {
    const rows = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: -200, max: 200 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: -30, max: 30 }),
      ),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(rows, (row) => {
        const units = row.map(([width]) => unit(width));
        const wished = Float64Array.from(row, ([, wish]) => wish);
        const weights = Float64Array.from(row, ([, , weight]) => weight);
        const places = new Float64Array(row.length);
        placeInOrder(units, () => 5, wished, weights, places);
        const cost = (candidate: Float64Array) =>
          candidate.reduce(
            (sum, place, index) =>
              sum + (weights[index] ?? 0) * (place - (wished[index] ?? 0)) ** 2,
            0,
          );
        const apart = (candidate: Float64Array) =>
          units.every(
            ({ width }, index) =>
              index === 0 ||
              (candidate[index] ?? 0) - (candidate[index - 1] ?? 0) >=
                (width + (units[index - 1]?.width ?? 0)) / 2 + 5 - 1e-6,
          );
        expect(apart(places)).toBe(true);
        const moved = places.map((place, index) => place + (row[index]?.[3] ?? 0));
        if (apart(moved)) expect(cost(places)).toBeLessThanOrEqual(cost(moved) + 1e-6);
      }),
    );
  });
});
