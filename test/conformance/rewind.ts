/**
 * Conformance tests of rewinds and archived steps, which resumes and reruns need.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
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
  aPlot,
  aReport,
  aStep,
  runId,
  sleepEnded,
} from './records.ts';

const id = runId(1);
const values = (points: readonly { readonly value: unknown }[]) =>
  points.map((point) => point.value);

/**
 * A run with six steps of two components in a chain, six events and signatures in three commits,
 * and a report for each step.
 */
async function aRun(tasks: Tasks): Promise<RunHead> {
  let { head } = await tasks.createRun(anInfo(id), aHead(id));
  for (const calls of [
    [0, 1],
    [2, 3],
    [4, 5],
  ]) {
    const commit = aCommit(head, {
      created: calls.map((call) =>
        aCompletedStep(call, {
          component: call % 2 === 0 ? 'even' : 'odd',
          name: `n${call}`,
          attempts: [anAttempt(1)],
        }),
      ),
      edges: calls.filter((call) => call > 0).map((call) => ({ parent: call - 1, child: call })),
      events: calls.map(sleepEnded),
      signatures: calls.map((call) => `s${call}`),
      components: [aComponent('even', 3), aComponent('odd', 3)],
      reports: calls.map((call) => ({
        ...aReport(call, 1, 0, [call]),
        plots: [aPlot(call)],
      })),
    });
    await tasks.commit(id, commit);
    head = commit.head;
  }
  return head;
}

/** The head with the counters of the cut, as a resume writes it. */
const rewound = (
  head: RunHead,
  cut: { readonly eventCount: number; readonly commandCount: number; readonly callCount: number },
): RunHead => ({
  ...head,
  eventCount: cut.eventCount,
  commandCount: cut.commandCount,
  callCount: cut.callCount,
});

