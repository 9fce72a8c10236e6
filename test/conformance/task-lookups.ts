/**
 * Conformance tests of the lookups of steps, edges, events and reports.
 *
 * @module
 */

import { describe, expect, test } from 'vitest';
import { attemptStartId, stepReportId } from '../../src/model/run-reports.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import {
  aCommit,
  aCompletedStep,
  anAttempt,
  aPlot,
  aReport,
  aStep,
  runId,
  runWith,
  sleepEnded,
} from './records.ts';

const id = runId(1);

export function taskLookupsConformance(makePorts: MakePorts): void {
  describe('tasks: lookups', () => {
    const ports = freshPorts(makePorts);

    test('children and parents are listed in ascending order, in pages, each edge once', async () => {
      const { tasks } = ports();
      const created = Array.from({ length: 30 }, (_, call) => aStep(call));
      const edges = [20, 3, 11, 29].map((child) => ({ parent: 1, child }));
      await runWith(
        tasks,
        id,
        { created, edges },
        { edges: [...edges, { parent: 2, child: 29 }, { parent: 25, child: 11 }] },
      );
      expect(await tasks.children(id, 1, -1, 10)).toEqual([3, 11, 20, 29]);
      expect(await tasks.children(id, 1, -1, 2)).toEqual([3, 11]);
      expect(await tasks.children(id, 1, 11, 2)).toEqual([20, 29]);
      expect(await tasks.children(id, 1, 29, 2)).toEqual([]);
      expect(await tasks.parents(id, 29, -1, 10)).toEqual([1, 2]);
      expect(await tasks.parents(id, 29, 1, 10)).toEqual([2]);
      expect(await tasks.parents(id, 11, -1, 1)).toEqual([1]);
    });

    test('call 0 can be a parent and a child', async () => {
      const { tasks } = ports();
      await runWith(tasks, id, {
        created: [aStep(0), aStep(1)],
        edges: [
          { parent: 0, child: 1 },
          { parent: 1, child: 0 },
        ],
      });
      expect(await tasks.children(id, 1, -1, 10)).toEqual([0]);
      expect(await tasks.parents(id, 1, -1, 10)).toEqual([0]);
    });

    test('edges of a name are removed when the name is resolved', async () => {
      const { tasks } = ports();
      const head = await runWith(tasks, id, {
        created: [aStep(0), aStep(1), aStep(2)],
        edges: [
          { parent: 'train', child: 2 },
          { parent: 'train', child: 0 },
          { parent: 'test', child: 1 },
        ],
      });
      expect(await tasks.children(id, 'train', -1, 10)).toEqual([0, 2]);
      expect(await tasks.children(id, 'train', 0, 10)).toEqual([2]);
      expect(await tasks.parents(id, 2, -1, 10)).toEqual([]);
      await tasks.commit(
        id,
        aCommit(head, {
          edges: [{ parent: 3, child: 0 }],
          resolvedNames: ['train'],
          created: [aStep(3)],
        }),
      );
      expect(await tasks.children(id, 'train', -1, 10)).toEqual([]);
      expect(await tasks.children(id, 'test', -1, 10)).toEqual([1]);
      expect(await tasks.children(id, 3, -1, 10)).toEqual([0]);
    });

    test('a name that one commit both waits for and resolves is resolved', async () => {
      const { tasks } = ports();
      await runWith(tasks, id, {
        created: [aStep(0)],
        edges: [{ parent: 'train', child: 0 }],
        resolvedNames: ['train'],
      });
      expect(await tasks.children(id, 'train', -1, 10)).toEqual([]);
    });

    test('calls are found by step name and component name, each once, in ascending order', async () => {
      const { tasks } = ports();
      const named = (call: number, name: string, component: string) =>
        aStep(call, { name, component });
      await runWith(tasks, id, {
        created: [
          named(0, 'a', 'a'),
          named(1, 'b', 'b'),
          named(2, 'a_1', 'a'),
          named(3, 'a_2', 'a'),
          named(4, 'a_1_0', 'a_1'),
        ],
      });
      expect(await tasks.callsNamed(id, 'a', -1, 10)).toEqual([0, 2, 3]);
      expect(await tasks.callsNamed(id, 'a', 0, 1)).toEqual([2]);
      expect(await tasks.callsNamed(id, 'a_1', -1, 10)).toEqual([2, 4]);
      expect(await tasks.callsNamed(id, 'a_1', -1, 1)).toEqual([2]);
      expect(await tasks.callsNamed(id, 'a_1', 2, 1)).toEqual([4]);
      expect(await tasks.callsNamed(id, 'none', -1, 10)).toEqual([]);
    });

    test('unfinished steps are those that are not terminal or wait for a callback', async () => {
      const { tasks } = ports();
      const head = await runWith(tasks, id, {
        created: [
          aStep(0),
          aStep(1, { status: 'running', waitingFor: 'none' }),
          aCompletedStep(2),
          aCompletedStep(3, { waitingFor: 'postExecute' }),
          aStep(4, { status: 'failed', waitingFor: 'retry' }),
        ],
      });
      expect(await tasks.unfinishedCalls(id, -1, 10)).toEqual([0, 1, 3, 4]);
      expect(await tasks.unfinishedCalls(id, 0, 2)).toEqual([1, 3]);
      await tasks.commit(
        id,
        aCommit(head, { changed: [aCompletedStep(0), aCompletedStep(3), aStep(2)] }),
      );
      expect(await tasks.unfinishedCalls(id, -1, 10)).toEqual([1, 2, 4]);
      expect(await tasks.calls(id, -1, 10)).toEqual([0, 1, 2, 3, 4]);
      expect(await tasks.calls(id, 1, 2)).toEqual([2, 3]);
    });

    test('events and signatures are read from any number on, across commits', async () => {
      const { tasks } = ports();
      const sizes = [1, 0, 3, 2, 0, 4];
      let number = 0;
      const contents = sizes.map((size) => {
        const numbers = Array.from({ length: size }, () => number++);
        return { events: numbers.map(sleepEnded), signatures: numbers.map((n) => `s${n}`) };
      });
      await runWith(tasks, id, ...contents);
      for (let from = 0; from <= 11; from += 1) {
        for (const limit of [1, 3, 100]) {
          const numbers = Array.from({ length: 10 }, (_, n) => n).slice(from, from + limit);
          expect(await tasks.events(id, from, limit)).toEqual(numbers.map(sleepEnded));
          expect(await tasks.signatures(id, from, limit)).toEqual(numbers.map((n) => `s${n}`));
        }
      }
    });

    test('allSteps returns all steps or one page of them', async () => {
      const { tasks, queries } = ports();
      await runWith(tasks, id, { created: [aStep(0), aStep(1), aStep(2)] });
      expect(await queries.allSteps(id)).toEqual([aStep(0), aStep(1), aStep(2)]);
      expect(await queries.allSteps(id, 2)).toEqual([aStep(0), aStep(1)]);
      expect(await queries.allSteps(id, 2, 2)).toEqual([aStep(2)]);
      expect(await queries.allSteps(id, 2, 3)).toEqual([]);
    });
  });

  describe('tasks: reports', () => {
    const ports = freshPorts(makePorts);
    const values = (points: readonly { readonly value: unknown }[]) =>
      points.map((point) => point.value);

    test('a report that is committed twice counts once, in any order', async () => {
      const { tasks, queries } = ports();
      const step = aCompletedStep(0, { attempts: [anAttempt(1)] });
      await runWith(
        tasks,
        id,
        { created: [step], reports: [aReport(0, 1, 1, [3]), aReport(0, 1, 0, [1, 2])] },
        { reports: [aReport(0, 1, 1, [9]), aReport(0, 1, 2, [4])] },
      );
      expect(values(await queries.points(id, 0))).toEqual([1, 2, 3, 4]);
      expect((await queries.texts(id, 0)).map((line) => line.text)).toEqual([
        'loss 1',
        'loss 2',
        'loss 3',
        'loss 4',
      ]);
    });

    test('the points of a step are those of its last attempt, and its texts those of all attempts', async () => {
      const { tasks, queries } = ports();
      const twice = aCompletedStep(0, { attempts: [anAttempt(1), anAttempt(2)] });
      const head = await runWith(tasks, id, {
        created: [twice, aStep(1)],
        reports: [aReport(0, 2, 0, [2]), aReport(0, 1, 0, [1])],
      });
      expect(values(await queries.points(id, 0))).toEqual([2]);
      expect((await queries.texts(id, 0)).map((line) => [line.attempt, line.text])).toEqual([
        [1, 'loss 1'],
        [2, 'loss 2'],
      ]);
      expect(await queries.points(id, 1)).toEqual([]);
      await tasks.commit(
        id,
        aCommit(head, {
          changed: [aCompletedStep(0, { attempts: [anAttempt(1), anAttempt(2), anAttempt(3)] })],
        }),
      );
      expect(await queries.points(id, 0)).toEqual([]);
    });

    test('the plots of a step are those of all attempts, and a report that is repeated adds none', async () => {
      const { tasks, queries } = ports();
      const twice = aCompletedStep(0, { attempts: [anAttempt(1), anAttempt(2)] });
      const reports = [
        { ...aReport(0, 2, 0, []), plots: [aPlot(3), aPlot(4)] },
        { ...aReport(0, 1, 0, [1]), plots: [aPlot(1)] },
        aReport(0, 1, 1, [2]),
      ];
      await runWith(
        tasks,
        id,
        { created: [twice, aStep(1)], reports },
        { reports: [{ ...aReport(0, 2, 0, []), plots: [aPlot(9)] }] },
      );
      expect(await queries.plots(id, 0)).toEqual([
        { ...aPlot(1), attempt: 1 },
        { ...aPlot(3), attempt: 2 },
        { ...aPlot(4), attempt: 2 },
      ]);
      expect(await queries.plots(id, 1)).toEqual([]);
      expect(await queries.plots(runId(9), 0)).toEqual([]);
    });

    test('reports of the run count once by their id, in the order of commits', async () => {
      const { tasks, queries } = ports();
      const points = (value: number) => aReport(0, 1, 0, [value]).points;
      await runWith(
        tasks,
        id,
        { runReports: [{ id: 'b', points: points(1) }] },
        {
          runReports: [
            { id: 'a', points: points(2) },
            { id: 'b', points: points(3) },
          ],
        },
      );
      expect(values((await queries.runPoints(id)).points)).toEqual([1, 2]);
    });

    test('points of an attempt do not count on the run once a later attempt has started', async () => {
      const { tasks, queries } = ports();
      const points = (value: number) => aReport(0, 1, 0, [value]).points;
      const attempt = (number: number, call = 0) => ({ call, generation: 0, attempt: number });
      const head = await runWith(
        tasks,
        id,
        { runReports: [{ id: stepReportId(attempt(1), 0), points: points(1) }] },
        { runReports: [{ id: stepReportId(attempt(1, 1), 0), points: points(5) }] },
      );
      expect(values((await queries.runPoints(id)).points)).toEqual([1, 5]);
      await tasks.commit(
        id,
        aCommit(head, {
          runReports: [
            { id: attemptStartId(attempt(2)), points: [] },
            { id: stepReportId(attempt(2), 0), points: points(2) },
          ],
        }),
      );
      expect(values((await queries.runPoints(id)).points)).toEqual([5, 2]);
    });
  });
}
