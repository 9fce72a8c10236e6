import { describe, expect, it } from 'vitest';
import { names } from './controller-harness.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';
import type { Script } from './logic.ts';

const failing =
  (...steps: string[]) =>
  (spec: { readonly step: string }) =>
    steps.includes(spec.step) ? new Error(`${spec.step} broke`) : 1;

describe('the graph of a run', () => {
  it('each step is launched when its last parent is complete, and the run completes with the last step', async () => {
    const harness = new ControllerHarness({
      components: { load: {}, train: {}, join: {} },
      main: async (logic) => {
        const data = logic.call('load');
        const models = [logic.call('train', data, 1), logic.call('train', data, 2)];
        return logic.call('join', ...models);
      },
    });
    const run = await harness.start();
    expect((await harness.run(run)).head).toMatchObject({
      status: 'completed',
      unfinishedSteps: 0,
      activeSteps: 0,
      unhandledFailures: 0,
    });
    expect(names(harness)).toEqual(['load', 'train', 'train_1', 'join']);
  });

  it('ready calls of one component are launched as one group', async () => {
    const harness = new ControllerHarness({
      components: { map: {} },
      main: async (logic) => void Array.from({ length: 5 }, (_, i) => logic.call('map', i)),
    });
    await harness.start();
    expect(harness.submittedGroups).toHaveLength(1);
  });

  it('the spec of a step contains the values of its parents', async () => {
    const harness = new ControllerHarness(
      {
        components: { a: {}, b: {} },
        main: async (logic) => logic.call('b', logic.call('a'), 'x'),
      },
      () => 42,
    );
    await harness.start();
    expect(harness.submittedSpecs[1]?.refs).toEqual([
      { path: [0], value: { format: 'json', text: '42' } },
    ]);
  });

  it('explicit parents are found by name, also when they are called later', async () => {
    const harness = new ControllerHarness({
      components: { after: { parents: ['before'] }, before: {} },
      main: async (logic) => {
        logic.call('after');
        logic.call('before');
      },
    });
    const run = await harness.start();
    expect(names(harness)).toEqual(['before', 'after']);
    expect((await harness.run(run)).head.status).toBe('completed');
  });

  it('a run whose explicit parent is never called fails, and names the step and the parent', async () => {
    const harness = new ControllerHarness({
      components: { a: { parents: ['ghost'] } },
      main: async (logic) => void logic.call('a'),
    });
    const { head } = await harness.run(await harness.start());
    expect(head.status).toBe('failed');
    expect(head.error?.message).toMatch(/a waits for "ghost"/);
  });

  it('a cycle of explicit parents fails the run, and names the steps', async () => {
    const harness = new ControllerHarness({
      components: { a: { parents: ['b'] }, b: { parents: ['a'] } },
      main: async (logic) => {
        logic.call('a');
        logic.call('b');
      },
    });
    const { head } = await harness.run(await harness.start());
    expect(head.error?.message).toMatch(/a, b wait for each other/);
  });
});