export function rewindConformance(makePorts: MakePorts): void {
  describe('tasks: rewind', () => {
    const ports = freshPorts(makePorts);
    const cut = { eventCount: 3, commandCount: 4, callCount: 3 };

    test('a rewind removes events, signatures, steps and edges from the cut on, and applies its commit', async () => {
      const { tasks, queries } = ports();
      const commit = aCommit(
        rewound(await aRun(tasks), cut),
        { created: [aStep(3, { name: 'new' })], events: [sleepEnded(33)], signatures: ['new'] },
        { generation: 1 },
      );
      await tasks.rewind(id, cut, commit);
      expect((await tasks.run(id))?.head).toEqual(commit.head);
      expect(await tasks.events(id, 0, 100)).toEqual([
        sleepEnded(0),
        sleepEnded(1),
        sleepEnded(2),
        sleepEnded(33),
      ]);
      expect(await tasks.events(id, 3, 100)).toEqual([sleepEnded(33)]);
      expect(await tasks.signatures(id, 0, 100)).toEqual(['s0', 's1', 's2', 's3', 'new']);
      expect(await tasks.calls(id, -1, 100)).toEqual([0, 1, 2, 3]);
      expect(await tasks.children(id, 2, -1, 10)).toEqual([]);
      expect(await tasks.children(id, 1, -1, 10)).toEqual([2]);
      expect(await tasks.parents(id, 4, -1, 10)).toEqual([]);
      expect(await tasks.callsNamed(id, 'even', -1, 10)).toEqual([0, 2]);
      expect(await tasks.callsNamed(id, 'n4', -1, 10)).toEqual([]);
      expect((await tasks.component(id, 'even'))?.callCount).toBe(2);
      expect((await tasks.component(id, 'odd'))?.callCount).toBe(1);
      expect((await queries.allSteps(id)).map((step) => [step.call, step.status])).toEqual([
        [0, 'completed'],
        [1, 'completed'],
        [2, 'completed'],
        [3, 'pending'],
        [3, 'superseded'],
        [4, 'superseded'],
        [5, 'superseded'],
      ]);
    });

    test('a run can be cut at its first and after its last event', async () => {
      const { tasks, queries } = ports();
      const head = await aRun(tasks);
      const afterLast = { eventCount: 6, commandCount: 6, callCount: 6 };
      const atEnd = aCommit(rewound(head, afterLast));
      await tasks.rewind(id, afterLast, atEnd);
      expect(await tasks.events(id, 0, 100)).toHaveLength(6);
      expect(await queries.allSteps(id)).toHaveLength(6);
      const nothing = { eventCount: 0, commandCount: 0, callCount: 0 };
      await tasks.rewind(
        id,
        nothing,
        aCommit(rewound(atEnd.head, nothing), { events: [sleepEnded(7)] }),
      );
      expect(await tasks.events(id, 0, 100)).toEqual([sleepEnded(7)]);
      expect(await tasks.signatures(id, 0, 100)).toEqual([]);
      expect(await tasks.calls(id, -1, 100)).toEqual([]);
      expect((await tasks.component(id, 'odd'))?.callCount).toBe(0);
    });

    test('a rewind also removes edges from a step after the cut to a step before it', async () => {
      const { tasks } = ports();
      const link = aCommit(await aRun(tasks), {
        edges: [
          { parent: 5, child: 1 },
          { parent: 'later', child: 4 },
          { parent: 'later', child: 2 },
        ],
      });
      await tasks.commit(id, link);
      await tasks.rewind(id, cut, aCommit(rewound(link.head, cut)));
      expect(await tasks.children(id, 5, -1, 10)).toEqual([]);
      expect(await tasks.parents(id, 1, -1, 10)).toEqual([0]);
      expect(await tasks.children(id, 'later', -1, 10)).toEqual([2]);
    });

    test('a rewind against another revision is rejected and changes nothing', async () => {
      const { tasks, queries } = ports();
      const head = await aRun(tasks);
      await expect(
        tasks.rewind(id, cut, aCommit(rewound(head, cut), {}, { revision: head.revision })),
      ).rejects.toThrow(StaleRunError);
      expect(await tasks.events(id, 0, 100)).toHaveLength(6);
      expect((await queries.allSteps(id)).every((step) => step.status === 'completed')).toBe(true);
      expect(await tasks.findArchivedStep(id, 'odd', 'digest-3', [])).toBeUndefined();
    });

    test('an archived step is found unchanged until a call adopts it', async () => {
      const { tasks, queries } = ports();
      const resumed = aCommit(rewound(await aRun(tasks), cut));
      await tasks.rewind(id, cut, resumed);
      const found = await tasks.findArchivedStep(id, 'odd', 'digest-3', []);
      expect(found?.step).toEqual(
        aCompletedStep(3, { component: 'odd', name: 'n3', attempts: [anAttempt(1)] }),
      );
      expect(await tasks.findArchivedStep(id, 'even', 'digest-3', [])).toBeUndefined();
      expect(await tasks.findArchivedStep(id, 'odd', 'digest-1', [])).toBeUndefined();
      if (found === undefined) return;
      expect(await tasks.findArchivedStep(id, 'odd', 'digest-3', [found.archive])).toBeUndefined();
      await tasks.commit(
        id,
        aCommit(resumed.head, {
          created: [aCompletedStep(3, { component: 'odd', digest: 'digest-3' })],
          adoptions: [{ archive: found.archive, call: 3 }],
        }),
      );
      expect(await tasks.findArchivedStep(id, 'odd', 'digest-3', [])).toBeUndefined();
      expect((await queries.allSteps(id)).map((step) => [step.call, step.status]).slice(3)).toEqual(
        [
          [3, 'completed'],
          [4, 'superseded'],
          [5, 'superseded'],
        ],
      );
    });

    test('equal archived steps are found in the order of calls, each once', async () => {
      const { tasks } = ports();
      const { head } = await tasks.createRun(anInfo(id), aHead(id));
      const three = aCommit(head, {
        created: [0, 1, 2].map((call) => aCompletedStep(call, { digest: 'same' })),
      });
      await tasks.commit(id, three);
      const all = { eventCount: 0, commandCount: 0, callCount: 0 };
      await tasks.rewind(id, all, aCommit(rewound(three.head, all)));
      const adopted: string[] = [];
      const calls: number[] = [];
      for (
        let found = await tasks.findArchivedStep(id, 'step', 'same', adopted);
        found !== undefined;
        found = await tasks.findArchivedStep(id, 'step', 'same', adopted)
      ) {
        adopted.push(found.archive);
        calls.push(found.step.call);
      }
      expect(calls).toEqual([0, 1, 2]);
    });

    test('the reports of an archived step belong to the call that adopts it', async () => {
      const { tasks, queries } = ports();
      const resumed = aCommit(rewound(await aRun(tasks), cut), {
        created: [aCompletedStep(3, { attempts: [anAttempt(1)] })],
      });
      await tasks.rewind(id, cut, resumed);
      expect(await queries.points(id, 3)).toEqual([]);
      expect(await queries.texts(id, 3)).toEqual([]);
      const found = await tasks.findArchivedStep(id, 'even', 'digest-4', []);
      await tasks.commit(
        id,
        aCommit(resumed.head, {
          created: [
            aCompletedStep(4, { component: 'odd' }),
            aCompletedStep(5, { component: 'even', digest: 'digest-4', attempts: [anAttempt(1)] }),
          ],
          adoptions: found === undefined ? [] : [{ archive: found.archive, call: 5 }],
        }),
      );
      expect(values(await queries.points(id, 5))).toEqual([4]);
      expect((await queries.texts(id, 5)).map((line) => line.text)).toEqual(['loss 4']);
      expect((await queries.plots(id, 5)).map(({ iteration }) => iteration)).toEqual([4]);
      expect(await queries.points(id, 2)).toHaveLength(1);
    });

    test('a run can be rewound repeatedly, and archived steps of all rewinds can be adopted', async () => {
      const { tasks, queries } = ports();
      const first = aCommit(rewound(await aRun(tasks), cut), {
        created: [aCompletedStep(3, { digest: 'second rewind' })],
      });
      await tasks.rewind(id, cut, first);
      const deeper = { eventCount: 1, commandCount: 1, callCount: 1 };
      await tasks.rewind(id, deeper, aCommit(rewound(first.head, deeper)));
      expect((await queries.allSteps(id)).map((step) => [step.call, step.digest])).toEqual([
        [0, 'digest-0'],
        [3, 'digest-3'],
        [4, 'digest-4'],
        [5, 'digest-5'],
        [1, 'digest-1'],
        [2, 'digest-2'],
        [3, 'second rewind'],
      ]);
      expect((await tasks.findArchivedStep(id, 'step', 'second rewind', []))?.step.call).toBe(3);
    });

    test('superseded steps are listed after the others', async () => {
      const { tasks, queries } = ports();
      await tasks.rewind(id, cut, aCommit(rewound(await aRun(tasks), cut)));
      const pages: number[][] = [];
      for (let after = 0; ; after += 2) {
        const page = await queries.allSteps(id, 2, after);
        if (page.length === 0) break;
        pages.push(page.map((step) => step.call));
      }
      expect(pages).toEqual([
        [0, 1],
        [2, 3],
        [4, 5],
      ]);
    });
  });

  describe('tasks: copies for a rerun', () => {
    const ports = freshPorts(makePorts);
    const rerun = runId(2);

    test('steps of another run are adopted with copies of their reports', async () => {
      const { tasks, queries } = ports();
      await aRun(tasks);
      const { head } = await tasks.createRun(anInfo(rerun, { rerunOf: id }), aHead(rerun));
      const steps = await tasks.steps(id, [0, 1, 2]);
      await tasks.archive(rerun, id, steps);
      expect(await queries.allSteps(rerun)).toEqual([]);
      const found = await tasks.findArchivedStep(rerun, 'odd', 'digest-1', []);
      expect(found?.step).toEqual(steps[1]);
      if (found === undefined) return;
      await tasks.commit(
        rerun,
        aCommit(head, {
          created: [{ ...found.step, call: 0 }],
          adoptions: [{ archive: found.archive, call: 0 }],
        }),
      );
      expect(values(await queries.points(rerun, 0))).toEqual([1]);
      expect(values(await queries.points(id, 1))).toEqual([1]);
      expect(await tasks.findArchivedStep(rerun, 'odd', 'digest-1', [])).toBeUndefined();
      expect(await tasks.findArchivedStep(id, 'odd', 'digest-1', [])).toBeUndefined();
    });

    test('copying steps again changes nothing, also if some were adopted', async () => {
      const { tasks, queries } = ports();
      await aRun(tasks);
      const { head } = await tasks.createRun(anInfo(rerun), aHead(rerun));
      const steps = await tasks.steps(id, [0, 1]);
      await tasks.archive(rerun, id, steps);
      const found = await tasks.findArchivedStep(rerun, 'even', 'digest-0', []);
      await tasks.commit(
        rerun,
        aCommit(head, {
          created: [aCompletedStep(0, { attempts: [anAttempt(1)] })],
          adoptions: found === undefined ? [] : [{ archive: found.archive, call: 0 }],
        }),
      );
      await tasks.archive(rerun, id, [...steps, ...(await tasks.steps(id, [2]))]);
      expect(await tasks.findArchivedStep(rerun, 'even', 'digest-0', [])).toBeUndefined();
      expect((await tasks.findArchivedStep(rerun, 'odd', 'digest-1', []))?.step.call).toBe(1);
      expect((await tasks.findArchivedStep(rerun, 'even', 'digest-2', []))?.step.call).toBe(2);
      expect(values(await queries.points(rerun, 0))).toEqual([0]);
    });
  });
}
