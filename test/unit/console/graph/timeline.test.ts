import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../console/src/graph/model/timeline/critical-path.ts';
import {
  formatRange,
  panRange,
  parseRange,
  rangeBetween,
  wholeRange,
  zoomRange,
} from '../../../../console/src/graph/model/timeline/range.ts';
import { indexOfCall, rowsOf } from '../../../../console/src/graph/model/timeline/rows.ts';
import { callSpan, segmentsOf } from '../../../../console/src/graph/model/timeline/spans.ts';
import { concurrency, ticksOf } from '../../../../console/src/graph/model/timeline/ticks.ts';
import { busyTimes, TimeScale } from '../../../../console/src/graph/model/timeline/time-scale.ts';
import { TimelineBuilder } from '../../../../console/src/graph/model/timeline/timeline.ts';
import { RunColumns } from '../../../../console/src/live/columns.ts';
import { statusOf } from '../../../../console/src/live/statuses.ts';
import type { StepStatus } from '../../../../src/model/step.ts';
import type { RunTimingsDocument } from '../../../../src/wire/run-state.ts';
import { type CallOfTest, graphPage, stateOf } from '../support/documents.ts';

const HOUR = 3_600_000;
const BASE = 1_000_000;

interface TimedCall extends CallOfTest {
  readonly status?: StepStatus;
  /** Queued, started, ended, after the base. */
  readonly times: readonly [number, number, number];
}

function loaded(calls: readonly TimedCall[], attempts: RunTimingsDocument['attempts'] = []) {
  const columns = new RunColumns();
  columns.appendGraph(graphPage(calls));
  columns.applyState(stateOf(calls.map(({ status = 'completed' }) => status)));
  columns.applyTimings({
    epoch: 0,
    revision: 1,
    from: 0,
    calls: calls.length,
    more: false,
    base: BASE,
    queued: calls.map(({ times }) => times[0]),
    started: calls.map(({ times }) => times[1]),
    ended: calls.map(({ times }) => times[2]),
    attempts,
  });
  return columns;
}

const OPTIONS = {
  expanded: new Set<number>(),
  sort: 'start',
  collapsesGaps: true,
  now: BASE,
} as const;

const anySpans = fc.array(
  fc
    .tuple(fc.nat({ max: 1e7 }), fc.integer({ min: 1, max: 1e5 }))
    .map(([from, duration]) => ({ from, to: from + duration })),
  { minLength: 1, maxLength: 20 },
);

const scaleOf = (spans: readonly { from: number; to: number }[]) =>
  new TimeScale(
    Math.min(...spans.map(({ from }) => from)),
    Math.max(...spans.map(({ to }) => to)),
    busyTimes(spans),
  );

