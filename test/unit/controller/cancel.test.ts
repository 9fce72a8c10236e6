import { expect, it } from 'vitest';
import { createRerun } from '../../../src/controller/restart/rerun.ts';
import { resumeRun } from '../../../src/controller/restart/resume.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';
import type { Handle, Logic, Script } from './logic.ts';

const cancel = (logic: Logic, { call }: Handle): void => logic.command({ kind: 'cancel', call });

const errorOf = async (promise: PromiseLike<unknown>): Promise<string> =>
  await promise.then(
    (value) => `value ${JSON.stringify(value)}`,
    (error: unknown) => (error instanceof Error ? error.message : 'no error'),
  );

/** `slow` runs until it is terminated; all other components complete at once. */
const slowJobs = (spec: { readonly step: string }) => (spec.step === 'slow' ? NO_OUTCOME : 1);

const race: Script = {
  components: { slow: {}, fast: {}, child: {} },
  main: async (logic) => {
    const slow = logic.call('slow');
    logic.call('child', slow);
    const first = await Promise.race([slow, logic.call('fast')]);
    cancel(logic, slow);
    return [first, await errorOf(slow)];
  },
};

const sweep = (run: RunId) => ({ kind: 'run.sweep' as const, run, unknownJobsLost: false });

it('a cancelled step that runs is aborted at once, its job is terminated, and its children are skipped', async () => {
  const harness = new ControllerHarness(race, slowJobs);
  const run = await harness.start();
  const { head } = await harness.run(run);
  expect(head).toMatchObject({ status: 'completed', unhandledFailures: 0 });
  expect(head.result).toEqual({ format: 'json', text: '[1,"slow aborted"]' });
  expect(await harness.statuses(run)).toEqual({
    slow: 'aborted',
    child: 'skipped',
    fast: 'completed',
  });
  expect(harness.terminatedJobs).toHaveLength(1);
  const [slow] = await harness.steps(run);
  expect(slow?.attempts).toMatchObject([{ status: 'aborted', reason: expect.any(String) }]);
});

it('a late result of a cancelled attempt changes nothing, and a late start of its job terminates it', async () => {
  const harness = new ControllerHarness(
    {
      components: { slow: {} },
      main: async (logic) => {
        const slow = logic.call('slow');
        await logic.sleep(1000);
        cancel(logic, slow);
        await logic.waitForSignal('end');
      },
    },
    slowJobs,
  );
  const run = await harness.start();
  await harness.fireNextTimer(run);
  const [before] = await harness.steps(run);
  expect(before?.status).toBe('aborted');
  const [spec] = harness.submittedSpecs;
  if (spec === undefined) throw new Error('slow was not submitted');
  const sender = { run, call: 0, attempt: 1, token: spec.token, at: harness.now };
  const job = `${harness.submittedGroups[0]}:0`;
  await harness.send({
    kind: 'finished',
    ...sender,
    job,
    outcome: { ok: true, values: [{ format: 'json', text: '1' }], artifacts: [] },
  });
  await harness.send({ kind: 'started', ...sender, job: 'another job' });
  expect((await harness.steps(run))[0]).toEqual(before);
  expect(harness.terminatedJobs.at(-1)).toBe('another job');
});

it('a step that is cancelled before its launch has no job', async () => {
  const harness = new ControllerHarness(
    {
      components: { slow: {} },
      main: async (logic) => {
        cancel(logic, logic.call('slow'));
        await logic.waitForSignal('end');
      },
    },
    slowJobs,
  );
  const run = await harness.start();
  expect(await harness.statuses(run)).toEqual({ slow: 'aborted' });
  expect(harness.submittedSpecs).toEqual([]);
});

it('steps that wait for a parent, for a retry or for a callback can be cancelled', async () => {
  const harness = new ControllerHarness(
    {
      components: {
        slow: {},
        child: {},
        fails: {
          retryOnFailure: 3,
          retryBackoff: { initialSeconds: 60, factor: 1, maxSeconds: 60 },
        },
        fast: {},
      },
      main: async (logic) => {
        const slow = logic.call('slow');
        const child = logic.call('child', slow);
        const fails = logic.call('fails');
        await logic.call('fast');
        await logic.sleep(10);
        for (const each of [child, fails, slow]) cancel(logic, each);
        return 1;
      },
    },
    (spec) => (spec.step === 'fails' ? new Error('fails') : slowJobs(spec)),
  );
  const run = await harness.start();
  await harness.fireNextTimer(run);
  expect((await harness.run(run)).head).toMatchObject({
    status: 'completed',
    unhandledFailures: 0,
    activeSteps: 0,
    retryBatches: [],
  });
  expect(await harness.statuses(run)).toMatchObject({
    slow: 'aborted',
    child: 'aborted',
    fails: 'aborted',
  });
  expect(harness.storage.timers.due([run], Number.POSITIVE_INFINITY, 10)).toEqual([]);
});

