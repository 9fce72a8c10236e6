/**
 * Conformance tests of the removal of runs.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { RunRemovedError } from '../../src/ports/removal.ts';
import { type AllPortsUnderTest, freshPorts } from './ports.ts';
import { aCommit, aCompletedStep, aHead, anInfo, aReport, runId, sleepEnded } from './records.ts';

export function removalConformance(
  makePorts: () => Promise<Pick<AllPortsUnderTest, 'tasks' | 'queries' | 'removal' | 'close'>>,
): void {
  describe('removal', () => {
    const ports = freshPorts(makePorts);

    test('a removed run is not found by any query, and removing it again is not an error', async () => {
      const { tasks, queries, removal } = ports();
      const id = runId(1);
      const info = anInfo(id);
      await tasks.createRun(info, { ...aHead(id), tags: ['t'] });
      const content = {
        created: [aCompletedStep(0), aCompletedStep(1)],
        edges: [{ parent: 0, child: 1 }],
        events: [sleepEnded(0)],
        signatures: ['s'],
        reports: [aReport(0, 1, 0, [1])],
      };
      await tasks.commit(id, aCommit(aHead(id), content, { status: 'completed', tags: ['t'] }));
      await removal.remove(id);
      await removal.remove(id);
      expect(await tasks.run(id)).toBeUndefined();
      expect(await tasks.steps(id, [0, 1])).toEqual([]);
      expect(await tasks.children(id, 0, -1, 10)).toEqual([]);
      expect(await tasks.calls(id, -1, 10)).toEqual([]);
      expect(await tasks.events(id, 0, 10)).toEqual([]);
      expect(await tasks.signatures(id, 0, 10)).toEqual([]);
      expect(await queries.runs({ limit: 10 })).toEqual([]);
      expect(await queries.runs({ tag: 't', limit: 10 })).toEqual([]);
      const pipeline = { project: info.project, name: info.pipeline };
      expect(await queries.runNumbered(pipeline, 1)).toBeUndefined();
      expect(await queries.runsWithPrefix(id)).toEqual([]);
      expect(await queries.allSteps(id)).toEqual([]);
      expect(await queries.points(id, 0)).toEqual([]);
      expect(await queries.texts(id, 0)).toEqual([]);
      await removal.remove(runId(9));
    });

    test('a shared run stays marked as shared, and a run that is being removed cannot be shared', async () => {
      const { tasks, removal } = ports();
      const [shared, unshared, absent] = [runId(1), runId(2), runId(9)];
      for (const id of [shared, unshared]) await tasks.createRun(anInfo(id), aHead(id));
      expect([
        await tasks.share(shared),
        await tasks.share(shared),
        await tasks.share(absent),
      ]).toEqual([true, true, false]);
      expect([await removal.startRemoval(shared), await removal.startRemoval(shared)]).toEqual([
        { shared: true },
        { shared: true },
      ]);
      expect([
        await removal.startRemoval(unshared),
        await removal.startRemoval(unshared),
        await removal.startRemoval(absent),
      ]).toEqual(new Array(3).fill({ shared: false }));
      expect(await tasks.share(unshared)).toBe(false);
      expect(await removal.isBeingRemoved(unshared)).toBe(true);
      expect(await removal.isBeingRemoved(absent)).toBe(false);
      // The process that started the removal may crash: the run exists until it is removed.
      expect((await tasks.run(unshared))?.info.id).toBe(unshared);
      await removal.remove(unshared);
      expect(await removal.isBeingRemoved(unshared)).toBe(false);
      expect(await tasks.share(unshared)).toBe(false);
      expect(await removal.startRemoval(unshared)).toEqual({ shared: false });
    });

    test('a concurrent share and removal agree on which was first', async () => {
      const { tasks, removal } = ports();
      for (let n = 1; n <= 8; n += 1) {
        await tasks.createRun(anInfo(runId(n)), aHead(runId(n)));
        const [couldShare, { shared }] = await Promise.all([
          tasks.share(runId(n)),
          removal.startRemoval(runId(n)),
        ]);
        expect(shared).toBe(couldShare);
      }
    });

    test('a removal does not change other runs, and neither the number nor the id is used again', async () => {
      const { tasks, queries, removal } = ports();
      const [first, second, third] = [runId(1), runId(2), runId(3)];
      for (const id of [first, second]) {
        const { head } = await tasks.createRun(anInfo(id), aHead(id));
        await tasks.commit(
          id,
          aCommit(head, { created: [aCompletedStep(0, { name: `step of ${id}` })] }),
        );
      }
      await removal.remove(second);
      expect((await queries.allSteps(first)).map(({ name }) => name)).toEqual([`step of ${first}`]);
      await expect(tasks.createRun(anInfo(second), aHead(second))).rejects.toThrow(RunRemovedError);
      const next = await tasks.createRun(anInfo(third), aHead(third));
      expect(next.info.number).toBe(3);
      expect(await queries.allSteps(third)).toEqual([]);
      expect((await queries.runs({ limit: 10 })).map(({ info }) => info.id)).toEqual([
        third,
        first,
      ]);
    });
  });
}
