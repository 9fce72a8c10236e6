import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ColumnsChange, NO_TIME, RunColumns } from '../../../../console/src/live/columns.ts';
import { BUCKET_BOUNDS_MS, DurationHistogram } from '../../../../console/src/live/durations.ts';
import { STATUSES, statusOf } from '../../../../console/src/live/statuses.ts';
import { STEP_STATUSES, type StepStatus } from '../../../../src/model/step.ts';
import { DURATION_BUCKETS_MS, runGraphSchema } from '../../../../src/wire/run-state.ts';
import {
  type CallOfTest,
  changeOf,
  changesOf,
  graphPage,
  stateOf,
  wideRun,
} from '../support/documents.ts';

const parentsOf = (columns: RunColumns, call: number): readonly number[] => {
  const parents: number[] = [];
  columns.eachParent(call, (parent) => parents.push(parent));
  return parents;
};

const graph = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.array(fc.nat(), { maxLength: 4 })), {
    maxLength: 40,
  })
  .map((calls): CallOfTest[] =>
    calls.map(([component, parents], call) => ({
      component,
      parents:
        call === 0
          ? []
          : [...new Set(parents.map((parent) => parent % call))].sort((a, b) => a - b),
    })),
  );

describe('columns of a run', () => {
  it('the statuses and buckets of the console are those of the documents', () => {
    expect(STATUSES).toEqual(STEP_STATUSES);
    expect(BUCKET_BOUNDS_MS).toEqual(DURATION_BUCKETS_MS);
  });

  it('pages of a graph of any size give each call its component, name and parents', () => {
    fc.assert(
      fc.property(graph, fc.integer({ min: 1, max: 15 }), (calls, size) => {
        const columns = new RunColumns();
        for (let from = 0; from < calls.length; from += size) {
          const page = graphPage(calls, from, Math.min(calls.length, from + size));
          expect(runGraphSchema.safeParse(page).success).toBe(true);
          expect(columns.appendGraph(page)).toBe(true);
        }
        expect(columns.known).toBe(calls.length);
        const seen = new Map<string, number>();
        for (const [call, { component, parents }] of calls.entries()) {
          const ordinal = seen.get(component) ?? 0;
          seen.set(component, ordinal + 1);
          expect(columns.componentNameOf(call)).toBe(component);
          expect(columns.nameOf(call)).toBe(ordinal === 0 ? component : `${component}_${ordinal}`);
          expect(parentsOf(columns, call)).toEqual(parents);
        }
      }),
    );
  });

  it('a page that is read twice, or overlaps the known calls, changes nothing', () => {
    const calls = wideRun(5);
    const columns = new RunColumns();
    columns.appendGraph(graphPage(calls, 0, 10));
    columns.appendGraph(graphPage(calls, 0, 10));
    columns.appendGraph(graphPage(calls, 4));
    expect(columns.known).toBe(calls.length);
    expect(parentsOf(columns, 17)).toEqual([4, 7, 10, 13, 16]);
    expect(columns.nameOf(14)).toBe('prep_4');
  });

  it('a page behind missing calls is refused', () => {
    const columns = new RunColumns();
    expect(columns.appendGraph(graphPage(wideRun(5), 4))).toBe(false);
    expect(columns.known).toBe(0);
  });

  it('a page with parents after their child is a RangeError', () => {
    const page = { ...graphPage(wideRun(1)), parents: [0, 1, 0, 1, 0, 0, 0, 0, 0] };
    expect(() => new RunColumns().appendGraph(page)).toThrow(RangeError);
  });

  it('a name that is an exception replaces the usual one', () => {
    const columns = new RunColumns();
    columns.appendGraph({ ...graphPage(wideRun(3)), names: [[5, 'prep_2']] });
    expect([columns.nameOf(2), columns.nameOf(5)]).toEqual(['prep', 'prep_2']);
  });

  it('statuses of any number of calls survive the encoding of four bits a call', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEP_STATUSES)), (statuses) => {
        const columns = new RunColumns();
        columns.applyState(stateOf(statuses));
        expect(columns.total).toBe(statuses.length);
        expect([...columns.status.subarray(0, statuses.length)].map(statusOf)).toEqual(statuses);
      }),
    );
  });

  it('an older state does not replace newer changes', () => {
    const columns = new RunColumns();
    columns.applyState(stateOf(['running', 'pending'], 3));
    columns.applyChanges(changesOf(5, 2, [changeOf(0, 'completed')]));
    expect(columns.applyState(stateOf(['running', 'pending'], 4))).toBe(false);
    expect(statusOf(columns.status[0] ?? 0)).toBe('completed');
    expect(columns.revision).toBe(5);
  });

  it('changes name the changed calls, and count a completed execution once', () => {
    const columns = new RunColumns();
    columns.appendGraph(graphPage(wideRun(1)));
    columns.applyState(stateOf(new Array<StepStatus>(7).fill('running')));
    const seen: ColumnsChange[] = [];
    columns.subscribe((change) => seen.push(change));
    const done = changeOf(2, 'completed', { startedAt: 1_000, endedAt: 3_500 });
    columns.applyChanges(changesOf(2, 7, [done]));
    columns.applyChanges(changesOf(3, 7, [done]));
    expect(seen.map(({ changed }) => changed)).toEqual([[2], [2]]);
    expect(columns.durationsOf('prep')?.total).toBe(1);
  });

  it('changes after a reset, or of another epoch, require a new state', () => {
    const columns = new RunColumns();
    columns.applyState(stateOf(['failed']));
    expect(columns.applyChanges(changesOf(2, 1, [], { reset: true }))).toBe(false);
    expect(columns.applyChanges(changesOf(2, 1, [], { epoch: 1 }))).toBe(false);
    expect(columns.revision).toBe(1);
  });

  it('a graph of a new epoch empties the columns', () => {
    const columns = new RunColumns();
    columns.appendGraph(graphPage(wideRun(3)));
    columns.applyState(stateOf(new Array<StepStatus>(13).fill('failed'), 9));
    columns.appendGraph(graphPage(wideRun(1), 0, 7, 1));
    expect([columns.known, columns.total, columns.revision]).toEqual([7, 7, -1]);
    expect(statusOf(columns.status[6] ?? 1)).toBe('pending');
    expect(columns.applyState(stateOf(new Array<StepStatus>(7).fill('running'), 2, 1))).toBe(true);
  });

  it('times of an older revision do not replace those of a change', () => {
    const columns = new RunColumns();
    columns.appendGraph(graphPage(wideRun(1)));
    columns.applyState(stateOf(new Array<StepStatus>(7).fill('running')));
    columns.applyChanges(
      changesOf(8, 7, [changeOf(1, 'completed', { startedAt: 50, endedAt: 90 })]),
    );
    const applied = columns.applyTimings({
      epoch: 0,
      revision: 7,
      from: 0,
      calls: 2,
      more: true,
      base: 1_000,
      queued: [0, 5],
      started: [10, 20],
      ended: [15, -1],
      attempts: [
        [
          0,
          [
            [0, 2, 4, 'failed'],
            [5, 10, 15, 'completed'],
          ],
        ],
      ],
    });
    expect(applied).toBe(true);
    expect([columns.queued[0], columns.started[0], columns.ended[0]]).toEqual([
      1_000, 1_010, 1_015,
    ]);
    expect([columns.started[1], columns.ended[1]]).toEqual([50, 90]);
    expect(columns.queued[2]).toBe(NO_TIME);
    expect(columns.attemptTimes.get(0)?.map(({ status }) => statusOf(status))).toEqual([
      'failed',
      'completed',
    ]);
    expect(columns.timed).toBe(2);
  });
});

describe('quantiles of durations', () => {
  it('an estimate lies in the bucket of the true quantile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 10, max: 7_000_000 }), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (durations, q) => {
          const histogram = new DurationHistogram([]);
          for (const duration of durations) histogram.add(duration);
          const sorted = durations.toSorted((a, b) => a - b);
          const exact = sorted[Math.ceil(q * sorted.length - 1e-9) - 1] ?? 0;
          const bounds = [10, ...BUCKET_BOUNDS_MS];
          const high = bounds.findIndex((bound) => exact < bound);
          const estimate = histogram.quantile(q) ?? Number.NaN;
          expect(estimate).toBeGreaterThanOrEqual(bounds[high - 1] ?? 0);
          expect(estimate).toBeLessThanOrEqual(bounds[high] ?? 0);
        },
      ),
    );
  });

  it('there is no estimate without executions', () => {
    expect(new DurationHistogram([]).quantile(0.5)).toBeUndefined();
  });
});
