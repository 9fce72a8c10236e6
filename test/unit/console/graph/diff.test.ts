import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffOf } from '../../../../console/src/graph/model/diff.ts';
import { RunColumns } from '../../../../console/src/live/columns.ts';
import type { StepStatus } from '../../../../src/model/step.ts';
import {
  type CallOfTest,
  changeOf,
  changesOf,
  graphPage,
  stateOf,
  wideRun,
} from '../support/documents.ts';

function loaded(calls: readonly CallOfTest[], durationMs = 100, status: StepStatus = 'completed') {
  const columns = new RunColumns();
  columns.appendGraph(graphPage(calls));
  columns.applyState(stateOf(calls.map(() => 'pending')));
  const steps = calls.map((_, call) =>
    changeOf(call, status, { startedAt: 1_000, endedAt: 1_000 + durationMs }),
  );
  columns.applyChanges(changesOf(2, calls.length, steps));
  return columns;
}

const shown = (before: RunColumns, after: RunColumns) =>
  diffOf(before, after).map((box) => [box.before?.title, box.after?.title]);

describe('the difference of two graphs', () => {
  it('a map with another number of members is the same box', () => {
    const rows = shown(loaded(wideRun(667)), loaded(wideRun(412)));
    expect(rows).toContainEqual(['train × 667', 'train × 412']);
    expect(rows.every(([before, after]) => before !== undefined && after !== undefined)).toBe(true);
  });

  it('boxes that one run lacks are added or removed', () => {
    const before = wideRun(3);
    const after = [...before, { component: 'calibrate', parents: [11] }];
    expect(shown(loaded(before), loaded(after)).filter(([one]) => one === undefined)).toEqual([
      [undefined, 'calibrate'],
    ]);
    expect(shown(loaded(after), loaded(before)).filter(([, one]) => one === undefined)).toEqual([
      ['calibrate', undefined],
    ]);
  });

  it('a longer loop is the same box', () => {
    const loop = (length: number): CallOfTest[] =>
      Array.from({ length }, (_, call) => ({
        component: 'train',
        parents: call === 0 ? [] : [call - 1],
      }));
    expect(shown(loaded(loop(10)), loaded(loop(500)))).toEqual([
      ['train × 10 in series', 'train × 500 in series'],
    ]);
  });

  it('the slowdown compares medians, and cached members are counted', () => {
    const [first] = diffOf(loaded(wideRun(3), 100), loaded(wideRun(3), 210));
    expect(first?.slowdown).toBeCloseTo(2.1);
    const cached = diffOf(loaded(wideRun(3)), loaded(wideRun(3), 0, 'cached'));
    expect(cached.map(({ after }) => after?.cached)).toEqual([1, 1, 3, 3, 3, 1, 1]);
    expect(cached[0]?.slowdown).toBeUndefined();
  });

  it('a run does not differ from itself', () => {
    const anyRun = fc
      .array(
        fc.tuple(
          fc.constantFrom('a', 'b', 'c'),
          fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
        ),
        { minLength: 1, maxLength: 60 },
      )
      .map((calls): CallOfTest[] =>
        calls.map(([component, distances], call) => ({
          component,
          parents: [...new Set(distances.map((distance) => call - distance))]
            .filter((parent) => parent >= 0)
            .sort((a, b) => a - b),
        })),
      );
    fc.assert(
      fc.property(anyRun, (calls) => {
        for (const [before, after] of shown(loaded(calls), loaded(calls))) {
          expect(before).toBe(after);
        }
      }),
    );
  });
});
