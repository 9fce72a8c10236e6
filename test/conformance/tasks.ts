/**
 * Conformance tests of the records of runs and steps. Numbers in titles are invariants of
 * `src/ports/tasks.ts`.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { childRunId } from '../../src/model/child-run-ids.ts';
import { type RunId, runIdSchema } from '../../src/model/ids.ts';
import type { ParentStep } from '../../src/model/run.ts';
import { StaleRunError } from '../../src/ports/tasks.ts';
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
  runWith,
  sleepEnded,
} from './records.ts';
import { taskLookupsConformance } from './task-lookups.ts';

const id = runId(1);

export function tasksConformance(makePorts: MakePorts): void {
  describe('tasks: runs', () => {
    const ports = freshPorts(makePorts);

    test('a run is read as it was created, numbered from 1 by project and pipeline', async () => {
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

    test('runs that are created concurrently have different numbers', async () => {
      const { tasks } = ports();
      const ids = Array.from({ length: 8 }, (_, n) => runId(n));
      const runs = await Promise.all(ids.map((run) => tasks.createRun(anInfo(run), aHead(run))));
      expect(runs.map((run) => run.info.number).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test('creating an existing run returns it unchanged', async () => {
      const { tasks } = ports();
      await runWith(tasks, id, { created: [aStep(0)] });
      const again = await tasks.createRun(anInfo(id, { seed: 'other' }), aHead(id));
      expect(again.info).toEqual({ ...anInfo(id), number: 1 });
      expect(again.head.revision).toBe(1);
      expect(await tasks.run(id)).toEqual(again);
    });

    test('a missing run is undefined and has no records', async () => {
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
          queries.points(id, 0),
          queries.texts(id, 0),
        ]),
      ).toEqual(new Array(8).fill([]));
    });

    test('runs are listed newest first, filtered, in pages by id', async () => {
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

    test('runs are found by a tag that they have now, newest first', async () => {
      const { tasks, queries } = ports();
      const withTags = (n: number, tags: readonly string[]) =>
        tasks.createRun(anInfo(runId(n)), { ...aHead(runId(n)), tags: [...tags] });
      const ids = async (filter: Parameters<typeof queries.runs>[0]) =>
        (await queries.runs(filter)).map((run) => run.info.id);
      await withTags(1, ['a', 'b']);
      await withTags(2, ['b']);
      await withTags(3, []);
      const { head } = await withTags(4, ['b']);
      expect(await ids({ tag: 'b', limit: 10 })).toEqual([runId(4), runId(2), runId(1)]);
      expect(await ids({ tag: 'b', limit: 2 })).toEqual([runId(4), runId(2)]);
      expect(await ids({ tag: 'b', limit: 2, before: runId(4) })).toEqual([runId(2), runId(1)]);
      expect(await ids({ tag: 'b', limit: 2, pipeline: 'none' })).toEqual([]);
      expect(await ids({ tag: 'b', limit: 2, project: 'none' })).toEqual([]);
      expect(await ids({ tag: 'c', limit: 10 })).toEqual([]);
      await tasks.commit(runId(4), aCommit(head, {}, { tags: ['c'] }));
      expect(await ids({ tag: 'b', limit: 10 })).toEqual([runId(2), runId(1)]);
      expect(await ids({ tag: 'c', limit: 10 })).toEqual([runId(4)]);
    });

    test('the child runs of a run are found, and neither those of others nor their own', async () => {
      const { tasks, queries } = ports();
      const [parent, other] = [runId(50), runId(51)];
      const child = (run: RunId, number: number): ParentStep => ({
        run,
        pipeline: 'iris',
        number: 1,
        step: 'child',
        call: number,
        job: { name: `${run}-0-child-${number}`, index: 0 },
        depth: 1,
      });
      const create = async (parentStep: ParentStep, pipeline: string): Promise<RunId> => {
        const id = childRunId(parentStep.job);
        await tasks.createRun(anInfo(id, { pipeline, parent: parentStep }), aHead(id));
        return id;
      };
      for (const id of [parent, other]) await tasks.createRun(anInfo(id), aHead(id));
      const children = [
        await create(child(parent, 1), 'first'),
        await create(child(parent, 2), 'second'),
        await create(child(parent, 3), 'second'),
      ];
      await create(child(other, 1), 'first');
      await create(child(children[0] ?? parent, 1), 'first');
      const later = runIdSchema.parse(`7${runId(1).slice(1)}`);
      await tasks.createRun(anInfo(later), aHead(later));
      const ids = async (filter: Partial<Parameters<typeof queries.runs>[0]>) =>
        (await queries.runs({ limit: 10, parent, ...filter })).map((run) => run.info.id);
      const inOrder = [...children].sort().reverse();
      expect(await ids({})).toEqual(inOrder);
      expect(await ids({ limit: 2 })).toEqual(inOrder.slice(0, 2));
      expect(await ids({ limit: 2, before: inOrder[1] })).toEqual(inOrder.slice(2));
      expect(await ids({ pipeline: 'first' })).toEqual(children.slice(0, 1));
      expect(await ids({ project: 'demo', pipeline: 'none' })).toEqual([]);
      expect(await ids({ parent: later })).toEqual([]);
    });

    test('the runs of a project include those of the projects below it', async () => {
      const { tasks, queries, registry } = ports();
      const projects = ['team', 'team/sub', 'team-2', 'team/sub/deep', 'other'];
      for (const [n, project] of projects.entries()) {
        await registry.register({ project, name: 'p' }, '1.0.0', 'hash', false);
        await tasks.createRun(anInfo(runId(n), { project, pipeline: 'p' }), aHead(runId(n)));
      }
      const found = async (filter: Omit<Parameters<typeof queries.runs>[0], 'limit'>) =>
        (await queries.runs({ ...filter, limit: 10 })).map(({ info }) => info.project);
      expect(await found({ project: 'team' })).toEqual(['team/sub/deep', 'team/sub', 'team']);
      expect(await found({ project: 'team', status: 'queued' })).toHaveLength(3);
      expect(await found({ project: 'team', status: 'failed' })).toEqual([]);
      expect(await found({ project: 'team/sub' })).toEqual(['team/sub/deep', 'team/sub']);
      expect(await found({ project: 'team-2' })).toEqual(['team-2']);
      expect(await found({ project: 'tea' })).toEqual([]);
    });

    test('a run is found by its number in its pipeline', async () => {
      const { tasks, queries } = ports();
      const create = (n: number, project: string) =>
        tasks.createRun(anInfo(runId(n), { project, pipeline: 'p' }), aHead(runId(n)));
      for (const [n, project] of ['a', 'b', 'a'].entries()) await create(n, project);
      await create(2, 'a');
      const idOf = async (project: string, number: number) =>
        (await queries.runNumbered({ project, name: 'p' }, number))?.info.id;
      expect(await idOf('a', 1)).toBe(runId(0));
      expect(await idOf('a', 2)).toBe(runId(2));
      expect(await idOf('b', 1)).toBe(runId(1));
      expect(await idOf('b', 2)).toBeUndefined();
      expect(await idOf('c', 1)).toBeUndefined();
    });

    test('at most two runs are found by the prefix of their id', async () => {
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

    test('(2) a commit against another revision is rejected and changes nothing', async () => {
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

    test('(2) of two concurrent commits against one revision, one is rejected', async () => {
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

    test('(2) a commit to a missing run is rejected', async () => {
      await expect(ports().tasks.commit(id, aCommit(aHead(id)))).rejects.toThrow(StaleRunError);
    });

    test('steps are read as they were last written, in the requested order', async () => {
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

    test('a step that one commit creates and changes has the changed state', async () => {
      const { tasks } = ports();
      await runWith(tasks, id, { created: [aStep(0)], changed: [aCompletedStep(0)] });
      expect(await tasks.steps(id, [0])).toEqual([aCompletedStep(0)]);
    });

    test('the records of a run are not part of another run', async () => {
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

    test('components and groups are stored, and a component can be replaced', async () => {
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

    test('a commit of a thousand steps and edges is stored completely', async () => {
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

  taskLookupsConformance(makePorts);
}
