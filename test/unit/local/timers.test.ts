import { describe, expect, test } from 'vitest';
import type { DueTimer, Timers } from '../../../src/local/store/timer-records.ts';
import type { Tasks, Timer } from '../../../src/ports/tasks.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { aCommit, aHead, anInfo, runId } from '../../conformance/records.ts';
import { temporaryHomes } from './home.ts';

const { home, open } = temporaryHomes();
const [one, two] = [runId(1), runId(2)];
const retry = (subject: number, at: number, generation = 1): Timer => ({
  kind: 'retry',
  subject,
  generation,
  at,
});
const due = (run: typeof one, timer: Timer): DueTimer => ({ run, ...timer });

const storages: readonly (readonly [
  string,
  () => { readonly tasks: Tasks; readonly timers: Timers },
])[] = [
  ['in SQLite', () => open(home())],
  ['in memory', () => createMemoryStorage()],
];

describe.each(storages)('timers %s', (_, make) => {
  test('due timers of the requested runs are returned, the earliest first', async () => {
    const { tasks, timers } = make();
    for (const run of [one, two]) await tasks.createRun(anInfo(run), aHead(run));
    await tasks.commit(
      one,
      aCommit(aHead(one), {
        timers: {
          set: [retry(0, 30), retry(1, 10), { kind: 'sleep', subject: 0, generation: 0, at: 20 }],
        },
      }),
    );
    await tasks.commit(two, aCommit(aHead(two), { timers: { set: [retry(0, 5)] } }));
    expect(timers.nextDueAt([one])).toBe(10);
    expect(timers.nextDueAt([one, two])).toBe(5);
    expect(timers.nextDueAt([])).toBeUndefined();
    expect(timers.due([one], 9, 10)).toEqual([]);
    expect(timers.due([one], 30, 10).map(({ kind, subject }) => [kind, subject])).toEqual([
      ['retry', 1],
      ['sleep', 0],
      ['retry', 0],
    ]);
    expect(timers.due([one, two], 100, 2)).toEqual([due(two, retry(0, 5)), due(one, retry(1, 10))]);
  });

  test('a timer is removed when it was handled, unless it was set again', async () => {
    const { tasks, timers } = make();
    await tasks.createRun(anInfo(one), aHead(one));
    const first = aCommit(aHead(one), { timers: { set: [retry(0, 10), retry(1, 10)] } });
    await tasks.commit(one, first);
    const fired = timers.due([one], 10, 10);
    expect(timers.due([one], 10, 10)).toEqual(fired);
    await tasks.commit(one, aCommit(first.head, { timers: { set: [retry(0, 50, 2)] } }));
    timers.removeHandled(fired);
    expect(timers.due([one], 100, 10)).toEqual([due(one, retry(0, 50, 2))]);
  });

  test('commits clear and replace timers', async () => {
    const { tasks, timers } = make();
    await tasks.createRun(anInfo(one), aHead(one));
    const first = aCommit(aHead(one), { timers: { set: [retry(0, 10), retry(1, 20)] } });
    await tasks.commit(one, first);
    await tasks.commit(
      one,
      aCommit(first.head, {
        timers: {
          clear: [
            { kind: 'retry', subject: 0 },
            { kind: 'lease', subject: 1 },
          ],
          set: [retry(1, 25, 3)],
        },
      }),
    );
    expect(timers.due([one], 100, 10)).toEqual([due(one, retry(1, 25, 3))]);
  });
});
