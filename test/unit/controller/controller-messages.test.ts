import { describe, expect, it } from 'vitest';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { runIdSchema } from '../../../src/model/ids.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { names } from './controller-harness.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';
import type { Script } from './logic.ts';

describe('callbacks', () => {
  it('a pre-execute callback may skip its step without failing the run', async () => {
    const harness = new ControllerHarness({
      components: { a: { callbacks: ['preExecute'] }, b: {} },
      main: async (logic) => void logic.call('b', logic.call('a')),
      callback: () => ({ kind: 'preExecute', launch: false }),
    });
    const run = await harness.start();
    expect(await harness.statuses(run)).toEqual({ a: 'skipped', b: 'skipped' });
    expect((await harness.run(run)).head.status).toBe('completed');
  });

  it('a pre-execute callback may change the arguments', async () => {
    const harness = new ControllerHarness({
      components: { a: { callbacks: ['preExecute'] } },
      main: async (logic) => logic.call('a', 1),
      callback: () => ({
        kind: 'preExecute',
        launch: true,
        args: { data: { format: 'json', text: '[2]' }, refs: [] },
      }),
    });
    await harness.start();
    expect(harness.submittedSpecs[0]?.args).toEqual({ format: 'json', text: '[2]' });
  });

  it('callbacks observe each change of status in order, and postExecute runs before the children start', async () => {
    const observed: string[] = [];
    const harness = new ControllerHarness({
      components: { a: { callbacks: ['statusChange', 'postExecute'] }, b: {} },
      main: async (logic) => void logic.call('b', logic.call('a')),
      callback: (event) => {
        const note = `${event.input.kind} ${event.input.kind === 'statusChange' ? event.input.previousStatus : ''}>${event.node.status}`;
        if (!observed.includes(note)) observed.push(note);
        if (event.input.kind === 'postExecute') expect(harness.submittedSpecs).toHaveLength(1);
        return event.input.kind === 'postExecute'
          ? { kind: 'postExecute' }
          : { kind: 'statusChange' };
      },
    });
    const run = await harness.start();
    expect((await harness.run(run)).head.status).toBe('completed');
    expect(observed).toEqual([
      'statusChange pending>queued',
      'statusChange queued>running',
      'statusChange running>completed',
      'postExecute >completed',
    ]);
  });
});

describe('messages of steps', () => {
  const one: Script = { components: { a: {} }, main: async (logic) => logic.call('a') };

  it('messages of a step may arrive twice, late and out of order', async () => {
    const harness = new ControllerHarness(one, () => NO_OUTCOME);
    const run = await harness.start();
    const sender = {
      run,
      call: 0,
      attempt: 1,
      job: `${run}-0-0:0`,
      token: `token of ${run}-0-0`,
      at: 5,
    };
    const finished = {
      kind: 'finished' as const,
      ...sender,
      outcome: {
        ok: true as const,
        values: [{ format: 'json' as const, text: '1' }],
        artifacts: [],
      },
    };
    await harness.send(finished, { kind: 'started', ...sender }, finished);
    const { head } = await harness.run(run);
    expect(head).toMatchObject({ status: 'completed', eventCount: 1 });
  });

  const sentBy = (run: string) => ({
    run: runIdSchema.parse(run),
    call: 0,
    attempt: 1,
    job: `${run}-0-0:0`,
    at: 5,
  });
  const endedJob = {
    kind: 'job.ended' as const,
    exitCode: 79,
    signal: null,
    fault: 'step' as const,
    reason: 'exited with code 79',
    logStream: 'step/default/a',
  };

  it('an attempt that failed before it reported its start has the log that the end of its job names', async () => {
    const harness = new ControllerHarness(one, () => NO_OUTCOME);
    const run = await harness.start();
    await harness.send({ ...endedJob, ...sentBy(run) });
    expect((await harness.steps(run))[0]?.attempts).toMatchObject([
      { status: 'failed', exitCode: 79, logStream: 'step/default/a' },
    ]);
  });

  it.each(['started', 'job.ended'] as const)(
    'the log that %s names after the end of the attempt is recorded, unless one is known',
    async (kind) => {
      const main: Script['main'] = async (logic) => void logic.call('b', logic.call('a'));
      const harness = new ControllerHarness(
        { components: { a: {}, b: {} }, main },
        () => NO_OUTCOME,
      );
      const run = await harness.start();
      const sender = { ...sentBy(run), token: `token of ${run}-0-0` };
      const late = (logStream: string, job = sender.job): Transition =>
        kind === 'started'
          ? { kind, ...sender, job, logStream }
          : { ...endedJob, ...sentBy(run), job, logStream };
      const values = [{ format: 'json' as const, text: '1' }];
      await harness.send({
        kind: 'finished',
        ...sender,
        outcome: { ok: true, values, artifacts: [] },
      });
      const ended = (await harness.run(run)).head;
      await harness.send(late('of another job', 'duplicate'));
      await harness.send(late('first'));
      await harness.send(late('second'));
      expect((await harness.steps(run))[0]).toMatchObject({
        status: 'completed',
        attempts: [{ status: 'completed', logStream: 'first' }],
      });
      expect((await harness.run(run)).head.eventCount).toBe(ended.eventCount);
    },
  );

  it('messages with another token, of another attempt or from another job change nothing', async () => {
    const harness = new ControllerHarness(one, () => NO_OUTCOME);
    const run = await harness.start();
    const sender = {
      run,
      call: 0,
      attempt: 1,
      job: `${run}-0-0:0`,
      token: `token of ${run}-0-0`,
      at: 5,
    };
    const outcome = { ok: true as const, values: [], artifacts: [] };
    await harness.send(
      { kind: 'finished', ...sender, token: 'guessed', outcome },
      { kind: 'finished', ...sender, attempt: 2, outcome },
      { kind: 'finished', ...sender, job: 'duplicate', outcome },
    );
    expect((await harness.run(run)).head.status).toBe('running');
    expect(harness.terminatedJobs).toEqual(['duplicate']);
  });
});