describe('the scale of times', () => {
  it('places grow with times, and lead back to them', () => {
    fc.assert(
      fc.property(
        anySpans,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (spans, a, b) => {
          const scale = scaleOf(spans);
          const time = (share: number) => scale.start + share * (scale.end - scale.start);
          const [early, late] = [time(Math.min(a, b)), time(Math.max(a, b))];
          expect(scale.placeOf(early)).toBeLessThanOrEqual(scale.placeOf(late) + 1e-6);
          expect(scale.timeOf(scale.placeOf(early))).toBeCloseTo(early, 0);
          expect(scale.placeOf(scale.start)).toBe(0);
          expect(scale.placeOf(scale.end)).toBeCloseTo(scale.length, 3);
        },
      ),
    );
  });

  it('work keeps its length, and an idle night is short', () => {
    const spans = [
      { from: 0, to: 60_000 },
      { from: 10 * HOUR, to: 10 * HOUR + 60_000 },
    ];
    const scale = scaleOf(spans);
    expect(scale.placeOf(60_000)).toBe(60_000);
    expect(scale.length - scale.placeOf(10 * HOUR)).toBeCloseTo(60_000);
    expect(scale.gaps.map(({ from, to }) => [from, to])).toEqual([[60_000, 10 * HOUR]]);
    expect(scale.length).toBeLessThan(125_000);
  });

  it('no work is inside of a gap', () => {
    fc.assert(
      fc.property(anySpans, (spans) => {
        for (const gap of scaleOf(spans).gaps) {
          for (const { from, to } of spans) expect(to <= gap.from || from >= gap.to).toBe(true);
        }
      }),
    );
  });

  it('without busy times nothing is collapsed', () => {
    const scale = new TimeScale(0, 10 * HOUR, undefined);
    expect([scale.length, scale.gaps]).toEqual([10 * HOUR, []]);
  });

  it('marks are multiples of one distance, apart, and outside of gaps', () => {
    fc.assert(
      fc.property(anySpans, fc.integer({ min: 4, max: 30 }), (spans, count) => {
        const scale = scaleOf(spans);
        const ticks = ticksOf(scale, 0, scale.length, scale.length / count);
        expect(ticks.length).toBeLessThanOrEqual(count * 2);
        for (const [index, { offset, place }] of ticks.entries()) {
          const time = scale.start + offset;
          expect(scale.gaps.some(({ from, to }) => time > from && time < to)).toBe(false);
          if (index > 0) {
            expect(place - (ticks[index - 1]?.place ?? 0)).toBeGreaterThanOrEqual(
              (scale.length / count) * 0.8,
            );
          }
        }
      }),
    );
  });

  it('the silhouette counts what runs at the same time', () => {
    const scale = new TimeScale(0, 100, undefined);
    const spans = [
      { start: 0, end: 49 },
      { start: 20, end: 99 },
      { start: 5, end: 5 },
    ];
    expect([...concurrency(scale, spans, 10)]).toEqual([1, 1, 2, 2, 2, 1, 1, 1, 1, 1]);
  });
});

describe('ranges in the address', () => {
  const scale = new TimeScale(BASE, BASE + 10_000, undefined);

  it('a range survives the address', () => {
    expect(formatRange(parseRange('2000-4500', scale), scale)).toBe('2000-4500');
  });

  it.each([undefined, '', 'abc', '5-2', '9-9', '-1-5', '20000-30000'])(
    'the text %j shows the whole time',
    (text) => {
      expect(parseRange(text, scale)).toEqual(wholeRange(scale));
    },
  );

  it('the whole time has no range in the address', () => {
    expect(formatRange(wholeRange(scale), scale)).toBeUndefined();
  });

  it('zooming and moving stay within the scale', () => {
    const step = fc.tuple(
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let range = wholeRange(scale);
        for (const [by, share] of steps) {
          range = zoomRange(panRange(range, by, scale), 2 ** by, share, scale);
          expect(range.from).toBeGreaterThanOrEqual(0);
          expect(range.to).toBeLessThanOrEqual(scale.length + 1e-6);
          expect(range.to - range.from).toBeGreaterThanOrEqual(9.99);
        }
      }),
    );
  });

  it('a brush may be drawn in both directions', () => {
    expect(rangeBetween(4_000, 1_000, scale)).toEqual({ from: 1_000, to: 4_000 });
  });
});

describe('bars of steps', () => {
  it('a step that has ended has queue time and run time', () => {
    const columns = loaded([{ component: 'a', parents: [], times: [0, 5, 20] }]);
    expect(callSpan(columns, 0, BASE)).toEqual({ queued: BASE, start: BASE + 5, end: BASE + 20 });
  });

  it('a running step lasts until now, and a queued one only waits', () => {
    const columns = loaded([
      { component: 'a', parents: [], status: 'running', times: [0, 5, -1] },
      { component: 'a', parents: [], status: 'queued', times: [2, -1, -1] },
      { component: 'a', parents: [], status: 'pending', times: [-1, -1, -1] },
    ]);
    const now = BASE + 100;
    expect(callSpan(columns, 0, now)).toEqual({ queued: BASE, start: BASE + 5, end: now });
    expect(callSpan(columns, 1, now)).toEqual({ queued: BASE + 2, start: now, end: now });
    expect(callSpan(columns, 2, now)).toBeUndefined();
  });

  it('a clock that is behind the service makes no negative bars', () => {
    const columns = loaded([
      { component: 'a', parents: [], status: 'running', times: [50, 60, -1] },
    ]);
    const span = callSpan(columns, 0, BASE - 1_000);
    expect(span?.end).toBe(BASE + 50);
    expect(span?.start).toBe(BASE + 50);
  });

  it('each attempt is a segment with its own status', () => {
    const columns = loaded(
      [{ component: 'a', parents: [], times: [0, 30, 40] }],
      [
        [
          0,
          [
            [0, 5, 10, 'failed'],
            [10, 12, 25, 'failed'],
            [25, 30, 40, 'completed'],
          ],
        ],
      ],
    );
    const segments = segmentsOf(columns, 0, BASE + 99);
    expect(segments.map(({ status }) => statusOf(status))).toEqual([
      'failed',
      'failed',
      'completed',
    ]);
    expect(segments.map(({ queued, end }) => [queued - BASE, end - BASE])).toEqual([
      [0, 10],
      [10, 25],
      [25, 40],
    ]);
  });
});

