/**
 * Conformance tests of the list of the runs that use a version of a registered model.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { Step } from '../../src/model/step.ts';
import type { UsedModel } from '../../src/model/use-model.ts';
import type { ModelUsesPage, RunQueries } from '../../src/ports/tasks.ts';
import { type AllPortsUnderTest, freshPorts } from './ports.ts';
import { aCommit, aCompletedStep, aHead, anInfo, aStep, runId, runWith } from './records.ts';

const iris = (version: number, over: Partial<UsedModel> = {}): UsedModel => ({
  project: 'examples',
  name: 'iris',
  version,
  ...over,
});

const aUse = (call: number, usedModel: UsedModel = iris(1)): Step =>
  aCompletedStep(call, { usedModel });

/** The run and the call of each use. */
const listed = async (
  queries: RunQueries,
  model: UsedModel,
  page: Partial<ModelUsesPage> = {},
): Promise<readonly (readonly [RunId, number])[]> =>
  (await queries.modelUses(model, { limit: 100, ...page })).map(({ run, step }) => [
    run.info.id,
    step.call,
  ]);

export function modelUsesConformance(
  makePorts: () => Promise<Pick<AllPortsUnderTest, 'tasks' | 'queries' | 'removal' | 'close'>>,
): void {
  describe('tasks: uses of models', () => {
    const ports = freshPorts(makePorts);

    test('a version has the steps that provide it, with their runs, the newest first', async () => {
      const { tasks, queries } = ports();
      const other = iris(1, { project: 'other' });
      await runWith(tasks, runId(1), { created: [aStep(0), aUse(1), aUse(2, iris(2))] });
      await runWith(
        tasks,
        runId(2),
        { created: [aUse(0), aUse(1, other)] },
        { created: [aUse(2)] },
      );
      expect(await listed(queries, iris(1))).toEqual([
        [runId(2), 2],
        [runId(2), 0],
        [runId(1), 1],
      ]);
      expect(await listed(queries, iris(2))).toEqual([[runId(1), 2]]);
      expect(await listed(queries, other)).toEqual([[runId(2), 1]]);
      expect(await listed(queries, iris(3))).toEqual([]);
      expect(await queries.modelUses(iris(2), { limit: 1 })).toEqual([
        { run: await tasks.run(runId(1)), step: aUse(2, iris(2)) },
      ]);
    });

    test('uses are read in pages, over runs with several', async () => {
      const { tasks, queries } = ports();
      for (const n of [1, 2, 3])
        await runWith(tasks, runId(n), { created: [0, 1, 2].map((call) => aUse(call)) });
      const all = await listed(queries, iris(1));
      expect(all).toHaveLength(9);
      for (const limit of [1, 2, 4]) {
        const read: (readonly [RunId, number])[] = [];
        while (true) {
          const [run, call] = read.at(-1) ?? [];
          const before = run === undefined || call === undefined ? undefined : { run, call };
          const page = await listed(queries, iris(1), { before, limit });
          read.push(...page);
          if (page.length < limit) break;
        }
        expect(read).toEqual(all);
      }
    });

    test('a step that changes is one use, and a step that provides another version is a use of that', async () => {
      const { tasks, queries } = ports();
      const head = await runWith(
        tasks,
        runId(1),
        { created: [aStep(0)] },
        { changed: [aUse(0)] },
        { changed: [{ ...aUse(0), awaited: true }] },
      );
      expect(await listed(queries, iris(1))).toEqual([[runId(1), 0]]);
      await tasks.commit(runId(1), aCommit(head, { changed: [aUse(0, iris(2))] }));
      expect(await listed(queries, iris(1))).toEqual([]);
      expect(await listed(queries, iris(2))).toEqual([[runId(1), 0]]);
    });

    test('a commit against another revision is no use', async () => {
      const { tasks, queries } = ports();
      await tasks.createRun(anInfo(runId(1)), aHead(runId(1)));
      const stale = aCommit(aHead(runId(1), { revision: 5 }), { created: [aUse(0)] });
      await expect(tasks.commit(runId(1), stale)).rejects.toThrow('no longer at revision');
      expect(await listed(queries, iris(1))).toEqual([]);
    });

    test('a superseded step is no use until a call adopts it', async () => {
      const { tasks, queries } = ports();
      const before = await runWith(tasks, runId(1), { created: [aUse(0), aUse(1)] });
      const commit = aCommit(before, {}, { callCount: 1 });
      await tasks.rewind(runId(1), { eventCount: 0, commandCount: 0, callCount: 1 }, commit);
      expect(await listed(queries, iris(1))).toEqual([[runId(1), 0]]);
      const found = await tasks.findArchivedStep(runId(1), 'step', 'digest-1', []);
      const created = [aStep(1), ...(found === undefined ? [] : [{ ...found.step, call: 2 }])];
      await tasks.commit(runId(1), aCommit(commit.head, { created }));
      expect(await listed(queries, iris(1))).toEqual([
        [runId(1), 2],
        [runId(1), 0],
      ]);
    });

    test('a removed run uses no model, and the pages go on with the runs before it', async () => {
      const { tasks, queries, removal } = ports();
      for (const n of [1, 2, 3]) await runWith(tasks, runId(n), { created: [aUse(0)] });
      await removal.startRemoval(runId(2));
      await removal.remove(runId(2));
      expect(await listed(queries, iris(1))).toEqual([
        [runId(3), 0],
        [runId(1), 0],
      ]);
      const before = { run: runId(2), call: 0 };
      expect(await listed(queries, iris(1), { before, limit: 1 })).toEqual([[runId(1), 0]]);
    });
  });
}