describe('the cache', () => {
  const cached: Script = {
    components: { a: { cache: true }, b: {} },
    main: async (logic) => logic.call('b', logic.call('a', 'x')),
  };
  const second = '1'.repeat(26);

  it('an equal call of another run is a cache hit, without a job', async () => {
    const storage = createMemoryStorage();
    await new ControllerHarness(cached, () => 5, storage).start();
    const harness = new ControllerHarness(cached, () => 6, storage);
    const run = await harness.start({}, second);
    expect(names(harness)).toEqual(['b']);
    expect((await harness.steps(run))[0]).toMatchObject({
      status: 'cached',
      cachedFrom: { step: 'a' },
    });
    expect(harness.submittedSpecs[0]?.refs[0]?.value).toEqual({ format: 'json', text: '5' });
  });

  it('--no-cache executes each call and stores what it computes', async () => {
    const storage = createMemoryStorage();
    await new ControllerHarness(cached, () => 5, storage).start();
    const harness = new ControllerHarness(cached, () => 6, storage);
    const info = { ...harness.info({}, '1'.repeat(26)), noCache: true };
    await storage.tasks.createRun(info, newHead(info));
    await harness.send({ kind: 'run.created', run: info.id });
    expect(await harness.statuses(info.id)).toMatchObject({ a: 'completed' });
    const next = new ControllerHarness(cached, () => 7, storage);
    const run = await next.start({}, '2'.repeat(26));
    const [step] = await next.steps(run);
    expect(step).toMatchObject({ status: 'cached', values: [{ text: '6' }] });
  });

  it('--no-cache executes equal calls of one run at the same time', async () => {
    const harness = new ControllerHarness(
      {
        components: { a: { cache: true } },
        main: async (logic) => void (await Promise.all([logic.call('a', 1), logic.call('a', 1)])),
      },
      () => NO_OUTCOME,
    );
    const info = { ...harness.info(), noCache: true };
    await harness.storage.tasks.createRun(info, newHead(info));
    await harness.send({ kind: 'run.created', run: info.id });
    expect(await harness.statuses(info.id)).toEqual({ a: 'running', a_1: 'running' });
  });

  it('two equal cached calls of one run are executed once', async () => {
    const harness = new ControllerHarness(
      {
        components: { a: { cache: true } },
        main: async (logic) => [logic.call('a', 1), logic.call('a', 1)].length,
      },
      () => 3,
    );
    const run = await harness.start();
    expect(await harness.statuses(run)).toEqual({ a: 'completed', a_1: 'cached' });
    expect(harness.submittedSpecs).toHaveLength(1);
  });

  it('a second run waits for the lease of the first, and executes the step when the first is aborted', async () => {
    const storage = createMemoryStorage();
    const first = new ControllerHarness(cached, () => NO_OUTCOME, storage);
    const run1 = await first.start();
    const waiter = new ControllerHarness(cached, () => 8, storage);
    const run2 = await waiter.start({}, second);
    expect((await waiter.steps(run2))[0]).toMatchObject({ status: 'pending', waitingFor: 'lease' });
    await first.send({ kind: 'run.abort', run: run1, reason: 'test' });
    expect((await first.run(run1)).head.status).toBe('aborted');
    expect((await waiter.finish(run2)).head.status).toBe('completed');
    expect(names(waiter)).toEqual(['a', 'b']);
  });
});

describe('the completion of a run', () => {
  it('an abort completes waiting steps at once, and running steps when their jobs have ended', async () => {
    const harness = new ControllerHarness(
      { components: { a: {}, b: {} }, main: async (logic) => logic.call('b', logic.call('a')) },
      () => NO_OUTCOME,
    );
    const run = await harness.start();
    await harness.send({ kind: 'run.abort', run, reason: 'enough' });
    expect(await harness.statuses(run)).toEqual({ a: 'aborted', b: 'aborted' });
    expect((await harness.run(run)).head).toMatchObject({
      status: 'aborted',
      error: { message: 'the run was aborted: enough' },
    });
  });

  it('a run that exceeds its time limit fails', async () => {
    const harness = new ControllerHarness(
      { components: { a: {} }, main: async (logic) => logic.call('a') },
      () => NO_OUTCOME,
    );
    const run = await harness.start({ timeoutSeconds: 90 });
    const { head } = await harness.finish(run);
    expect(head).toMatchObject({ status: 'failed', error: { name: 'RunTimeoutError' } });
  });

  it('a run completes after all steps, also if the logic threw', async () => {
    const harness = new ControllerHarness({
      components: { a: {} },
      main: async (logic) => {
        logic.call('a');
        throw new Error('logic broke');
      },
    });
    const run = await harness.start();
    expect(await harness.statuses(run)).toEqual({ a: 'completed' });
    expect((await harness.run(run)).head).toMatchObject({
      status: 'failed',
      error: { message: 'logic broke' },
    });
  });

  it('a sleep of the logic ends with a durable timer', async () => {
    const harness = new ControllerHarness({
      components: { a: {} },
      main: async (logic) => {
        await logic.sleep(5000);
        return logic.call('a');
      },
    });
    const run = await harness.start();
    expect(names(harness)).toEqual([]);
    await harness.finish(run);
    expect(names(harness)).toEqual(['a']);
  });
});
