import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../src/model/ids.ts';
import { heldCount, waitingCount } from '../../../src/model/limit-state.ts';
import type { Step } from '../../../src/model/step.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';
import type { Script } from './logic.ts';

const SECOND = `${'0'.repeat(25)}1`;
const noOutcome = () => NO_OUTCOME;

const fanOut = (
  count: number,
  concurrency: NonNullable<Script['components'][string]['concurrency']>,
): Script => ({
  components: { a: { concurrency } },
  main: async (logic) => {
    for (let n = 0; n < count; n += 1) logic.call('a', n);
  },
});

/** The message that completes the last attempt of a step. */
function finished(step: Step, outcome: 'ok' | 'fails' = 'ok', run?: RunId): Transition {
  const attempt = step.attempts.at(-1);
  if (attempt === undefined || run === undefined) throw new Error(`${step.name} has no attempt`);
  return {
    kind: 'finished',
    run,
    call: step.call,
    attempt: attempt.number,
    job: `${attempt.job.name}:${attempt.job.index}`,
    token: `token of ${attempt.job.name}`,
    at: 1_000_000,
    outcome:
      outcome === 'ok'
        ? { ok: true, values: [{ format: 'json', text: '1' }], artifacts: [] }
        : { ok: false, error: { name: 'Error', message: 'it fails' } },
  };
}

async function complete(harness: ControllerHarness, run: RunId, call: number, fails = false) {
  const step = (await harness.steps(run))[call];
  if (step === undefined) throw new Error(`there is no call ${call}`);
  await harness.send(finished(step, fails ? 'fails' : 'ok', run));
}

const liveCalls = async (harness: ControllerHarness, run: RunId): Promise<number[]> =>
  (await harness.steps(run))
    .filter(({ status }) => status === 'queued' || status === 'running')
    .map(({ call }) => call);

const slots = (harness: ControllerHarness) =>
  [...harness.storage.limits.all.values()].map(({ state }) => [
    heldCount(state),
    waitingCount(state),
  ]);

describe('the limit of a component', () => {
  it('a fan-out is launched in groups that fit into the limit, in the order of calls', async () => {
    const harness = new ControllerHarness(fanOut(1000, 10), noOutcome);
    const run = await harness.start();
    expect(harness.submittedGroups).toHaveLength(1);
    expect(await liveCalls(harness, run)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await harness.steps(run))[10]).toMatchObject({
      status: 'pending',
      waitingFor: 'limit',
      slot: { limit: 10 },
    });
    expect(slots(harness)).toEqual([[10, 990]]);
    await complete(harness, run, 3);
    expect(await liveCalls(harness, run)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9, 10]);
    expect(harness.submittedGroups).toHaveLength(2);
  });

  it('all steps of a limited fan-out complete, and the limit is removed', async () => {
    const harness = new ControllerHarness(fanOut(57, 4));
    const run = await harness.start();
    expect((await harness.run(run)).head.status).toBe('completed');
    expect(harness.submittedSpecs).toHaveLength(57);
    expect(slots(harness)).toEqual([]);
    expect((await harness.run(run)).head.limitCheck?.keys).toEqual([]);
  });

  it('a completion costs as many requests for a limit with a thousand waiting steps as with ten', async () => {
    const costs: string[][] = [];
    for (const count of [20, 1000]) {
      const harness = new ControllerHarness(fanOut(count, 10), noOutcome);
      const calls = countCalls(harness);
      const run = await harness.start();
      calls.length = 0;
      await complete(harness, run, 0);
      costs.push([...calls]);
    }
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[0]).toEqual(['read', 'write']);
  });

  it('steps without a limit make no request', async () => {
    const harness = new ControllerHarness({
      components: { a: {} },
      main: async (logic) => logic.call('a'),
    });
    const calls = countCalls(harness);
    const run = await harness.start();
    expect((await harness.run(run)).head.status).toBe('completed');
    expect(calls).toEqual([]);
  });

  it('a failed attempt frees its slot, and its retry waits behind the others', async () => {
    const harness = new ControllerHarness(
      {
        components: { a: { concurrency: 1, retryOnFailure: 1 } },
        main: async (logic) => [logic.call('a', 1), logic.call('a', 2), logic.call('a', 3)].length,
      },
      noOutcome,
    );
    const run = await harness.start();
    await complete(harness, run, 0, true);
    expect(await liveCalls(harness, run)).toEqual([1]);
    await harness.fireNextTimer(run);
    await complete(harness, run, 1);
    expect(await liveCalls(harness, run)).toEqual([2]);
    await complete(harness, run, 2);
    expect(await liveCalls(harness, run)).toEqual([0]);
    await complete(harness, run, 0);
    expect((await harness.run(run)).head.status).toBe('completed');
    expect(slots(harness)).toEqual([]);
  });

  it('a step that a failed turn requested a slot for does not keep it from the step that it depends on', async () => {
    const harness = new ControllerHarness(
      {
        components: { a: { concurrency: 1, retryOnFailure: 1 } },
        main: async (logic) => logic.call('a', logic.call('a', 1)),
      },
      noOutcome,
    );
    const run = await harness.start();
    const { tasks } = harness.storage;
    const commit = tasks.commit.bind(tasks);
    tasks.commit = () => Promise.reject(new Error('the table is busy'));
    // The second call is ready in this turn, and gets a place in the limit's queue.
    await expect(complete(harness, run, 0)).rejects.toThrow('busy');
    tasks.commit = commit;
    expect(slots(harness)).toEqual([[1, 1]]);
    // The job's end arrives first when the messages come again: the attempt failed.
    await complete(harness, run, 0, true);
    await harness.fireNextTimer(run);
    expect(await liveCalls(harness, run)).toEqual([0]);
    await complete(harness, run, 0);
    await complete(harness, run, 1);
    expect((await harness.run(run)).head.status).toBe('completed');
    expect(slots(harness)).toEqual([]);
  });
});

