/**
 * The records of runs and steps. Numbers in the names of tests are rules of `src/ports/tasks.ts`.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { RunHead } from '../../src/model/run.ts';
import { StaleRunError, type Tasks } from '../../src/ports/tasks.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import {
  aCommit,
  aCompletedStep,
  aComponent,
  aHead,
  anAttempt,
  anInfo,
  aReport,
  aStep,
  runId,
  sleepEnded,
} from './records.ts';

const id = runId(1);

/** Creates the run and applies the commits one behind the other. */
async function runWith(
  tasks: Tasks,
  run: RunId,
  ...contents: Parameters<typeof aCommit>[1][]
): Promise<RunHead> {
  let { head } = await tasks.createRun(anInfo(run), aHead(run));
  for (const content of contents) {
    const commit = aCommit(head, content);
    await tasks.commit(run, commit);
    head = commit.head;
  }
  return head;
}

export function tasksConformance(makePorts: MakePorts): void {
  describe('tasks: runs', () => {
    const ports = freshPorts(makePorts);

    test('a run comes back as it was created, numbered from 1 by project and pipeline', async () => {
      const { tasks } = ports();
      const first = await tasks.createRun(anInfo(id), aHead(id));
      expect(first).toEqual({ info: { ...anInfo(id), number: 1 }, head: aHead(id) });
      expect(await tasks.run(id)).toEqual(first);
      expect((await tasks.createRun(anInfo(runId(2)), aHead(runId(2)))).info.number).toBe(2);
      expect(
        (await tasks.createRun(anInfo(runId(3), { pipeline: 'other' }), aHead(runId(3)))).info
          .number,
      ).toBe(1);
      expect(
        (await tasks.createRun(anInfo(runId(4), { project: 'other' }), aHead(runId(4)))).info
          .number,
      ).toBe(1);
    });

    test('runs that are created at once have different numbers', async () => {
      const { tasks } = ports();
      const ids = Array.from({ length: 8 }, (_, n) => runId(n));
      const runs = await Promise.all(ids.map((run) => tasks.createRun(anInfo(run), aHead(run))));
      expect(runs.map((run) => run.info.number).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test('a run that is there already is returned as it is', async () => {
      const { tasks } = ports();
      await runWith(tasks, id, { created: [aStep(0)] });
      const again = await tasks.createRun(anInfo(id, { seed: 'other' }), aHead(id));
      expect(again.info).toEqual({ ...anInfo(id), number: 1 });
      expect(again.head.revision).toBe(1);
      expect(await tasks.run(id)).toEqual(again);
    });

    test('a run that does not exist is undefined and has nothing', async () => {
      const { tasks, queries } = ports();
      expect(await tasks.run(id)).toBeUndefined();
      expect(await tasks.component(id, 'step')).toBeUndefined();
      expect(await tasks.group(id, 'group')).toBeUndefined();
      expect(await tasks.findArchivedStep(id, 'step', 'digest', [])).toBeUndefined();
      const nothing = [
        tasks.steps(id, [0]),
        tasks.calls(id, -1, 10),
        tasks.events(id, 0, 10),
        tasks.signatures(id, 0, 10),
        tasks.children(id, 0, -1, 10),
      ];
      expect(
        await Promise.all([
          ...nothing,
          queries.allSteps(id),
          queries.points(id, null),
          queries.texts(id, 0),
        ]),
      ).toEqual(new Array(8).fill([]));
    });

    test('the list of runs is filtered, newest first, and paged by id', async () => {
      const { tasks, queries } = ports();
      for (let n = 1; n <= 4; n += 1)
        await tasks.createRun(
          anInfo(runId(n), n === 3 ? { pipeline: 'other', project: 'team' } : {}),
          aHead(runId(n)),
        );
      await tasks.commit(runId(2), aCommit(aHead(runId(2)), {}, { status: 'running' }));
      const ids = async (filter: Parameters<typeof queries.runs>[0]) =>
        (await queries.runs(filter)).map((run) => run.info.id);
      expect(await ids({ limit: 10 })).toEqual([runId(4), runId(3), runId(2), runId(1)]);
      expect(await ids({ limit: 2 })).toEqual([runId(4), runId(3)]);
      expect(await ids({ limit: 2, before: runId(3) })).toEqual([runId(2), runId(1)]);
      expect(await ids({ limit: 10, project: 'team' })).toEqual([runId(3)]);
      expect(await ids({ limit: 10, pipeline: 'iris', status: 'queued' })).toEqual([
        runId(4),
        runId(1),
      ]);
      expect((await queries.runs({ limit: 1, status: 'running' }))[0]?.head.status).toBe('running');
    });

    test('runs are found by the beginning of their id, at most two', async () => {
      const { tasks, queries } = ports();
      for (const n of [11, 12, 13, 20]) await tasks.createRun(anInfo(runId(n)), aHead(runId(n)));
      expect(await queries.runsWithPrefix(runId(20))).toEqual([runId(20)]);
      expect(await queries.runsWithPrefix(runId(20).slice(0, -1))).toEqual([runId(20)]);
      expect(await queries.runsWithPrefix(runId(11).slice(0, -1))).toHaveLength(2);
      expect(await queries.runsWithPrefix('zz')).toEqual([]);
    });
  });

  describe('tasks: commits', () => {
    const ports = freshPorts(makePorts);

    test('(2) a commit against another revision is refused and changes nothing', async () => {
      const { tasks, queries } = ports();
      const head = await runWith(tasks, id, {
        created: [aStep(0)],
        events: [sleepEnded(0)],
        signatures: ['a'],
      });
      const everything = {
        created: [aStep(1)],
        changed: [aCompletedStep(0)],
        events: [sleepEnded(1)],
        signatures: ['b'],
        edges: [{ parent: 0, child: 1 }],
        reports: [aReport(0, 1, 0, [1])],
      };
      for (const revision of [head.revision, head.revision + 2, 0]) {
        const stale = aCommit(head, everything, { revision });
        await expect(tasks.commit(id, stale)).rejects.toThrow(StaleRunError);
      }
      expect((await tasks.run(id))?.head).toEqual(head);
      expect(await queries.allSteps(id)).toEqual([aStep(0)]);
      expect(await tasks.events(id, 0, 10)).toEqual([sleepEnded(0)]);
      expect(await tasks.signatures(id, 0, 10)).toEqual(['a']);
      expect(await tasks.children(id, 0, -1, 10)).toEqual([]);
      expect(await queries.texts(id, 0)).toEqual([]);
    });

    test('(2) of two commits at once against one revision, one is refused', async () => {
      const { tasks } = ports();
      const head = await runWith(tasks, id);
      const results = await Promise.allSettled(
        [1, 2].map((n) =>
          tasks.commit(id, aCommit(head, { created: [aStep(0, { digest: `from ${n}` })] })),
        ),
      );
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await tasks.steps(id, [0])).map((step) => step.digest)).toEqual([
        results[0]?.status === 'fulfilled' ? 'from 1' : 'from 2',
      ]);
    });

    test('(2) a commit to a run that does not exist is refused', async () => {
      await expect(ports().tasks.commit(id, aCommit(aHead(id)))).rejects.toThrow(StaleRunError);
    });

    test('steps come back as they were written last, in the order asked for', async () => {
      const { tasks } = ports();
      await runWith(
        tasks,
        id,
        { created: [aStep(0), aStep(1), aStep(2)] },
        { changed: [aCompletedStep(1, { attempts: [anAttempt(1)] })] },
      );
      expect(await tasks.steps(id, [2, 7, 1])).toEqual([
        aStep(2),
        aCompletedStep(1, { attempts: [anAttempt(1)] }),
      ]);
      expect(await tasks.steps(id, [2, 9, 8, 0, 7, 6])).toEqual([aStep(2), aStep(0)]);
      expect(await tasks.steps(id, [])).toEqual([]);
    });

    test('a step that is created and changed by one commit is what the change says', async () => {
      const { tasks } = ports();
      await runWith(tasks, id, { created: [aStep(0)], changed: [aCompletedStep(0)] });
      expect(await tasks.steps(id, [0])).toEqual([aCompletedStep(0)]);
    });

    test('one run does not see the records of another', async () => {
      const { tasks, queries } = ports();
      const content = {
        created: [aStep(0)],
        edges: [{ parent: 'later', child: 0 }],
        events: [sleepEnded(0)],
        components: [aComponent('step', 1)],
        reports: [aReport(0, 1, 0, [1])],
      };
      await runWith(tasks, id, content);
      await runWith(tasks, runId(2));
      expect(await queries.allSteps(runId(2))).toEqual([]);
      expect(await tasks.callsNamed(runId(2), 'step', -1, 10)).toEqual([]);
      expect(await tasks.children(runId(2), 'later', -1, 10)).toEqual([]);
      expect(await tasks.events(runId(2), 0, 10)).toEqual([]);
      expect(await tasks.component(runId(2), 'step')).toBeUndefined();
      expect(await queries.texts(runId(2), 0)).toEqual([]);
    });

    test('components and groups are kept, and a component is replaced', async () => {
      const { tasks } = ports();
      const group = {
        number: 0,
        name: 'job-0',
        component: 'step',
        queue: 'default',
        members: [{ call: 0, attempt: 1 }],
      };
      await runWith(
        tasks,
        id,
        { components: [aComponent('step', 1)], groups: [group] },
        { components: [aComponent('step', 5), aComponent('other', 1)] },
      );
      expect(await tasks.component(id, 'step')).toEqual(aComponent('step', 5));
      expect(await tasks.component(id, 'other')).toEqual(aComponent('other', 1));
      expect(await tasks.component(id, 'none')).toBeUndefined();
      expect(await tasks.group(id, 'job-0')).toEqual(group);
      expect(await tasks.group(id, 'job-1')).toBeUndefined();
    });

    test('a commit of a thousand steps and edges is whole', async () => {
      const { tasks, queries } = ports();
      const created = Array.from({ length: 1001 }, (_, call) => aStep(call));
      await runWith(tasks, id, {
        created,
        edges: created.slice(1).map(({ call }) => ({ parent: 0, child: call })),
      });
      expect(await queries.allSteps(id)).toEqual(created);
      expect(await tasks.children(id, 0, -1, 2000)).toHaveLength(1000);
    });
  });

  describe('tasks: look-ups', () => {
    const ports = freshPorts(makePorts);

    test('children and parents come in ascending order, in pages, each edge once', async () => {
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

    test('call 0 is a parent and a child like any other', async () => {
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

    test('edges of a name go when the name is answered', async () => {
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

    test('a name that one commit both waits for and answers is answered', async () => {
      const { tasks } = ports();
      await runWith(tasks, id, {
        created: [aStep(0)],
        edges: [{ parent: 'train', child: 0 }],
        resolvedNames: ['train'],
      });
      expect(await tasks.children(id, 'train', -1, 10)).toEqual([]);
    });

    test('calls are found by the name of their step and of their component, each once, in ascending order', async () => {
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

    test('unfinished are the steps that are not terminal or whose callback is still to answer', async () => {
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

    test('events and signatures are read from any number, across commits', async () => {
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

    test('allSteps gives all or a page of them', async () => {
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

    test('a report that comes twice counts once, whatever the order', async () => {
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

    test('the points of a step are those of its last attempt, its texts those of all', async () => {
      const { tasks, queries } = ports();
      const twice = aCompletedStep(0, { attempts: [anAttempt(1), anAttempt(2)] });
      const head = await runWith(tasks, id, {
        created: [twice, aStep(1)],
        reports: [aReport(0, 2, 0, [2]), aReport(0, 1, 0, [1])],
      });
      expect(values(await queries.points(id, 0))).toEqual([2]);
      expect((await queries.texts(id, 0)).map((line) => line.text)).toEqual(['loss 1', 'loss 2']);
      expect(await queries.points(id, 1)).toEqual([]);
      await tasks.commit(
        id,
        aCommit(head, {
          changed: [aCompletedStep(0, { attempts: [anAttempt(1), anAttempt(2), anAttempt(3)] })],
        }),
      );
      expect(await queries.points(id, 0)).toEqual([]);
    });

    test('points of the run count once by their id, in the order of coming', async () => {
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
      expect(values(await queries.points(id, null))).toEqual([1, 2]);
    });
  });
}
