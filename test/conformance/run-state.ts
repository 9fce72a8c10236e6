/**
 * Conformance tests of the reads of a run as a whole: graph, state, times and changes.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { RunHead } from '../../src/model/run.ts';
import type { Attempt, Step } from '../../src/model/step.ts';
import { MAX_CHANGED_REVISIONS } from '../../src/ports/run-state.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import { aCommit, aComponent, aHead, anAttempt, anInfo, aStep, runId, runWith } from './records.ts';
import { expectRunState, type RunRecords } from './run-state-agreement.ts';

const id = runId(1);

const START = 1_700_000_000_000;

const executed = (
  number: number,
  status: Attempt['status'],
  from: number,
  to: number,
): Attempt => ({
  ...anAttempt(number),
  status,
  queuedAt: START + from - 10,
  startedAt: START + from,
  ...(status === 'running' ? {} : { endedAt: START + to }),
});

/** A step of the component `name`, the `ordinal`-th of its calls. */
function aCall(call: number, name: string, ordinal: number, over: Partial<Step> = {}): Step {
  return aStep(call, {
    component: name,
    name: ordinal === 0 ? name : `${name}_${ordinal}`,
    waitingFor: 'none',
    ...over,
  });
}

/** Commits in order; returns the last head. */
async function commitAll(
  { tasks }: Pick<RunRecords, 'tasks'>,
  run: RunId,
  head: RunHead,
  contents: readonly Parameters<typeof aCommit>[1][],
): Promise<RunHead> {
  let last = head;
  for (const content of contents) {
    const commit = aCommit(last, content);
    await tasks.commit(run, commit);
    last = commit.head;
  }
  return last;
}

