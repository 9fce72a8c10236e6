import { describe, expect, it } from 'vitest';
import type { Transition } from '../../../src/model/transition.ts';
import type { Commit, Timer } from '../../../src/ports/tasks.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';

/**
 * A harness that records each sweep timer that is set. In AWS each of them may fire, twice, because
 * a set timer is never withdrawn.
 */
function aBenchWithRecordedTimers() {
  const set: Timer[] = [];
  const storage = createMemoryStorage();
  const recorded =
    <A extends readonly unknown[]>(
      write: (...args: A) => Promise<void>,
      commitIn: (...args: A) => Commit,
    ) =>
    async (...args: A): Promise<void> => {
      await write(...args);
      set.push(...commitIn(...args).timers.set.filter(({ kind }) => kind === 'sweep'));
    };
  const { tasks } = storage;
  tasks.commit = recorded(tasks.commit.bind(tasks), (_, commit) => commit);
  tasks.rewind = recorded(tasks.rewind.bind(tasks), (_run, _cut, commit) => commit);
  const harness = new ControllerHarness(
    { components: { slow: {} }, main: async (logic) => logic.call('slow') },
    () => NO_OUTCOME,
    storage,
  );
  return { harness, set };
}

describe('sweep timers', () => {
  const fired = (
    run: Transition['run'],
    { generation }: Pick<Timer, 'generation'>,
  ): Transition => ({
    kind: 'timer.fired',
    run,
    timer: 'sweep',
    subject: 0,
    generation,
  });

  it('each sweep is due after the poolFrequency of the pipeline, in minutes', async () => {
    const { harness, set } = aBenchWithRecordedTimers();
    const startedAt = harness.now;
    const run = await harness.start({ poolFrequency: 0.5 });
    expect(set.map(({ at }) => at - startedAt)).toEqual([30_000]);
    harness.now += 45_000;
    for (const timer of [...set]) await harness.send(fired(run, timer));
    expect(set.map(({ at }) => at - startedAt)).toEqual([30_000, 75_000]);
  });

  it('a sweep timer has one successor, regardless of how often and how late it fires', async () => {
    const { harness, set } = aBenchWithRecordedTimers();
    const run = await harness.start();
    for (let fires = 0; fires < 20; fires += 1) {
      const due = [...set];
      harness.now += 3_600_000;
      // All timers that were ever set fire again, the last one first.
      for (const timer of due.reverse()) await harness.send(fired(run, timer), fired(run, timer));
      expect(set).toHaveLength(fires + 2);
    }
    expect(new Set(set.map(({ generation }) => generation)).size).toBe(set.length);
  });

  it('a sweep timer that was set before a resume has no successor', async () => {
    const { harness, set } = aBenchWithRecordedTimers();
    const run = await harness.start();
    await harness.send({ kind: 'run.abort', run, reason: 'to resume it' });
    await harness.send({
      kind: 'run.resume',
      run,
      revision: (await harness.run(run)).head.revision,
    });
    expect((await harness.run(run)).head).toMatchObject({ status: 'running', generation: 1 });
    expect(set).toHaveLength(2);
    const [before, after] = set;
    if (before === undefined || after === undefined) return expect.unreachable();
    await harness.send(fired(run, before));
    expect(set).toHaveLength(2);
    await harness.send(fired(run, after), fired(run, after));
    expect(set).toHaveLength(3);
  });

  it('a firing whose generation was never set has no successor', async () => {
    const { harness, set } = aBenchWithRecordedTimers();
    const run = await harness.start();
    await harness.send(fired(run, { generation: 0 }), fired(run, { generation: 2 }));
    expect(set.map(({ generation }) => generation)).toEqual([1]);
  });
});