function countCalls(harness: ControllerHarness): string[] {
  const calls: string[] = [];
  const { limits } = harness.storage;
  const read = limits.read.bind(limits);
  const write = limits.write.bind(limits);
  Object.assign(limits, {
    read: (key: string) => {
      calls.push('read');
      return read(key);
    },
    write: (...args: Parameters<typeof write>) => {
      calls.push('write');
      return write(...args);
    },
  });
  return calls;
}

describe('a limit that runs share', () => {
  const shared: Script = {
    components: {
      a: { concurrency: { limit: 1, key: 'gpu' } },
      b: { concurrency: { limit: 1, key: 'gpu' } },
    },
    main: async (logic) => [logic.call('a'), logic.call('b')].length,
  };

  /** Two runs of which the first holds the only slot, and the messages to the second. */
  async function twoRuns(script = shared) {
    const storage = createMemoryStorage();
    const first = new ControllerHarness(script, noOutcome, storage);
    const second = new ControllerHarness(script, noOutcome, storage);
    const run1 = await first.start();
    const run2 = await second.start({}, SECOND);
    return { storage, first, second, run1, run2 };
  }

  it('steps of several components and runs with one key start first come, first served', async () => {
    const { first, second, run1, run2 } = await twoRuns();
    expect(await liveCalls(first, run1)).toEqual([0]);
    expect(await liveCalls(second, run2)).toEqual([]);
    await complete(first, run1, 0);
    await complete(first, run1, 1);
    expect(await liveCalls(second, run2)).toEqual([0]);
    await complete(second, run2, 0);
    await complete(second, run2, 1);
    expect((await second.run(run2)).head.status).toBe('completed');
    expect(slots(first)).toEqual([]);
  });

  it('each run has a limit of its own with the scope of the run', async () => {
    const { first, second, run1, run2 } = await twoRuns(
      fanOut(2, { limit: 1, key: 'gpu', scope: 'run' }),
    );
    expect(await liveCalls(first, run1)).toEqual([0]);
    expect(await liveCalls(second, run2)).toEqual([0]);
  });

  it('an aborted run frees its slots and leaves the queue', async () => {
    const { first, second, run1, run2 } = await twoRuns();
    await first.send({ kind: 'run.abort', run: run1, reason: 'test' });
    expect((await first.run(run1)).head.status).toBe('aborted');
    expect(await liveCalls(second, run2)).toEqual([0]);
    expect(slots(first)).toEqual([[1, 1]]);
  });

  it('a grant whose message is lost is found by the timer of the run that waits', async () => {
    const { storage, first, second, run1, run2 } = await twoRuns();
    const lossy = new ControllerHarness(shared, noOutcome, storage);
    Object.assign(lossy.ports.transitions, { send: async () => undefined });
    for (const call of [0, 1]) {
      const step = (await first.steps(run1))[call];
      if (step !== undefined) await lossy.controller.handle(run1, [finished(step, 'ok', run1)]);
    }
    expect(await liveCalls(second, run2)).toEqual([]);
    await second.fireNextTimer(run2);
    expect(await liveCalls(second, run2)).toEqual([0]);
  });

  it('a grant that arrives twice, or late, launches nothing without a slot', async () => {
    const { first, second, run1, run2 } = await twoRuns();
    const key = (await second.steps(run2))[0]?.slot?.key ?? '';
    const granted: Transition = { kind: 'limit.granted', run: run2, key, calls: [0, 1] };
    await second.send(granted);
    expect(await liveCalls(second, run2)).toEqual([]);
    await complete(first, run1, 0);
    await complete(first, run1, 1);
    await second.send(granted, granted);
    expect(await liveCalls(second, run2)).toEqual([0]);
    expect(slots(first)).toEqual([[1, 1]]);
  });

  it('the slots of a run that no process moves are freed by a run that waits', async () => {
    const { second, run1, run2 } = await twoRuns();
    Object.assign(second.ports.liveness, { isAlive: async (run: RunId) => run !== run1 });
    await second.fireNextTimer(run2);
    expect(await liveCalls(second, run2)).toEqual([0]);
    expect(slots(second)).toEqual([[1, 1]]);
  });

  /** Completes both steps of the first run; the controller crashes when it releases the last slot. */
  async function crashBeforeRelease() {
    const context = await twoRuns();
    const { storage, first, run1 } = context;
    await complete(first, run1, 0);
    const step = (await first.steps(run1))[1];
    if (step === undefined) throw new Error('there is no call 1');
    const message = finished(step, 'ok', run1);
    const read = storage.limits.read.bind(storage.limits);
    Object.assign(storage.limits, { read: async () => Promise.reject(new Error('crash')) });
    await expect(first.controller.handle(run1, [message])).rejects.toThrow('crash');
    Object.assign(storage.limits, { read });
    expect((await first.run(run1)).head.status).toBe('completed');
    expect(await liveCalls(context.second, context.run2)).toEqual([]);
    return { ...context, message };
  }

  it('a run that waits frees the slot of a step whose controller crashed before the release', async () => {
    const { second, run2 } = await crashBeforeRelease();
    await second.fireNextTimer(run2);
    expect(await liveCalls(second, run2)).toEqual([0]);
  });

  it('the batch that is handled again after a crash releases the slots of the last commit', async () => {
    const { first, second, run2, message } = await crashBeforeRelease();
    await first.send(message);
    expect(await liveCalls(second, run2)).toEqual([0]);
    expect(slots(first)).toEqual([[1, 1]]);
  });
});
