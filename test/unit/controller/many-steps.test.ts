import { describe, expect, it } from 'vitest';
import { WorkingSet } from '../../../src/controller/turn/working-set.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { aComponent, aStep, runId, runWith } from '../../conformance/records.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';

const STEPS = 250;

/** A run with 250 running steps, and the largest number of steps that one read returned since. */
async function aWideRun() {
  const storage = createMemoryStorage();
  const { tasks } = storage;
  const steps = tasks.steps.bind(tasks);
  let largestRead = 0;
  tasks.steps = async (id, calls) => {
    largestRead = Math.max(largestRead, calls.length);
    return steps(id, calls);
  };
  const harness = new ControllerHarness(
    {
      components: { a: {} },
      main: async (logic) =>
        void (await Promise.all(Array.from({ length: STEPS }, () => logic.call('a')))),
    },
    () => NO_OUTCOME,
    storage,
  );
  const run = await harness.start();
  largestRead = 0;
  return { harness, run, largestRead: () => largestRead };
}

describe('turns that read all unfinished steps, each of which may be large', () => {
  it('an abort reads at most 100 steps at once, and aborts all of them', async () => {
    const { harness, run, largestRead } = await aWideRun();
    await harness.send({ kind: 'run.abort', run, reason: 'enough' });
    expect(largestRead()).toBe(100);
    expect(new Set(Object.values(await harness.statuses(run)))).toEqual(new Set(['aborted']));
    expect((await harness.run(run)).head.status).toBe('aborted');
  });

  it('a sweep reads at most 100 steps at once', async () => {
    const { harness, run, largestRead } = await aWideRun();
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect(largestRead()).toBe(100);
  });

  it('a working set reads steps that it forgot again', async () => {
    const { tasks } = createMemoryStorage();
    const id = runId(1);
    await runWith(tasks, id, {
      created: [aStep(0), aStep(1)],
      components: [aComponent('step', 2)],
    });
    const set = new WorkingSet(tasks, id);
    await set.load([0, 1]);
    set.forget((call) => call === 1);
    expect(set.loaded(0)).toBeUndefined();
    expect(set.loaded(1)).toEqual(aStep(1));
    expect(await set.step(0)).toEqual(aStep(0));
  });
});
