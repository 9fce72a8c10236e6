import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoxCounts, countsText } from '../../../../console/src/graph/model/box-counts.ts';
import { quantilesOf, sparkline } from '../../../../console/src/graph/model/box-durations.ts';
import { boxesOf } from '../../../../console/src/graph/model/box-graph.ts';
import { nextFailure } from '../../../../console/src/graph/model/failures.ts';
import { findCalls, nextOf } from '../../../../console/src/graph/model/find.ts';
import { CallGroups } from '../../../../console/src/graph/model/groups.ts';
import { lineageOf } from '../../../../console/src/graph/model/lineage.ts';
import { summaryOf } from '../../../../console/src/graph/model/summary.ts';
import { RunColumns } from '../../../../console/src/live/columns.ts';
import { FAILED, STATUSES, statusOf } from '../../../../console/src/live/statuses.ts';
import { STEP_STATUSES, type StepStatus } from '../../../../src/model/step.ts';
import { changeOf, changesOf, graphPage, stateOf, wideRun } from '../support/documents.ts';

const WIDTH = 20;
const CALLS = wideRun(WIDTH);

function loaded(statuses: readonly StepStatus[]) {
  const columns = new RunColumns();
  columns.appendGraph(graphPage(CALLS));
  columns.applyState(stateOf(statuses));
  const groups = new CallGroups();
  groups.append(columns);
  return { columns, graph: boxesOf(columns, groups, 'groups') };
}

const all = (status: StepStatus): StepStatus[] => CALLS.map(() => status);
const anyStatus = fc.constantFrom(...STEP_STATUSES);

