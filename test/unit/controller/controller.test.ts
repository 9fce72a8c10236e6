import { describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { Bench, HANG } from './harness.ts';
import type { Script } from './logic.ts';

const names = (bench: Bench): string[] => bench.submitted.map((spec) => spec.step);
const failing =
  (...steps: string[]) =>
  (spec: { readonly step: string }) =>
    steps.includes(spec.step) ? new Error(`${spec.step} broke`) : 1;

describe('a graph', () => {
  it('launches each step when its last parent is done, and ends with the last', async () => {
    const bench = new Bench({
      components: { load: {}, train: {}, join: {} },
      main: async (logic) => {
        const data = logic.call('load');
        const models = [logic.call('train', data, 1), logic.call('train', data, 2)];
        return logic.call('join', ...models);
      },
    });
    const run = await bench.start();
    expect((await bench.run(run)).head).toMatchObject({
      status: 'completed',
      unfinishedSteps: 0,
      activeSteps: 0,
      unhandledFailures: 0,
    });
    expect(names(bench)).toEqual(['load', 'train', 'train_1', 'join']);
  });

  it('launches calls of one component together', async () => {
    const bench = new Bench({
      components: { map: {} },
      main: async (logic) => void Array.from({ length: 5 }, (_, i) => logic.call('map', i)),
    });
    await bench.start();
    expect(bench.groups).toHaveLength(1);
  });

  it('gives a step the values of its parents', async () => {
    const bench = new Bench(
      {
        components: { a: {}, b: {} },
        main: async (logic) => logic.call('b', logic.call('a'), 'x'),
      },
      () => 42,
    );
    await bench.start();
    expect(bench.submitted[1]?.refs).toEqual([
      { path: [0], value: { format: 'json', text: '42' } },
    ]);
  });

  it('takes explicit parents by name, also ones that come later', async () => {
    const bench = new Bench({
      components: { after: { parents: ['before'] }, before: {} },
      main: async (logic) => {
        logic.call('after');
        logic.call('before');
      },
    });
    const run = await bench.start();
    expect(names(bench)).toEqual(['before', 'after']);
    expect((await bench.run(run)).head.status).toBe('completed');
  });

  it('fails, naming both, when an explicit parent never comes', async () => {
    const bench = new Bench({
      components: { a: { parents: ['ghost'] } },
      main: async (logic) => void logic.call('a'),
    });
    const { head } = await bench.run(await bench.start());
    expect(head.status).toBe('failed');
    expect(head.error?.message).toMatch(/a waits for "ghost"/);
  });

  it('fails, naming the steps, on a cycle through explicit parents', async () => {
    const bench = new Bench({
      components: { a: { parents: ['b'] }, b: { parents: ['a'] } },
      main: async (logic) => {
        logic.call('a');
        logic.call('b');
      },
    });
    const { head } = await bench.run(await bench.start());
    expect(head.error?.message).toMatch(/a, b wait for each other/);
  });
});

describe('failure', () => {
  const chain: Script = {
    components: { a: {}, b: {}, c: {} },
    main: async (logic) => {
      logic.call('b', logic.call('a'));
      logic.call('c');
    },
  };

  it('skips what depends on it, lets the rest run, fails the run', async () => {
    const bench = new Bench(chain, failing('a'));
    const run = await bench.start();
    expect(await bench.statuses(run)).toEqual({ a: 'failed', b: 'skipped', c: 'completed' });
    expect((await bench.run(run)).head).toMatchObject({
      status: 'failed',
      error: {
        name: 'StepFailedError',
        message: expect.stringMatching(/^step a failed: /),
        step: 'a',
      },
    });
  });

  it('names one of several steps that nobody handled, and counts the others', async () => {
    const bench = new Bench(
      {
        components: { a: {} },
        main: async (logic) => {
          const handled = logic.call('a');
          for (let call = 0; call < 3; call += 1) logic.call('a');
          await handled.then(undefined, () => 'seen');
        },
      },
      failing('a', 'a_1', 'a_2', 'a_3'),
    );
    const { head } = await bench.run(await bench.start());
    expect(head.error).toMatchObject({
      step: 'a_1',
      message: expect.stringMatching(/^step a_1 failed: .* \(and 2 more steps failed\)$/),
    });
  });

  it('does not fail the run with continueOnFail', async () => {
    const bench = new Bench(
      {
        ...chain,
        components: { ...chain.components, a: { continueBehaviour: { continueOnFail: true } } },
      },
      failing('a'),
    );
    const run = await bench.start();
    expect((await bench.run(run)).head.status).toBe('completed');
  });

  it('does not fail the run when the logic handled it, directly or through a step skipped because of it', async () => {
    for (const look of ['a', 'b'] as const) {
      const bench = new Bench(
        {
          components: chain.components,
          main: async (logic) => {
            const a = logic.call('a');
            const b = logic.call('b', a);
            await (look === 'a' ? a : b).then(undefined, () => 'seen');
          },
        },
        failing('a'),
      );
      const run = await bench.start();
      expect((await bench.run(run)).head.status, look).toBe('completed');
    }
  });

  it('ends everything at once with abortOnFailure', async () => {
    const bench = new Bench(
      {
        components: { slow: {}, bad: {} },
        main: async (logic) => {
          logic.call('slow');
          logic.call('bad');
        },
      },
      (spec) => (spec.step === 'slow' ? HANG : new Error('no')),
    );
    const run = await bench.start({ abortOnFailure: true });
    expect(await bench.statuses(run)).toEqual({ slow: 'aborted', bad: 'failed' });
    expect((await bench.run(run)).head.status).toBe('failed');
  });

  it('is retried as often as retryOnFailure says, with growing delays', async () => {
    const bench = new Bench(
      { components: { a: { retryOnFailure: 2 } }, main: async (logic) => logic.call('a') },
      (spec) => (spec.attempt < 3 ? new Error('not yet') : 7),
    );
    const run = await bench.start();
    const begin = bench.now;
    const { head } = await bench.finish(run);
    expect(head.status).toBe('completed');
    expect(bench.now - begin).toBe(3000);
    expect((await bench.steps(run))[0]?.attempts.map((attempt) => attempt.status)).toEqual([
      'failed',
      'failed',
      'completed',
    ]);
  });

  it('asks the retry callback, with the retries so far', async () => {
    const asked: number[] = [];
    const bench = new Bench(
      {
        components: { a: { callbacks: ['retry'] } },
        main: async (logic) => logic.call('a'),
        callback: ({ input }) => {
          const retries = input.kind === 'retry' ? input.retries : -1;
          asked.push(retries);
          return { kind: 'retry', retry: retries < 2 };
        },
      },
      () => new Error('never'),
    );
    const run = await bench.start();
    expect((await bench.finish(run)).head.status).toBe('failed');
    expect([...new Set(asked)]).toEqual([0, 1, 2]);
    expect(bench.submitted).toHaveLength(3);
  });

  it('of a job that had this number before a resume is not the attempt’s', async () => {
    const bench = new Bench(
      { components: { a: {} }, main: async (logic) => logic.call('a') },
      () => HANG,
    );
    const run = await bench.start();
    const [step] = await bench.steps(run);
    const ended = {
      kind: 'job.ended',
      run,
      call: 0,
      attempt: 1,
      exitCode: 1,
      signal: null,
      fault: 'step',
      reason: 'exited with code 1',
      at: bench.now,
    } as const;
    await bench.send({
      ...ended,
      job: `${run}-0-0:0`,
      submittedAs: { name: `${run}-before-0`, index: 0 },
    });
    expect((await bench.steps(run))[0]).toEqual(step);
    await bench.send({
      ...ended,
      job: `${run}-0-0:0`,
      submittedAs: { name: `${run}-0-0`, index: 0 },
    });
    expect((await bench.steps(run))[0]?.status).not.toBe('running');
  });

  it('of the infrastructure does not count against the retries', async () => {
    const bench = new Bench(
      { components: { a: {} }, main: async (logic) => logic.call('a') },
      (spec) => (spec.attempt === 1 ? HANG : 1),
    );
    const run = await bench.start();
    bench.vanish(`${run}-0-0:0`);
    await bench.send({ kind: 'run.sweep', run, unknownJobsLost: true });
    expect((await bench.finish(run)).head.status).toBe('completed');
    expect((await bench.steps(run))[0]?.attempts).toMatchObject([
      { status: 'failed', infrastructure: true },
      { status: 'completed' },
    ]);
  });
});

describe('callbacks', () => {
  it('run before the launch, and may skip the step without failing the run', async () => {
    const bench = new Bench({
      components: { a: { callbacks: ['preExecute'] }, b: {} },
      main: async (logic) => void logic.call('b', logic.call('a')),
      callback: () => ({ kind: 'preExecute', launch: false }),
    });
    const run = await bench.start();
    expect(await bench.statuses(run)).toEqual({ a: 'skipped', b: 'skipped' });
    expect((await bench.run(run)).head.status).toBe('completed');
  });

  it('may change the arguments', async () => {
    const bench = new Bench({
      components: { a: { callbacks: ['preExecute'] } },
      main: async (logic) => logic.call('a', 1),
      callback: () => ({
        kind: 'preExecute',
        launch: true,
        args: { data: { format: 'json', text: '[2]' }, refs: [] },
      }),
    });
    await bench.start();
    expect(bench.submitted[0]?.args).toEqual({ format: 'json', text: '[2]' });
  });

  it('tell every change of status in order, and the end before the children start', async () => {
    const seen: string[] = [];
    const bench = new Bench({
      components: { a: { callbacks: ['statusChange', 'postExecute'] }, b: {} },
      main: async (logic) => void logic.call('b', logic.call('a')),
      callback: (event) => {
        const note = `${event.input.kind} ${event.input.kind === 'statusChange' ? event.input.previousStatus : ''}>${event.node.status}`;
        if (!seen.includes(note)) seen.push(note);
        if (event.input.kind === 'postExecute') expect(bench.submitted).toHaveLength(1);
        return event.input.kind === 'postExecute'
          ? { kind: 'postExecute' }
          : { kind: 'statusChange' };
      },
    });
    const run = await bench.start();
    expect((await bench.run(run)).head.status).toBe('completed');
    expect(seen).toEqual([
      'statusChange pending>queued',
      'statusChange queued>running',
      'statusChange running>completed',
      'postExecute >completed',
    ]);
  });
});

describe('messages', () => {
  const one: Script = { components: { a: {} }, main: async (logic) => logic.call('a') };

  it('may come twice, late and out of order', async () => {
    const bench = new Bench(one, () => HANG);
    const run = await bench.start();
    const from = {
      run,
      call: 0,
      attempt: 1,
      job: `${run}-0-0:0`,
      token: `token of ${run}-0-0`,
      at: 5,
    };
    const finished = {
      kind: 'finished' as const,
      ...from,
      outcome: {
        ok: true as const,
        values: [{ format: 'json' as const, text: '1' }],
        artifacts: [],
      },
    };
    await bench.send(finished, { kind: 'started', ...from }, finished);
    const { head } = await bench.run(run);
    expect(head).toMatchObject({ status: 'completed', eventCount: 1 });
  });

  it('with another token, of another attempt or from another job change nothing', async () => {
    const bench = new Bench(one, () => HANG);
    const run = await bench.start();
    const from = {
      run,
      call: 0,
      attempt: 1,
      job: `${run}-0-0:0`,
      token: `token of ${run}-0-0`,
      at: 5,
    };
    const outcome = { ok: true as const, values: [], artifacts: [] };
    await bench.send(
      { kind: 'finished', ...from, token: 'guessed', outcome },
      { kind: 'finished', ...from, attempt: 2, outcome },
      { kind: 'finished', ...from, job: 'rival', outcome },
    );
    expect((await bench.run(run)).head.status).toBe('running');
    expect(bench.terminated).toEqual(['rival']);
  });
});

describe('the cache', () => {
  const cached: Script = {
    components: { a: { cache: true }, b: {} },
    main: async (logic) => logic.call('b', logic.call('a', 'x')),
  };
  const second = '1'.repeat(26);

  it('gives an equal call of another run its values without a job', async () => {
    const storage = createMemoryStorage();
    await new Bench(cached, () => 5, storage).start();
    const bench = new Bench(cached, () => 6, storage);
    const run = await bench.start({}, second);
    expect(names(bench)).toEqual(['b']);
    expect((await bench.steps(run))[0]).toMatchObject({
      status: 'cached',
      cachedFrom: { step: 'a' },
    });
    expect(bench.submitted[0]?.refs[0]?.value).toEqual({ format: 'json', text: '5' });
  });

  it('executes two equal calls of one run once', async () => {
    const bench = new Bench(
      {
        components: { a: { cache: true } },
        main: async (logic) => [logic.call('a', 1), logic.call('a', 1)].length,
      },
      () => 3,
    );
    const run = await bench.start();
    expect(await bench.statuses(run)).toEqual({ a: 'completed', a_1: 'cached' });
    expect(bench.submitted).toHaveLength(1);
  });

  it('lets a second run wait for the first, and go on itself when the first fails', async () => {
    const storage = createMemoryStorage();
    const first = new Bench(cached, () => HANG, storage);
    const run1 = await first.start();
    const waiter = new Bench(cached, () => 8, storage);
    const run2 = await waiter.start({}, second);
    expect((await waiter.steps(run2))[0]).toMatchObject({ status: 'pending', waitingFor: 'lease' });
    await first.send({ kind: 'run.abort', run: run1, reason: 'test' });
    expect((await first.run(run1)).head.status).toBe('aborted');
    expect((await waiter.finish(run2)).head.status).toBe('completed');
    expect(names(waiter)).toEqual(['a', 'b']);
  });
});

describe('the end of a run', () => {
  it('comes by abort: waiting steps at once, running ones when their jobs are gone', async () => {
    const bench = new Bench(
      { components: { a: {}, b: {} }, main: async (logic) => logic.call('b', logic.call('a')) },
      () => HANG,
    );
    const run = await bench.start();
    await bench.send({ kind: 'run.abort', run, reason: 'enough' });
    expect(await bench.statuses(run)).toEqual({ a: 'aborted', b: 'aborted' });
    expect((await bench.run(run)).head).toMatchObject({
      status: 'aborted',
      error: { message: 'the run was aborted: enough' },
    });
  });

  it('comes by its time limit, as failed', async () => {
    const bench = new Bench(
      { components: { a: {} }, main: async (logic) => logic.call('a') },
      () => HANG,
    );
    const run = await bench.start({ timeoutSeconds: 90 });
    const { head } = await bench.finish(run);
    expect(head).toMatchObject({ status: 'failed', error: { name: 'RunTimeoutError' } });
  });

  it('waits for steps that the logic left behind, also when it threw', async () => {
    const bench = new Bench({
      components: { a: {} },
      main: async (logic) => {
        logic.call('a');
        throw new Error('own fault');
      },
    });
    const run = await bench.start();
    expect(await bench.statuses(run)).toEqual({ a: 'completed' });
    expect((await bench.run(run)).head).toMatchObject({
      status: 'failed',
      error: { message: 'own fault' },
    });
  });

  it('comes after sleeps by durable timers', async () => {
    const bench = new Bench({
      components: { a: {} },
      main: async (logic) => {
        await logic.sleep(5000);
        return logic.call('a');
      },
    });
    const run = await bench.start();
    expect(names(bench)).toEqual([]);
    await bench.finish(run);
    expect(names(bench)).toEqual(['a']);
  });
});