export function runStateConformance(makePorts: MakePorts): void {
  describe('tasks: graph, state, times and changes', () => {
    const ports = freshPorts(makePorts);

    test('a missing run has no graph, state, times or changes; those of a new run are empty', async () => {
      const { tasks, queries } = ports();
      expect(await queries.graph(id, 0, 10)).toBeUndefined();
      expect(await queries.state(id)).toBeUndefined();
      expect(await queries.times(id, 0, 10)).toBeUndefined();
      expect(await queries.changes(id, 0, 10)).toBeUndefined();
      await tasks.createRun(anInfo(id), aHead(id));
      expect(await queries.graph(id, 0, 10)).toEqual({
        epoch: 0,
        calls: [],
        more: false,
        ordinals: new Map(),
      });
      expect(await queries.state(id)).toEqual({
        epoch: 0,
        revision: 0,
        statuses: new Uint8Array(),
        components: [],
      });
      expect(await queries.times(id, 7, 10)).toEqual({
        epoch: 0,
        revision: 0,
        steps: [],
        more: false,
      });
      expect(await queries.changes(id, 0, 10)).toEqual({
        epoch: 0,
        revision: 0,
        reset: false,
        more: false,
        run: undefined,
        calls: 0,
        steps: [],
      });
    });

    test('the graph has components, names and parents, whatever the size of a page', async () => {
      const records = ports();
      await runWith(
        records.tasks,
        id,
        {
          created: [
            aCall(0, 'load', 0),
            aCall(1, 'train', 0),
            aCall(2, 'train', 1),
            aStep(3, { component: 'train', name: 'train_7' }),
          ],
          components: [aComponent('load', 1), aComponent('train', 3)],
          edges: [
            { parent: 0, child: 1 },
            { parent: 0, child: 2 },
            { parent: 1, child: 3 },
            { parent: 2, child: 3 },
          ],
        },
        {
          created: [aCall(4, 'report', 0), aCall(5, 'train', 3)],
          components: [aComponent('report', 1), aComponent('train', 4)],
          edges: [
            { parent: 0, child: 4 },
            { parent: 2, child: 4 },
            { parent: 3, child: 4 },
          ],
        },
      );
      await expectRunState(records, id, [1, 2, 3, 4, 5, 6, 7]);
    });

    test('the graph of a call with 1,300 parents, some of them missing in between, has all of them', async () => {
      const records = ports();
      const members = Array.from({ length: 1400 }, (_, call) => aCall(call, 'map', call));
      const joined = members.filter(({ call }) => call % 100 < 93);
      await runWith(
        records.tasks,
        id,
        { created: members.slice(0, 600), components: [aComponent('map', 600)] },
        { created: members.slice(600), components: [aComponent('map', 1400)] },
        {
          created: [aCall(1400, 'join', 0), aCall(1401, 'join', 1)],
          components: [aComponent('join', 2)],
          edges: [
            ...joined.map(({ call }) => ({ parent: call, child: 1400 })),
            ...members
              .filter(({ call }) => call % 2 === 0)
              .map(({ call }) => ({ parent: call, child: 1401 })),
          ],
        },
      );
      await expectRunState(records, id, [500, 2000]);
      const [join] = (await records.queries.graph(id, 1400, 1))?.calls ?? [];
      expect(join?.parents).toHaveLength(14);
    });

    test('a call that waited for a name gets its parents when a call has the name; the changes of that commit are a reset', async () => {
      const records = ports();
      const { tasks, queries } = records;
      const head = await runWith(tasks, id, {
        created: [aCall(0, 'first', 0), aCall(1, 'second', 0)],
        components: [aComponent('first', 1), aComponent('second', 1)],
        edges: [
          { parent: 'later', child: 0 },
          { parent: 0, child: 1 },
        ],
      });
      await expectRunState(records, id, [1, 9]);
      await commitAll(records, id, head, [
        {
          created: [aCall(2, 'later', 0)],
          components: [aComponent('later', 1)],
          edges: [{ parent: 2, child: 0 }],
          resolvedNames: ['later'],
        },
      ]);
      await expectRunState(records, id, [1, 2, 9]);
      expect((await queries.graph(id, 0, 1))?.calls[0]?.parents).toEqual([[2, 2]]);
      expect(await queries.changes(id, 1, 10)).toMatchObject({
        reset: true,
        steps: [],
        revision: 2,
        calls: 3,
      });
    });

    test('the state follows steps through attempts, failures, retries, skips, cache hits and adoptions', async () => {
      const records = ports();
      const { tasks } = records;
      let head = (await tasks.createRun(anInfo(id), aHead(id))).head;
      const calls = Array.from({ length: 30 }, (_, call) => aCall(call, 'train', call));
      const failed = (call: number, over: Partial<Step> = {}): Step =>
        aCall(call, 'train', call, {
          status: 'failed',
          attempts: [executed(1, 'failed', 5 + call, 60 + call)],
          startedAt: START + 5 + call,
          endedAt: START + 60 + call,
          ...over,
        });
      const contents: readonly Parameters<typeof aCommit>[1][] = [
        { created: calls, components: [aComponent('train', 30)] },
        {
          changed: calls.slice(0, 25).map(({ call }) =>
            aCall(call, 'train', call, {
              status: 'running',
              attempts: [executed(1, 'running', 5 + call, 0)],
              startedAt: START + 5 + call,
            }),
          ),
        },
        { changed: calls.slice(0, 23).map(({ call }) => failed(call)) },
        {
          changed: [
            failed(0, { status: 'pending', endedAt: null }),
            failed(1, { waitingFor: 'retry' }),
            aCall(25, 'train', 25, { status: 'skipped', waitingFor: 'none', cause: 3 }),
            aCall(26, 'train', 26, { status: 'cached', waitingFor: 'postExecute' }),
            aCall(27, 'train', 27, {
              status: 'completed',
              adoptedFrom: { run: runId(9), step: 'train' },
              attempts: [executed(1, 'completed', -90_000, -80_000)],
              startedAt: START - 90_000,
              endedAt: START - 80_000,
            }),
            aCall(28, 'train', 28, { status: 'aborted', endedAt: START + 5 }),
          ],
        },
        {
          changed: [
            ...[0, 23, 24].map((call) =>
              aCall(call, 'train', call, {
                status: 'completed',
                waitingFor: call === 24 ? 'postExecute' : 'none',
                attempts: [
                  ...(call === 0 ? [executed(1, 'failed', 5, 60)] : []),
                  executed(call === 0 ? 2 : 1, 'completed', 100, 100 + 10 ** (call % 5)),
                ],
                startedAt: START + 5,
                endedAt: START + 100 + 10 ** (call % 5),
              }),
            ),
            aCall(26, 'train', 26, { status: 'cached' }),
          ],
        },
        {
          changed: [
            aCall(24, 'train', 24, {
              status: 'completed',
              attempts: [executed(1, 'completed', 100, 100 + 10 ** 4)],
              startedAt: START + 5,
              endedAt: START + 100 + 10 ** 4,
            }),
          ],
          created: [aCall(30, 'last', 0)],
          components: [aComponent('last', 1)],
        },
      ];
      for (const content of contents) {
        head = await commitAll(records, id, head, [content]);
        await expectRunState(records, id, [7, 100]);
      }
      const state = await records.queries.state(id);
      expect(state?.components[0]).toMatchObject({
        name: 'train',
        calls: 30,
        counts: { completed: 4, failed: 22, cached: 1, skipped: 1, aborted: 1, pending: 1 },
        startedAt: START + 5,
        endedAt: START + 10_100,
        durationMs: 11_001,
        durations: [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0],
        failures: Array.from({ length: 20 }, (_, n) => n + 1),
      });
    });

    test('after a rewind, graph and state have the remaining calls in a new epoch, then those that follow', async () => {
      const records = ports();
      const { tasks, queries } = records;
      const completed = (call: number, name: string, ordinal: number): Step =>
        aCall(call, name, ordinal, {
          status: 'completed',
          attempts: [executed(1, 'completed', call * 100, call * 100 + 50 + call)],
          startedAt: START + call * 100,
          endedAt: START + call * 100 + 50 + call,
        });
      const head = await runWith(
        tasks,
        id,
        {
          created: [0, 1, 2, 3, 4, 5].map((call) =>
            aCall(call, call % 2 === 0 ? 'even' : 'odd', call >> 1),
          ),
          components: [aComponent('even', 3), aComponent('odd', 3)],
          edges: [1, 2, 3, 4, 5].map((child) => ({ parent: child - 1, child })),
        },
        {
          changed: [0, 1, 2, 3, 4].map((call) =>
            completed(call, call % 2 === 0 ? 'even' : 'odd', call >> 1),
          ),
        },
        { created: [aCall(6, 'gone', 0)], components: [aComponent('gone', 1)] },
      );
      await expectRunState(records, id, [2, 9]);
      const cut = { eventCount: 0, commandCount: 0, callCount: 3 };
      const commit = aCommit(
        { ...head, callCount: 3 },
        { changed: [completed(2, 'even', 1)] },
        { generation: 1 },
      );
      await tasks.rewind(id, cut, commit);
      await expectRunState(records, id, [2, 9]);
      expect(await queries.graph(id, 0, 9)).toMatchObject({ epoch: 1, more: false });
      expect((await queries.state(id))?.components.map(({ name, calls }) => [name, calls])).toEqual(
        [
          ['even', 2],
          ['odd', 1],
        ],
      );
      for (const since of [0, head.revision - 1, head.revision])
        expect(await queries.changes(id, since, 200)).toMatchObject({
          epoch: 1,
          reset: true,
          steps: [],
        });
      await commitAll(records, id, commit.head, [
        {
          created: [aCall(3, 'other', 0), aCall(4, 'odd', 1)],
          components: [aComponent('other', 1), aComponent('odd', 2)],
          edges: [{ parent: 1, child: 4 }],
        },
        { changed: [completed(4, 'odd', 1)] },
      ]);
      await expectRunState(records, id, [2, 9]);
      const changes = await queries.changes(id, commit.head.revision, 200);
      expect(changes).toMatchObject({ epoch: 1, reset: false, calls: 5 });
      expect(changes?.steps.map(({ call, status }) => [call, status])).toEqual([
        [3, 'pending'],
        [4, 'completed'],
      ]);
    });

    test('changes list each changed step once, in the order of calls, up to the revision that they name', async () => {
      const records = ports();
      const { tasks, queries } = records;
      await runWith(
        tasks,
        id,
        { created: [aCall(0, 'a', 0), aCall(1, 'a', 1)], components: [aComponent('a', 2)] },
        { changed: [aCall(1, 'a', 1, { status: 'queued' })] },
        {},
        { changed: [aCall(0, 'a', 0, { status: 'queued' })], created: [aCall(2, 'a', 2)] },
        { changed: [aCall(1, 'a', 1, { status: 'running' })] },
      );
      const listed = async (since: number, limit = 200) => {
        const found = await queries.changes(id, since, limit);
        return {
          revision: found?.revision,
          more: found?.more,
          reset: found?.reset,
          run: found?.run?.head.revision,
          calls: found?.calls,
          steps: found?.steps.map(({ call }) => call),
        };
      };
      const rest = { more: false, reset: false, run: 5, calls: 3, revision: 5 };
      expect(await listed(0)).toEqual({ ...rest, steps: [0, 1, 2] });
      expect(await listed(1)).toEqual({ ...rest, steps: [0, 1, 2] });
      expect(await listed(4)).toEqual({ ...rest, steps: [1] });
      expect(await listed(5)).toEqual({ ...rest, run: undefined, steps: [] });
      expect(await listed(1, 1)).toEqual({ ...rest, revision: 2, more: true, steps: [1] });
      expect(await listed(2, 1)).toEqual({ ...rest, revision: 3, more: true, steps: [] });
      expect(await listed(3, 1)).toEqual({ ...rest, revision: 4, more: true, steps: [0, 2] });
      expect(await listed(4, 1)).toEqual({ ...rest, steps: [1] });
      expect(await listed(6)).toEqual({ ...rest, reset: true, steps: [] });
      const [step] = (await queries.changes(id, 4, 200))?.steps ?? [];
      expect(step).toEqual(aCall(1, 'a', 1, { status: 'running' }));
    });

    test('changes since a revision that is too far back are a reset', async () => {
      const records = ports();
      const { tasks, queries } = records;
      const head = await runWith(tasks, id, { created: [aCall(0, 'a', 0)] });
      await commitAll(
        records,
        id,
        head,
        Array.from({ length: MAX_CHANGED_REVISIONS }, (_, n) => ({
          changed: [aCall(0, 'a', 0, { watermark: n })],
        })),
      );
      const revision = MAX_CHANGED_REVISIONS + 1;
      expect(await queries.changes(id, 0, 200)).toMatchObject({ reset: true, revision, steps: [] });
      expect(await queries.changes(id, 1, 200)).toMatchObject({
        reset: false,
        more: false,
        revision,
        steps: [{ call: 0, watermark: MAX_CHANGED_REVISIONS - 1 }],
      });
    });
  });
}