describe('counts of boxes', () => {
  it('counts kept by difference are those of the statuses', () => {
    const changes = fc.array(
      fc.array(fc.tuple(fc.nat({ max: CALLS.length - 1 }), anyStatus), { maxLength: 10 }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(changes, (batches) => {
        const { columns, graph } = loaded(all('pending'));
        const counts = new BoxCounts(graph, columns.status);
        for (const [index, batch] of batches.entries()) {
          const steps = batch.map(([call, status]) => changeOf(call, status));
          columns.applyChanges(changesOf(index + 2, CALLS.length, steps));
          counts.update(columns.status, index % 2 === 0 ? batch.map(([call]) => call) : undefined);
        }
        const fresh = new BoxCounts(graph, columns.status);
        for (const box of graph.boxes.keys()) {
          for (const code of STATUSES.keys())
            expect(counts.of(box, code)).toBe(fresh.of(box, code));
        }
      }),
    );
  });

  it('an update returns the boxes whose counts changed, and no others', () => {
    const { columns, graph } = loaded(all('running'));
    const counts = new BoxCounts(graph, columns.status);
    columns.applyChanges(
      changesOf(2, CALLS.length, [changeOf(3, 'completed'), changeOf(2, 'running')]),
    );
    expect([...counts.update(columns.status, [2, 3])]).toEqual([graph.boxOf[3]]);
  });

  it('a box with one failure among completed members shows the failure', () => {
    const statuses = all('completed');
    statuses[2 + 3 * 7] = 'failed';
    const { columns, graph } = loaded(statuses);
    const counts = new BoxCounts(graph, columns.status);
    const box = graph.boxOf[2] ?? -1;
    expect(statusOf(counts.statusOf(box))).toBe('failed');
    expect(countsText(counts, box)).toBe('19 done · 1 failed');
  });

  it('a box that is partly done and partly pending is running', () => {
    const statuses = all('pending');
    statuses[2] = 'cached';
    const { columns, graph } = loaded(statuses);
    const counts = new BoxCounts(graph, columns.status);
    expect(statusOf(counts.statusOf(graph.boxOf[2] ?? -1))).toBe('running');
    expect(statusOf(counts.statusOf(graph.boxOf[3] ?? -1))).toBe('pending');
  });

  it('a box of members with one status shows that status', () => {
    fc.assert(
      fc.property(anyStatus, (status) => {
        const { columns, graph } = loaded(all(status));
        const counts = new BoxCounts(graph, columns.status);
        expect(statusOf(counts.statusOf(graph.boxOf[2] ?? -1))).toBe(status);
      }),
    );
  });
});

describe('durations of boxes', () => {
  it('quantiles are exact if the times of all completed members are on record', () => {
    const { columns, graph } = loaded(all('running'));
    const members = graph.boxes[graph.boxOf[2] ?? -1]?.members ?? new Int32Array();
    const steps = [...members].map((call, index) =>
      changeOf(call, 'completed', { startedAt: 1_000, endedAt: 1_000 + (index + 1) * 100 }),
    );
    columns.applyChanges(changesOf(2, CALLS.length, steps));
    const box = graph.boxes[graph.boxOf[2] ?? -1];
    expect(box === undefined ? undefined : quantilesOf(columns, box)).toEqual({
      p50: 1_000,
      p95: 1_900,
    });
  });

  it('quantiles come from the histogram of the component otherwise', () => {
    const { columns, graph } = loaded(all('completed'));
    columns.applyState({
      ...stateOf(all('completed'), 2),
      components: [
        {
          name: 'prep',
          calls: WIDTH,
          counts: { completed: WIDTH },
          startedAt: 1,
          endedAt: 2,
          durationMs: 0,
          durations: [0, 0, 0, 0, WIDTH, 0, 0, 0, 0, 0, 0, 0],
          failures: [],
        },
      ],
    });
    const of = graph.boxes.map((box) => quantilesOf(columns, box));
    const prep = of[graph.boxOf[2] ?? -1];
    expect(prep?.p50).toBeGreaterThan(3_000);
    expect(prep?.p95).toBeLessThanOrEqual(10_000);
    expect(of[graph.boxOf[3] ?? -1]).toBeUndefined();
  });

  it('each point of a sparkline is the longest of its members', () => {
    const started = Float64Array.of(0, 0, 0, 0, -1, -1);
    const ended = Float64Array.of(5, 9, 2, 1, -1, -1);
    const points = sparkline({ started, ended }, Int32Array.of(0, 1, 2, 3, 4, 5), 3);
    expect([...points]).toEqual([9, 2, Number.NaN]);
  });
});

describe('the walk through failures', () => {
  it('visits each failure once, in the order of calls, and starts again', () => {
    const anyStatuses = fc.array(fc.constantFrom(FAILED, 3), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(anyStatuses, fc.constantFrom(1 as const, -1 as const), (codes, step) => {
        const status = Uint8Array.from(codes);
        const failed = [...codes.keys()].filter((call) => codes[call] === FAILED);
        const visited: number[] = [];
        let at: number | undefined;
        for (const _ of failed) {
          at = nextFailure(status, codes.length, at, step);
          if (at !== undefined) visited.push(at);
        }
        expect(visited).toEqual(step === 1 ? failed : failed.toReversed());
        expect(nextFailure(status, codes.length, at, step)).toBe(visited[0]);
      }),
    );
  });
});

describe('steps by name, and relatives of a step', () => {
  it('a part of a name finds steps in their order, around the ends', () => {
    const { columns } = loaded(all('pending'));
    expect(findCalls(columns, 'TRAIN_1').map((call) => columns.nameOf(call))).toEqual([
      'train_1',
      ...Array.from({ length: 10 }, (_, index) => `train_1${index}`),
    ]);
    expect([nextOf([3, 9], 3, 1), nextOf([3, 9], 9, 1), nextOf([3, 9], undefined, -1)]).toEqual([
      9, 3, 9,
    ]);
    expect(findCalls(columns, ' ')).toEqual([]);
  });

  it('parents and children of a step are those of the graph, up to a limit', () => {
    const { columns } = loaded(all('pending'));
    expect(lineageOf(columns, 3, 10)).toEqual({ parents: [2], children: [4] });
    expect(lineageOf(columns, 1, 3)).toEqual({ parents: [0], children: [2, 5, 8] });
    expect(lineageOf(columns, 62, 2)).toEqual({ parents: [4, 7], children: [63] });
  });

  it('the summary names the boxes and the counts', () => {
    const { columns, graph } = loaded(all('completed'));
    expect(summaryOf(columns, graph)).toBe(
      'Graph of 64 steps in 7 boxes: load, split, prep × 20, train × 20, score × 20, select, report. 64 completed. The tab Steps lists all of them.',
    );
  });
});
