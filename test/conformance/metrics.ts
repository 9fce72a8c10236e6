/**
 * Conformance tests of reduced metrics, and of pages of points.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { Point } from '../../src/model/artifacts.ts';
import { pointsByMetric, summaryOf } from '../../src/model/metric-summaries.ts';
import { reducePoints, type SeriesRequest } from '../../src/model/reduced-series.ts';
import type { Attempt } from '../../src/model/step.ts';
import type { PointPosition, RunQueries, StepReport } from '../../src/ports/tasks.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import { aCommit, aCompletedStep, aHead, anAttempt, anInfo, runId, runWith } from './records.ts';

const id = runId(1);
const T0 = 1_700_000_000_000;
const ALL = { from: 0, limit: 1000 };
const REQUESTS: readonly SeriesRequest[] = [
  { x: 'iteration', points: 600 },
  { x: 'relative', points: 600 },
  { x: 'time', points: 600 },
  { x: 'iteration', points: 50, from: 100, to: 900 },
  { x: 'relative', points: 600, from: 0, to: 5000 },
];

const ended = (number: number): Attempt => ({
  ...anAttempt(number),
  status: 'completed',
  startedAt: T0,
  endedAt: T0 + 10_000,
});

/** Points with repeated and decreasing iterations, a peak, and values that are not finite. */
const manyPoints = (count: number, title = 'loss', offset = 0): Point[] =>
  Array.from({ length: count }, (_, n) => ({
    title,
    series: 'train',
    iteration: n % 100 === 7 ? n - 3 : n,
    value: n === 555 ? 'NaN' : n === 556 ? 'Infinity' : n === 777 ? 1e6 : Math.sin(n / 50) + offset,
    at: T0 + n * 7 + (n % 3),
  }));

const inReports = (points: readonly Point[], attempt = 1, call = 0, first = 0): StepReport[] =>
  Array.from({ length: Math.ceil(points.length / 400) }, (_, n) => ({
    ...{ call, attempt, sequence: first + n, texts: [] },
    points: points.slice(n * 400, (n + 1) * 400),
  }));

/** What each store returns: the reduction of the points. */
async function expectCurvesOf(queries: RunQueries, points: readonly Point[], call = 0) {
  const metrics = pointsByMetric(points);
  for (const request of REQUESTS) {
    const expected = metrics.map((metric) => {
      const summary = summaryOf(metric);
      return { summary, reduced: reducePoints(metric.points, summary.firstAt, request) };
    });
    // Twice: the first reader may store what the second one finds.
    for (let read = 0; read < 2; read += 1)
      expect(await queries.stepCurves(id, call, ALL, request)).toEqual({
        items: expected,
        more: false,
      });
  }
  for (let read = 0; read < 2; read += 1)
    expect(await queries.stepMetrics(id, [call])).toEqual([
      { call, metrics: metrics.map(summaryOf) },
    ]);
}

