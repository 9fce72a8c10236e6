/**
 * Repeated launches of groups: a job in a function cannot be found, so that a group that is
 * submitted twice is executed twice.
 *
 * @module
 */
import { describe, expect, it, vi } from 'vitest';
import { createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { LaunchInterruptedError, type LaunchRefusal } from '../../../src/ports/jobs.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';

interface Submission {
  readonly group: string;
  readonly isNew: boolean;
  readonly started: readonly number[];
}

/** A run that fans out to three steps. */
async function aFanOut(executionQueue: string, refusal?: LaunchRefusal) {
  const harness = new ControllerHarness(
    {
      components: { a: { executionQueue } },
      main: async (logic) => Promise.all([1, 2, 3].map((value) => logic.call('a', value))),
    },
    () => NO_OUTCOME,
  );
  const submissions: Submission[] = [];
  vi.spyOn(harness.ports.jobs, 'submit').mockImplementation(async ({ name }, isNew, started) => {
    submissions.push({ group: name, isNew: isNew === true, started: [...(started ?? [])] });
    return refusal;
  });
  const info = harness.info();
  const created = async () => {
    if ((await harness.storage.tasks.run(info.id)) === undefined)
      await harness.storage.tasks.createRun(info, newHead(info));
    return harness.controller.handle(info.id, [{ kind: 'run.created', run: info.id }]);
  };
  const started = (call: number, token = `token of ${submissions[0]?.group}`): Transition => ({
    kind: 'started',
    run: info.id,
    call,
    attempt: 1,
    job: `lambda-${call}`,
    token,
    at: harness.now,
  });
  /** Another instance of the controller handles a batch. */
  const handleElsewhere = (isRepeated: boolean, ...transitions: readonly Transition[]) =>
    createController(harness.ports).handle(info.id, transitions, { isRepeated });
  return { harness, run: info.id, created, submissions, started, handleElsewhere };
}

const throttled = () =>
  Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' });

describe('the launch of a group whose jobs cannot be found', () => {
  it('another instance does not repeat it while batches are delivered for the first time', async () => {
    const { created, submissions, started, handleElsewhere } = await aFanOut('functions');
    await created();
    await handleElsewhere(false, started(1));
    expect(submissions).toHaveLength(1);
  });

  it('a batch that is delivered again repeats it without the members whose messages it contains', async () => {
    const { created, submissions, started, handleElsewhere } = await aFanOut('functions');
    await created();
    const group = submissions[0]?.group;
    await handleElsewhere(true, started(0, 'forged'), started(1));
    expect(submissions.slice(1)).toEqual([{ group, isNew: false, started: [1] }]);
  });

  it('the messages behind the batch count, too', async () => {
    const { harness, run, created, submissions, started } = await aFanOut('functions');
    await created();
    const first: Transition = { kind: 'run.created', run };
    await createController(harness.ports).handle(run, [first], {
      isRepeated: true,
      received: [first, started(0), started(2)],
    });
    expect(submissions.slice(1)).toMatchObject([{ started: [0, 2] }]);
  });

  it('a first delivery repeats it in a queue whose jobs are found', async () => {
    const { created, submissions, started, handleElsewhere } = await aFanOut('default');
    await created();
    await handleElsewhere(false, started(1));
    expect(submissions).toHaveLength(2);
  });

  it.each([
    ['functions', LaunchInterruptedError],
    ['default', /slow down/],
  ])('a commit in the queue %s that may have been written fails with %s', async (queue, error) => {
    const { harness, created } = await aFanOut(queue);
    const { tasks } = harness.ports;
    const commit = tasks.commit.bind(tasks);
    vi.spyOn(tasks, 'commit').mockImplementation(async (id, written) => {
      await commit(id, written);
      if (written.groups.length > 0) throw throttled();
    });
    await expect(created()).rejects.toThrow(error);
  });

  it('a refusal that cannot be recorded interrupts the launch', async () => {
    const { harness, created } = await aFanOut('functions', { permanent: false, reason: 'later' });
    vi.spyOn(harness.ports.events, 'publish').mockRejectedValue(throttled());
    await expect(created()).rejects.toThrow(LaunchInterruptedError);
  });

  it('a side effect that fails after the launch does not interrupt it', async () => {
    const { harness, created } = await aFanOut('functions');
    vi.spyOn(harness.ports.events, 'publish').mockRejectedValue(throttled());
    await expect(created()).rejects.toThrow('slow down');
  });
});
