/**
 * Conformance tests of the artifacts and models of runs.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { freshPorts, type MakePorts } from './ports.ts';
import { aCommit, aHead, aModel, anArtifact, anInfo, runId, runWith } from './records.ts';

const id = runId(1);

export function runOutputsConformance(makePorts: MakePorts): void {
  describe('tasks: artifacts and models of runs', () => {
    const ports = freshPorts(makePorts);

    test('artifacts and models of a run are listed by name, the last one of each name', async () => {
      const { tasks, queries } = ports();
      await runWith(
        tasks,
        id,
        { runOutputs: { artifacts: [anArtifact('b'), anArtifact('a')], models: [aModel('b')] } },
        { runOutputs: { artifacts: [anArtifact('b', { size: 7 })], models: [] } },
      );
      await runWith(tasks, runId(2), {
        runOutputs: { artifacts: [anArtifact('c')], models: [aModel('c')] },
      });
      expect(await queries.runArtifacts(id, { limit: 10 })).toEqual([
        anArtifact('a'),
        anArtifact('b', { size: 7 }),
      ]);
      expect(await queries.runModels(id, { limit: 10 })).toEqual([aModel('b')]);
      expect(await queries.runArtifacts(runId(3), { limit: 10 })).toEqual([]);
      expect(await queries.runModels(runId(3), { limit: 10 })).toEqual([]);
    });

    test('they are read in pages after a name, and by name', async () => {
      const { tasks, queries } = ports();
      const names = ['', 'a', 'a#b', 'ab', 'z', 'é', '漢', '🙂'];
      await runWith(
        tasks,
        id,
        ...names.map((name) => ({
          runOutputs: { artifacts: [anArtifact(name)], models: [aModel(name)] },
        })),
      );
      const read: string[] = [];
      for (let after: string | undefined; ; after = read.at(-1)) {
        const page = await queries.runArtifacts(id, { after, limit: 3 });
        read.push(...page.map(({ name }) => name));
        if (page.length < 3) break;
      }
      expect(read).toEqual(names);
      expect(await queries.runArtifacts(id, { name: 'a', limit: 9 })).toEqual([anArtifact('a')]);
      expect(await queries.runModels(id, { name: '🙂', limit: 9 })).toEqual([aModel('🙂')]);
      expect(await queries.runModels(id, { name: 'b', limit: 9 })).toEqual([]);
    });

    test('a rewind keeps them', async () => {
      const { tasks, queries } = ports();
      const head = await runWith(tasks, id, {
        runOutputs: { artifacts: [anArtifact('a')], models: [] },
      });
      await tasks.rewind(
        id,
        { eventCount: 0, commandCount: 0, callCount: 0 },
        aCommit(head, { runOutputs: { artifacts: [anArtifact('b')], models: [] } }),
      );
      expect((await queries.runArtifacts(id, { limit: 9 })).map(({ name }) => name)).toEqual([
        'a',
        'b',
      ]);
    });

    test('a commit against another revision adds none', async () => {
      const { tasks, queries } = ports();
      await tasks.createRun(anInfo(id), aHead(id));
      const stale = aCommit(aHead(id, { revision: 5 }), {
        runOutputs: { artifacts: [anArtifact('a')], models: [] },
      });
      await expect(tasks.commit(id, stale)).rejects.toThrow('no longer at revision');
      expect(await queries.runArtifacts(id, { limit: 9 })).toEqual([]);
    });
  });
}