describe('rows and the critical path', () => {
  const run: readonly TimedCall[] = [
    { component: 'load', parents: [], times: [0, 1, 10] },
    { component: 'train', parents: [0], times: [10, 30, 90] },
    { component: 'train', parents: [0], times: [10, 11, 40] },
    { component: 'train', parents: [0], times: [10, 20, 25] },
    { component: 'report', parents: [1, 2, 3], times: [90, 95, 99] },
  ];

  it('the critical path leads over the parents that ended last', () => {
    expect(criticalPath(loaded(run), BASE)).toEqual([0, 1, 4]);
  });

  it('a running step at the end of the path lasts until now', () => {
    const columns = loaded([
      ...run,
      { component: 'watch', parents: [3], status: 'running', times: [30, 31, -1] },
    ]);
    expect(criticalPath(columns, BASE + 500)).toEqual([0, 3, 5]);
  });

  it('a group is one row, an expanded group has a row for each member', () => {
    const columns = loaded(run);
    const builder = new TimelineBuilder(columns);
    const rows = (expanded: readonly number[], sort: 'start' | 'call' | 'duration' = 'start') =>
      builder
        .build({ ...OPTIONS, expanded: new Set(expanded), sort })
        ?.rows.map((row) => (row.kind === 'group' ? `×${row.box.members.length}` : row.call));
    expect(rows([])).toEqual([0, '×3', 4]);
    expect(rows([1])).toEqual([0, '×3', 1, 2, 3, 4]);
    expect(rows([1], 'duration')).toEqual(['×3', 1, 2, 3, 0, 4]);
  });

  it('the span of a group contains those of its members', () => {
    const columns = loaded(run);
    const [, row] = new TimelineBuilder(columns).build(OPTIONS)?.rows ?? [];
    expect(row?.kind === 'group' ? row.span : undefined).toEqual({
      queued: BASE + 10,
      start: BASE + 11,
      end: BASE + 90,
    });
  });

  it('a step without a row of its own is found in its group', () => {
    const columns = loaded(run);
    const rows = new TimelineBuilder(columns).build(OPTIONS)?.rows ?? [];
    expect(rows[indexOfCall(rows, 3)]?.kind).toBe('group');
    expect(indexOfCall(rows, 99)).toBe(-1);
  });

  it('steps without times are last', () => {
    const columns = loaded([
      { component: 'b', parents: [], status: 'pending', times: [-1, -1, -1] },
      { component: 'a', parents: [], times: [0, 1, 2] },
    ]);
    const rows = new TimelineBuilder(columns).build(OPTIONS)?.rows ?? [];
    expect(rows.map((row) => (row.kind === 'call' ? row.call : -1))).toEqual([1, 0]);
    expect(rowsOf(columns, [], new Set(), 'call', BASE)).toEqual([]);
  });

  it('a run without times has no timeline', () => {
    const columns = new RunColumns();
    columns.appendGraph(graphPage(run));
    expect(new TimelineBuilder(columns).build(OPTIONS)).toBeUndefined();
  });
});
