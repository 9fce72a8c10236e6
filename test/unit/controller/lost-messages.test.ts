import { describe, expect, it } from 'vitest';
import { createController } from '../../../src/controller/controller.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';
import type { Script } from './logic.ts';

const MINUTE_MS = 60_000;
const ONE_STEP = {
  components: { a: { retryOnFailure: 1 } },
  main: async (logic: Parameters<ConstructorParameters<typeof ControllerHarness>[0]['main']>[0]) =>
    logic.call('a'),
};

describe('a retry whose timer never fires', () => {
  async function aPendingRetry() {
    const harness = new ControllerHarness(ONE_STEP, ({ attempt }) =>
      attempt === 1 ? new Error('a broke') : 7,
    );
    const run = await harness.start();
    const [step] = await harness.storage.tasks.steps(run, [0]);
    expect(step).toMatchObject({ status: 'pending', waitingFor: 'backoff' });
    return { harness, run, generation: step?.timerGeneration ?? 0 };
  }

  it('a sweep starts a retry some time after it was due, not before', async () => {
    const { harness, run } = await aPendingRetry();
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect(harness.submittedSpecs).toHaveLength(1);
    harness.now += 5 * MINUTE_MS;
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect(harness.submittedSpecs).toHaveLength(2);
  });

  it('a retry that a sweep started is not started again by its timer', async () => {
    const { harness, run, generation } = await aPendingRetry();
    harness.now += 5 * MINUTE_MS;
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    await harness.send({ kind: 'timer.fired', run, timer: 'retry', subject: 0, generation });
    expect(harness.submittedSpecs).toHaveLength(2);
  });
});

describe('a job that is missing', () => {
  async function aMissingJob() {
    const harness = new ControllerHarness(ONE_STEP, ({ attempt }) =>
      attempt === 1 ? NO_OUTCOME : 7,
    );
    const run = await harness.start();
    const [spec] = harness.submittedSpecs;
    if (spec === undefined) throw new Error('no job was submitted');
    const job = `${harness.submittedGroups[0]}:0`;
    harness.loseJob(job);
    const sweep = { kind: 'run.sweep', run, unknownJobsLost: false } as const;
    await harness.send(sweep);
    harness.now += 6 * MINUTE_MS;
    const finished: Transition = {
      kind: 'finished',
      run,
      call: 0,
      attempt: 1,
      job,
      token: spec.token,
      at: harness.now,
      outcome: { ok: true, values: [{ format: 'json', text: '5' }], artifacts: [] },
    };
    return { harness, run, sweep, finished };
  }

  it('a result that waits behind a sweep counts, although the sweep is delivered again minutes later (2)', async () => {
    const { harness, run, sweep, finished } = await aMissingJob();
    await harness.send(sweep, finished);
    expect((await harness.finish(run)).head.status).toBe('completed');
    const [step] = await harness.steps(run);
    expect(step?.attempts.map(({ status }) => status)).toEqual(['completed']);
    expect(harness.submittedSpecs).toHaveLength(1);
  });

  it('a job without a result is lost, and its step is executed again (2)', async () => {
    const { harness, run, sweep } = await aMissingJob();
    await harness.send(sweep);
    expect((await harness.finish(run)).head.status).toBe('completed');
    const [step] = await harness.steps(run);
    expect(step?.attempts).toMatchObject([
      { status: 'failed', reason: 'its job disappeared without reporting a result' },
      { status: 'completed' },
    ]);
  });
});

describe('a sleep whose timer never fires', () => {
  const script: Script = {
    components: {},
    main: async (logic) => {
      await Promise.all(Array.from({ length: 12 }, () => logic.sleep(5000)));
      return 'done';
    },
  };

  it('a sweep ends up to ten sleeps some time after they were due', async () => {
    const harness = new ControllerHarness(script);
    const run = await harness.start();
    const sweep = () => harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    await sweep();
    expect((await harness.run(run)).head).toMatchObject({
      pendingSleepCount: 12,
      pendingSleeps: expect.arrayContaining([{ sleep: 9, at: expect.any(Number) }]),
    });
    harness.now += 5 * MINUTE_MS;
    await sweep();
    expect((await harness.run(run)).head).toMatchObject({
      status: 'running',
      pendingSleepCount: 2,
      endedSleepsBelow: 10,
      pendingSleeps: [],
    });
    for (const subject of [10, 11, 0, 11])
      await harness.send({ kind: 'timer.fired', run, timer: 'sleep', subject, generation: 0 });
    expect((await harness.run(run)).head).toMatchObject({
      status: 'completed',
      pendingSleepCount: 0,
    });
    expect(
      (await harness.storage.tasks.events(run, 0, 100)).filter(({ kind }) => kind === 'sleepEnded'),
    ).toHaveLength(12);
  });
});

describe('an abort from an earlier generation', () => {
  it('an abort from before a resume does not abort the resumed run, also in the same batch', async () => {
    const harness = new ControllerHarness(ONE_STEP, () => NO_OUTCOME);
    const run = await harness.start();
    const abort = { kind: 'run.abort' as const, run, reason: 'test', generation: 0 };
    await harness.send(abort);
    expect((await harness.run(run)).head.status).toBe('aborted');
    const { revision } = (await harness.run(run)).head;
    const { handle } = createController(harness.ports);
    await handle(run, [abort, { kind: 'run.resume', run, revision }, abort]);
    await handle(run, [abort]);
    expect((await harness.run(run)).head).toMatchObject({
      status: 'running',
      abortReason: null,
      generation: 1,
    });
    await handle(run, [{ ...abort, generation: 1 }]);
    expect((await harness.run(run)).head.status).toBe('aborting');
  });
});

describe('a message without the token of its attempt', () => {
  it('a message without the token of its attempt changes nothing, and is reported', async () => {
    const rejected: unknown[] = [];
    const harness = new ControllerHarness(ONE_STEP, () => NO_OUTCOME);
    const controller = createController({
      ...harness.ports,
      onRejectedMessage: (message) => void rejected.push(message),
    });
    const run = await harness.start();
    const [group = ''] = harness.submittedGroups;
    const finished = {
      kind: 'finished' as const,
      run,
      call: 0,
      job: `${group}:0`,
      at: harness.now,
      outcome: { ok: true as const, values: [], artifacts: [] },
    };
    await controller.handle(run, [
      { ...finished, attempt: 1, token: 'token of another' },
      { ...finished, attempt: 2, token: `token of ${group}` },
    ]);
    expect(rejected).toMatchObject([
      { call: 0, attempt: 1 },
      { call: 0, attempt: 2 },
    ]);
    expect((await harness.storage.tasks.steps(run, [0]))[0]?.status).toBe('running');
  });
});
