/**
 * The second delivery of a message that starts an attempt in a function.
 *
 * @module
 */
import { describe, expect, it, vi } from 'vitest';
import { createController } from '../../../src/controller/controller.ts';
import { outputPrefix, resultKey } from '../../../src/model/object-layout.ts';
import type { Transition, TransitionOf } from '../../../src/model/transition.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';

const JOB = 'lambda-message-1';
const values = [{ format: 'json' as const, text: '5' }];

/** A run with one step, whose message is in the queue. Later attempts return 7. */
async function aWaitingStep(retryOnFailure = 0, executionQueue = 'default') {
  const harness = new ControllerHarness(
    {
      components: { a: { retryOnFailure, executionQueue } },
      main: async (logic) => logic.call('a'),
    },
    ({ attempt }) => (attempt === 1 ? NO_OUTCOME : 7),
  );
  const { jobs } = harness.ports;
  const submit = jobs.submit.bind(jobs);
  const groups: string[] = [];
  const spy = vi.spyOn(jobs, 'submit').mockImplementation(async ({ name }) => {
    groups.push(name);
    return undefined;
  });
  const run = await harness.start();
  spy.mockImplementation(submit);
  const sender = (over: Partial<TransitionOf<'redelivered'>> = {}) => ({
    run,
    call: 0,
    attempt: 1,
    job: JOB,
    token: `token of ${groups[0]}`,
    at: harness.now,
    ...over,
  });
  return {
    harness,
    run,
    redelivered: (over?: Partial<TransitionOf<'redelivered'>>): Transition => ({
      kind: 'redelivered',
      ...sender(over),
    }),
    started: (job = JOB): Transition => ({ kind: 'started', ...sender({ job }) }),
    finished: (): Transition => ({
      kind: 'finished',
      ...sender(),
      outcome: { ok: true, values, artifacts: [] },
    }),
    step: async () => {
      const [step] = await harness.steps(run);
      if (step === undefined) throw new Error('there is no step');
      return step;
    },
    async leaveResult(content: unknown): Promise<void> {
      const { info } = await harness.run(run);
      await harness.storage.objects.put(
        resultKey(outputPrefix(info, 0, 1), JOB),
        Buffer.from(JSON.stringify(content)),
      );
    },
  };
}

describe('a message that is delivered again', () => {
  it('an attempt that did not start is followed by another one, which uses no budget', async () => {
    const { harness, run, redelivered, step } = await aWaitingStep(0);
    await harness.send(redelivered());
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect((await step()).attempts).toMatchObject([
      { status: 'aborted', reason: 'its function did not start' },
      { status: 'completed' },
    ]);
  });

  it('an attempt that started and left no result failed as a failure of the infrastructure', async () => {
    const { harness, run, started, redelivered, step } = await aWaitingStep(0);
    await harness.send(started(), redelivered());
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect((await step()).attempts).toMatchObject([
      {
        status: 'failed',
        infrastructure: true,
        reason: 'its function ended without reporting a result',
      },
      { status: 'completed' },
    ]);
  });

  it('a result that the function stored completes the step', async () => {
    const { harness, run, started, redelivered, finished, leaveResult, step } =
      await aWaitingStep();
    await leaveResult(finished());
    await harness.send(started(), redelivered());
    expect((await harness.run(run)).head.status).toBe('completed');
    expect(await step()).toMatchObject({ status: 'completed', values, attempts: [{}] });
    expect(harness.submittedSpecs).toEqual([]);
  });

  it('a stored result that cannot be read fails the attempt as a failure of the step', async () => {
    const { harness, run, started, redelivered, leaveResult, step } = await aWaitingStep(0);
    await leaveResult('no result');
    await harness.send(started(), redelivered());
    expect((await harness.finish(run)).head.status).toBe('failed');
    const [attempt, ...others] = (await step()).attempts;
    expect(attempt).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^left a result that was rejected: /),
    });
    expect(attempt?.infrastructure).toBeUndefined();
    expect(others).toEqual([]);
  });

  it('a step whose run is being aborted is aborted', async () => {
    const { harness, run, started, redelivered, step } = await aWaitingStep();
    await harness.send(started());
    // The jobs of this harness never report the end of a termination.
    vi.spyOn(harness.ports.jobs, 'terminate').mockImplementation(async () => undefined);
    await harness.send({ kind: 'run.abort', run, reason: 'enough' });
    expect((await harness.run(run)).head.status).toBe('aborting');
    await harness.send(redelivered());
    expect(await step()).toMatchObject({ status: 'aborted', attempts: [{ status: 'aborted' }] });
    expect((await harness.run(run)).head.status).toBe('aborted');
  });

  it('a message that comes twice, or after the result, changes nothing', async () => {
    const { harness, started, finished, redelivered, step } = await aWaitingStep(1);
    await harness.send(started(), redelivered());
    const failed = await step();
    expect(failed).toMatchObject({ attempts: [{ status: 'failed' }] });
    await harness.send(redelivered());
    expect(await step()).toEqual(failed);
    const other = await aWaitingStep();
    await other.harness.send(other.started(), finished());
    const completed = await other.step();
    await other.harness.send(other.redelivered());
    expect(await other.step()).toEqual(completed);
  });

  it('a message of an earlier attempt, of an attempt that does not exist, or with a forged token changes nothing', async () => {
    const { harness, run, redelivered, step } = await aWaitingStep();
    const rejected: unknown[] = [];
    const controller = createController({
      ...harness.ports,
      onRejectedMessage: (message) => void rejected.push(message),
    });
    const before = await step();
    for (const forged of [
      redelivered({ token: 'a guess' }),
      redelivered({ attempt: 2 }),
      redelivered({ attempt: 0 }),
      redelivered({ call: 9 }),
    ])
      await controller.handle(run, [forged]);
    expect(await step()).toEqual(before);
    expect(rejected).toMatchObject([{ token: 'a guess' }]);
    const later = await aWaitingStep(0);
    await later.harness.send(later.redelivered());
    await later.harness.finish(later.run);
    const second = await later.step();
    expect(second.attempts).toHaveLength(2);
    await later.harness.send(later.redelivered());
    expect(await later.step()).toEqual(second);
  });

  it.each([
    ['functions', 1],
    ['default', 0],
  ])(
    'in the queue %s, a duplicate that starts after its attempt was replaced is stopped %i times',
    async (queue, times) => {
      const { harness, run, redelivered, started, step } = await aWaitingStep(0, queue);
      vi.spyOn(harness.ports.jobs, 'submit').mockResolvedValue(undefined);
      await harness.send(redelivered());
      await harness.fireNextTimer(run);
      const before = await step();
      const [first] = before.attempts;
      const terminate = vi.spyOn(harness.ports.jobs, 'terminate').mockResolvedValue();
      await harness.send(started('lambda-message-2'));
      expect(await step()).toEqual(before);
      expect(before.attempts).toHaveLength(2);
      expect(terminate.mock.calls).toEqual(
        new Array(times).fill([
          first?.job,
          'the attempt was replaced or cancelled',
          'lambda-message-2',
        ]),
      );
    },
  );

  it('the second message of an attempt that another job executes changes nothing', async () => {
    const { harness, run, started, finished, redelivered, step } = await aWaitingStep();
    await harness.send(started());
    const before = await step();
    await harness.send(redelivered({ job: 'lambda-message-2' }));
    expect(await step()).toEqual(before);
    await harness.send(finished());
    expect((await harness.run(run)).head.status).toBe('completed');
  });
});