it('the cancel of a complete step changes nothing, and abortOnFailure does not count a cancelled one', async () => {
  const harness = new ControllerHarness(
    {
      components: { slow: {}, fast: {} },
      main: async (logic) => {
        const fast = logic.call('fast');
        const slow = logic.call('slow');
        await fast;
        cancel(logic, fast);
        cancel(logic, slow);
        cancel(logic, slow);
        return await fast;
      },
    },
    slowJobs,
  );
  const run = await harness.start({ abortOnFailure: true });
  expect((await harness.run(run)).head.status).toBe('completed');
  expect(await harness.statuses(run)).toEqual({ fast: 'completed', slow: 'aborted' });
});

it('one member of a group is cancelled, and the others complete', async () => {
  const harness = new ControllerHarness(
    {
      components: { slow: {}, fast: {} },
      main: async (logic) => {
        const members = [1, 2, 3].map((n) => logic.call('slow', n));
        await logic.call('fast');
        for (const member of members.slice(1)) cancel(logic, member);
        return 1;
      },
    },
    (spec) => (['slow_1', 'slow_2'].includes(spec.step) ? NO_OUTCOME : 1),
  );
  const run = await harness.start();
  expect((await harness.run(run)).head.status).toBe('completed');
  expect(await harness.statuses(run)).toMatchObject({
    slow: 'completed',
    slow_1: 'aborted',
    slow_2: 'aborted',
  });
  expect(harness.terminatedJobs.map((job) => job.split(':')[1])).toEqual(['1', '2']);
});

it('children of a cancelled step run if its component says so', async () => {
  const harness = new ControllerHarness(
    {
      ...race,
      components: {
        ...race.components,
        slow: { continueBehaviour: { skipChildrenOnAbort: false } },
      },
    },
    slowJobs,
  );
  const run = await harness.start();
  expect(await harness.statuses(run)).toMatchObject({ slow: 'aborted', child: 'completed' });
});

it('a resume does not execute a step again that the logic had cancelled before the cut', async () => {
  let broken = true;
  const harness = new ControllerHarness(
    {
      components: { slow: {}, fast: {}, last: {} },
      main: async (logic) => {
        const slow = logic.call('slow');
        await logic.call('fast');
        cancel(logic, slow);
        return [await logic.call('last'), await errorOf(slow)];
      },
    },
    (spec) => (spec.step === 'last' && broken ? new Error('broken') : slowJobs(spec)),
  );
  const run = await harness.start();
  expect((await harness.run(run)).head.status).toBe('failed');
  broken = false;
  await resumeRun(harness.ports, run);
  await harness.send(sweep(run));
  expect((await harness.run(run)).head.result).toMatchObject({ text: '[1,"slow aborted"]' });
  expect(harness.submittedSpecs.map(({ step }) => step)).toEqual(['slow', 'fast', 'last', 'last']);
});

it('a resume executes a step again that the logic had cancelled behind the cut, and what was skipped because of it', async () => {
  let broken = true;
  const harness = new ControllerHarness(
    {
      components: { slow: {}, fails: {}, child: {} },
      main: async (logic) => {
        const slow = logic.call('slow');
        const child = logic.call('child', slow);
        try {
          await logic.call('fails');
        } catch (error) {
          cancel(logic, slow);
          throw error;
        }
        return [await errorOf(slow), await errorOf(child)];
      },
    },
    (spec) => (broken ? (spec.step === 'fails' ? new Error('broken') : slowJobs(spec)) : 1),
  );
  const run = await harness.start();
  expect(await harness.statuses(run)).toEqual({
    slow: 'aborted',
    child: 'skipped',
    fails: 'failed',
  });
  broken = false;
  await resumeRun(harness.ports, run);
  await harness.send(sweep(run));
  expect((await harness.run(run)).head).toMatchObject({
    status: 'completed',
    result: { text: '["value 1","value 1"]' },
  });
});

it('a rerun with the same code keeps a cancelled step cancelled', async () => {
  const harness = new ControllerHarness(
    {
      components: { slow: {}, fast: {}, last: {} },
      main: async (logic) => {
        const slow = logic.call('slow');
        await logic.call('fast');
        cancel(logic, slow);
        return [await errorOf(slow), await logic.call('last')];
      },
    },
    slowJobs,
  );
  const run = await harness.start();
  harness.submittedSpecs.length = 0;
  const info = { ...harness.info({}, '2'.repeat(26)), rerunOf: run };
  await createRerun(harness.ports, run, info, { step: 'last', sameCode: true });
  await harness.send(sweep(info.id));
  expect((await harness.run(info.id)).head).toMatchObject({
    status: 'completed',
    result: { text: '["slow aborted",1]' },
  });
  expect(harness.submittedSpecs.map(({ step }) => step)).toEqual(['last']);
});

it('a run that awaits a cancelled step without a handler fails with its error', async () => {
  const harness = new ControllerHarness(
    {
      components: { slow: {} },
      main: async (logic) => {
        const slow = logic.call('slow');
        cancel(logic, slow);
        await slow;
      },
    },
    slowJobs,
  );
  const run = await harness.start();
  expect((await harness.run(run)).head).toMatchObject({
    status: 'failed',
    error: { message: 'slow aborted' },
  });
});