export function metricsConformance(makePorts: MakePorts): void {
  describe('tasks: reduced metrics', () => {
    const ports = freshPorts(makePorts);

    test('the metrics of a step that ended are reduced, read after read', async () => {
      const { tasks, queries } = ports();
      const points = [...manyPoints(3000), ...manyPoints(20, 'accuracy')];
      await runWith(
        tasks,
        id,
        { created: [aCompletedStep(0, { attempts: [ended(1)] })], reports: inReports(points) },
        // Commits without a change: a store may keep the last ones elsewhere.
        ...Array.from({ length: 30 }, () => ({})),
      );
      await expectCurvesOf(queries, points);
      expect(await queries.stepCurves(id, 0, { from: 1, limit: 1 }, aRequest())).toMatchObject({
        items: [{ summary: { title: 'accuracy' } }],
        more: false,
      });
      expect(await queries.stepCurves(id, 0, { from: 0, limit: 1 }, aRequest())).toMatchObject({
        items: [{ summary: { title: 'loss' } }],
        more: true,
      });
      const named = { ...ALL, title: 'loss', series: 'test' };
      expect((await queries.stepCurves(id, 0, named, aRequest())).items).toEqual([]);
    });

    test('a report that arrives after the end of its attempt is part of the reduced metrics', async () => {
      const { tasks, queries } = ports();
      const points = manyPoints(3000);
      const head = await runWith(
        tasks,
        id,
        { created: [aCompletedStep(0, { attempts: [ended(1)] })], reports: inReports(points) },
        ...Array.from({ length: 30 }, () => ({})),
      );
      await expectCurvesOf(queries, points);
      const late = manyPoints(3, 'late');
      await tasks.commit(id, aCommit(head, { reports: inReports(late, 1, 0, 100) }));
      await expectCurvesOf(queries, [...points, ...late]);
    });

    test('the metrics of a step are those of its last attempt', async () => {
      const { tasks, queries } = ports();
      const first = manyPoints(3000);
      const head = await runWith(
        tasks,
        id,
        { created: [aCompletedStep(0, { attempts: [ended(1)] })], reports: inReports(first) },
        ...Array.from({ length: 30 }, () => ({})),
      );
      await expectCurvesOf(queries, first);
      const second = manyPoints(4000, 'loss', 5);
      await tasks.commit(
        id,
        aCommit(head, {
          changed: [aCompletedStep(0, { attempts: [ended(1), ended(2)] })],
          reports: inReports(second, 2),
        }),
      );
      await expectCurvesOf(queries, second);
    });

    test('a call that a rewind removed leaves no metrics for the next call of its number', async () => {
      const { tasks, queries } = ports();
      const head = await runWith(
        tasks,
        id,
        {
          created: [aCompletedStep(0, { attempts: [ended(1)] })],
          reports: inReports(manyPoints(3000)),
        },
        ...Array.from({ length: 30 }, () => ({})),
      );
      await expectCurvesOf(queries, manyPoints(3000));
      const rewound = aCommit(
        head,
        {
          created: [aCompletedStep(0, { attempts: [ended(1)], digest: 'other' })],
          reports: inReports(manyPoints(3)),
        },
        { callCount: 1 },
      );
      await tasks.rewind(id, { eventCount: 0, commandCount: 0, callCount: 0 }, rewound);
      await expectCurvesOf(queries, manyPoints(3));
    });

    test('steps without points have no metrics, and missing steps are left out', async () => {
      const { tasks, queries } = ports();
      await runWith(tasks, id, {
        created: [aCompletedStep(0, { attempts: [] }), aCompletedStep(1, { attempts: [ended(1)] })],
        reports: inReports(manyPoints(1), 1, 1),
      });
      expect(await queries.stepMetrics(id, [0, 1, 7])).toEqual([
        { call: 0, metrics: [] },
        { call: 1, metrics: pointsByMetric(manyPoints(1)).map(summaryOf) },
      ]);
      expect(await queries.stepMetrics(runId(9), [0])).toEqual([]);
      for (const call of [0, 7])
        expect(await queries.stepCurves(id, call, ALL, aRequest())).toEqual({
          items: [],
          more: false,
        });
    });

    test('a step with hundreds of metrics has each of them', async () => {
      const { tasks, queries } = ports();
      const points = Array.from({ length: 300 }, (_, n) => manyPoints(12, `metric ${n}`)).flat();
      await runWith(
        tasks,
        id,
        { created: [aCompletedStep(0, { attempts: [ended(1)] })], reports: inReports(points) },
        ...Array.from({ length: 30 }, () => ({})),
      );
      const [step] = await queries.stepMetrics(id, [0]);
      expect(step?.metrics).toHaveLength(300);
      expect((await queries.stepCurves(id, 0, ALL, aRequest())).items).toHaveLength(300);
    });
  });

  describe('tasks: pages of points', () => {
    const ports = freshPorts(makePorts);

    test('pages of any size have each point once, in order', async () => {
      const { tasks, queries } = ports();
      const points = manyPoints(23);
      await runWith(
        tasks,
        id,
        {
          created: [aCompletedStep(0, { attempts: [ended(1)] })],
          reports: [
            { ...reportOf(0), points: points.slice(0, 10) },
            { ...reportOf(1), points: [] },
            { ...reportOf(2), points: points.slice(10, 12) },
          ],
        },
        ...Array.from({ length: 30 }, () => ({})),
        { reports: [{ ...reportOf(5), points: points.slice(12) }] },
      );
      for (const limit of [1, 2, 5, 10, 12, 23, 24])
        expect(await allPages(queries, limit), `pages of ${limit}`).toEqual(points);
      expect(await queries.pointPage(id, 7, null, 5)).toEqual({ points: [], next: null });
      expect(await queries.pointPage(runId(9), 0, null, 5)).toEqual({ points: [], next: null });
    });

    test('a page continues with the attempt of the page before it', async () => {
      const { tasks, queries } = ports();
      const head = await runWith(tasks, id, {
        created: [aCompletedStep(0, { attempts: [ended(1)] })],
        reports: [{ ...reportOf(0), points: manyPoints(4) }],
      });
      const { next } = await queries.pointPage(id, 0, null, 2);
      const other = manyPoints(3, 'other');
      await tasks.commit(
        id,
        aCommit(head, {
          changed: [aCompletedStep(0, { attempts: [ended(1), ended(2)] })],
          reports: [{ ...reportOf(0), attempt: 2, points: other }],
        }),
      );
      expect((await queries.pointPage(id, 0, next, 9)).points).toEqual(manyPoints(4).slice(2));
      expect((await queries.pointPage(id, 0, null, 9)).points).toEqual(other);
    });

    test('points that were reported before and after a rewind are pages of one list', async () => {
      const { tasks, queries } = ports();
      const points = manyPoints(9);
      await tasks.createRun(anInfo(id), aHead(id));
      const head = await runWith(tasks, id, {
        created: [aCompletedStep(0, { attempts: [ended(1)] })],
        reports: [{ ...reportOf(0), points: points.slice(0, 5) }],
      });
      await tasks.rewind(
        id,
        { eventCount: 0, commandCount: 0, callCount: 1 },
        aCommit(head, { reports: [{ ...reportOf(1), points: points.slice(5) }] }),
      );
      expect(await allPages(queries, 2)).toEqual(points);
    });
  });
}

const aRequest = (): SeriesRequest => ({ x: 'iteration', points: 600 });

const reportOf = (sequence: number) => ({ call: 0, attempt: 1, sequence, texts: [] });

async function allPages(queries: RunQueries, limit: number): Promise<Point[]> {
  const read: Point[] = [];
  let from: PointPosition | null = null;
  do {
    const page: Awaited<ReturnType<RunQueries['pointPage']>> = await queries.pointPage(
      id,
      0,
      from,
      limit,
    );
    read.push(...page.points);
    from = page.next;
  } while (from !== null);
  return read;
}