describe('the failure of a step', () => {
  const chain: Script = {
    components: { a: {}, b: {}, c: {} },
    main: async (logic) => {
      logic.call('b', logic.call('a'));
      logic.call('c');
    },
  };

  it('a failed step skips its dependents, the other steps run, and the run fails', async () => {
    const harness = new ControllerHarness(chain, failing('a'));
    const run = await harness.start();
    expect(await harness.statuses(run)).toEqual({ a: 'failed', b: 'skipped', c: 'completed' });
    expect((await harness.run(run)).head).toMatchObject({
      status: 'failed',
      error: {
        name: 'StepFailedError',
        message: expect.stringMatching(/^step a failed: /),
        step: 'a',
      },
    });
  });

  it('the error of the run names one unhandled failed step and counts the others', async () => {
    const harness = new ControllerHarness(
      {
        components: { a: {} },
        main: async (logic) => {
          const handled = logic.call('a');
          for (let call = 0; call < 3; call += 1) logic.call('a');
          await handled.then(undefined, () => 'handled');
        },
      },
      failing('a', 'a_1', 'a_2', 'a_3'),
    );
    const { head } = await harness.run(await harness.start());
    expect(head.error).toMatchObject({
      step: 'a_1',
      message: expect.stringMatching(/^step a_1 failed: .* \(and 2 more steps failed\)$/),
    });
  });

  it('a failed step with continueOnFail does not fail the run', async () => {
    const harness = new ControllerHarness(
      {
        ...chain,
        components: { ...chain.components, a: { continueBehaviour: { continueOnFail: true } } },
      },
      failing('a'),
    );
    const run = await harness.start();
    expect((await harness.run(run)).head.status).toBe('completed');
  });

  it('a failure that the logic handles, directly or through a skipped step, does not fail the run', async () => {
    for (const awaited of ['a', 'b'] as const) {
      const harness = new ControllerHarness(
        {
          components: chain.components,
          main: async (logic) => {
            const a = logic.call('a');
            const b = logic.call('b', a);
            await (awaited === 'a' ? a : b).then(undefined, () => 'handled');
          },
        },
        failing('a'),
      );
      const run = await harness.start();
      expect((await harness.run(run)).head.status, awaited).toBe('completed');
    }
  });

  it('with abortOnFailure, a failed step aborts all running steps', async () => {
    const harness = new ControllerHarness(
      {
        components: { slow: {}, bad: {} },
        main: async (logic) => {
          logic.call('slow');
          logic.call('bad');
        },
      },
      (spec) => (spec.step === 'slow' ? NO_OUTCOME : new Error('no')),
    );
    const run = await harness.start({ abortOnFailure: true });
    expect(await harness.statuses(run)).toEqual({ slow: 'aborted', bad: 'failed' });
    expect((await harness.run(run)).head.status).toBe('failed');
  });

  it('a failed step is retried retryOnFailure times, with growing delays', async () => {
    const harness = new ControllerHarness(
      { components: { a: { retryOnFailure: 2 } }, main: async (logic) => logic.call('a') },
      (spec) => (spec.attempt < 3 ? new Error('not yet') : 7),
    );
    const run = await harness.start();
    const startedAt = harness.now;
    const { head } = await harness.finish(run);
    expect(head.status).toBe('completed');
    expect(harness.now - startedAt).toBe(3000);
    expect((await harness.steps(run))[0]?.attempts.map((attempt) => attempt.status)).toEqual([
      'failed',
      'failed',
      'completed',
    ]);
  });

  it('the retry callback decides on each retry, and receives the retries so far', async () => {
    const receivedRetries: number[] = [];
    const harness = new ControllerHarness(
      {
        components: { a: { callbacks: ['retry'] } },
        main: async (logic) => logic.call('a'),
        callback: ({ input }) => {
          const retries = input.kind === 'retry' ? input.retries : -1;
          receivedRetries.push(retries);
          return { kind: 'retry', retry: retries < 2 };
        },
      },
      () => new Error('never'),
    );
    const run = await harness.start();
    expect((await harness.finish(run)).head.status).toBe('failed');
    expect([...new Set(receivedRetries)]).toEqual([0, 1, 2]);
    expect(harness.submittedSpecs).toHaveLength(3);
  });

  it('the end of a job with the same attempt number from before a resume is ignored', async () => {
    const harness = new ControllerHarness(
      { components: { a: {} }, main: async (logic) => logic.call('a') },
      () => NO_OUTCOME,
    );
    const run = await harness.start();
    const [step] = await harness.steps(run);
    const ended = {
      kind: 'job.ended',
      run,
      call: 0,
      attempt: 1,
      exitCode: 1,
      signal: null,
      fault: 'step',
      reason: 'exited with code 1',
      at: harness.now,
    } as const;
    await harness.send({
      ...ended,
      job: `${run}-0-0:0`,
      submittedAs: { name: `${run}-before-0`, index: 0 },
    });
    expect((await harness.steps(run))[0]).toEqual(step);
    await harness.send({
      ...ended,
      job: `${run}-0-0:0`,
      submittedAs: { name: `${run}-0-0`, index: 0 },
    });
    expect((await harness.steps(run))[0]?.status).not.toBe('running');
  });

  it('a failure of the infrastructure does not count against the retries', async () => {
    const harness = new ControllerHarness(
      { components: { a: {} }, main: async (logic) => logic.call('a') },
      (spec) => (spec.attempt === 1 ? NO_OUTCOME : 1),
    );
    const run = await harness.start();
    harness.loseJob(`${run}-0-0:0`);
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: true });
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect((await harness.steps(run))[0]?.attempts).toMatchObject([
      { status: 'failed', infrastructure: true },
      { status: 'completed' },
    ]);
  });
});
