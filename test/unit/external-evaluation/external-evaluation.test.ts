import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../../src/client/errors.ts';
import { evaluateExternally } from '../../../src/external-evaluation/process/evaluate-externally.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { EvaluatorJobState, EvaluatorJobs } from '../../../src/ports/evaluator.ts';
import type { EvaluationAnswer } from '../../../src/wire/evaluations.ts';
import { type Script, scripted } from '../controller/logic.ts';
import { createExternalHarness, PAUSE } from './harness.ts';

/** Awaits one step after the other, and adds up. */
const SUM: Script = {
  components: { one: {}, two: {} },
  main: async (logic) => {
    const one = Number(await logic.call('one'));
    return one + Number(await logic.call('two', one));
  },
};
const answer = ({ component }: { readonly component: string }) => (component === 'one' ? 20 : 22);

const resultOf = ({
  head,
}: {
  readonly head: { readonly status: string; readonly result: unknown };
}) => ({ status: head.status, result: head.result });
const DONE = { status: 'completed', result: { format: 'json', text: '42' } };

const pageOf = (process: string): EvaluationAnswer & { kind: 'page' } => ({
  kind: 'page',
  process,
  epoch: 1,
  generation: 0,
  position: 0,
  fromCommand: 0,
  commands: [],
  hasMore: false,
});

describe('logic that the caller evaluates', () => {
  it('a run waits for its external evaluator, and completes as with the engine’s', async () => {
    const harness = await createExternalHarness(SUM, { answer });
    const run = await harness.start('caller');
    expect((await harness.run(run)).head).toMatchObject({
      status: 'running',
      callCount: 0,
      externalEvaluator: { epoch: 0, answerPending: true },
    });
    expect(await harness.evaluate(run, 'first')).toBe('finished');
    expect(resultOf(await harness.run(run))).toEqual(DONE);
  });

  it('a run completes in the same way if notifications are lost or duplicated', async () => {
    for (const fate of ['lost', 'twice'] as const) {
      const harness = await createExternalHarness(SUM, { answer });
      const seen = new Set<string>();
      harness.deliveryOf = (transition) => {
        const text = JSON.stringify(transition);
        if (seen.has(text)) return 'once';
        seen.add(text);
        return fate;
      };
      const run = await harness.start('caller');
      expect(await harness.evaluate(run, 'first')).toBe('finished');
      expect(resultOf(await harness.run(run))).toEqual(DONE);
      expect(await harness.controllerHarness.steps(run)).toHaveLength(2);
    }
  });

  it('a sweep finds an answer whose notification was lost', async () => {
    const harness = await createExternalHarness(SUM, { answer });
    harness.deliveryOf = ({ kind }) => (kind === 'logic.answered' ? 'lost' : 'once');
    const run = await harness.start('caller');
    const stop = new AbortController();
    const evaluating = harness.evaluate(run, 'first', { signal: stop.signal });
    await vi.waitUntil(() => harness.sent.some(({ kind }) => kind === 'logic.answered'));
    expect((await harness.run(run)).head.callCount).toBe(0);
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.run(run)).head.callCount).toBe(1);
    stop.abort();
    expect(await evaluating).toBe('stopped');
  });

  it('the last claim wins: answers and late claims of the earlier process are rejected', async () => {
    const harness = await createExternalHarness(SUM, { answer });
    const run = await harness.start('caller');
    const first = harness.client(run);
    expect(await first.claim('first')).toMatchObject({ epoch: 1 });
    const { request } = await first.evaluation();
    expect(request).toEqual({ generation: 0, position: 0, fromCommand: 0 });
    expect(await harness.client(run).claim('second')).toMatchObject({ epoch: 2 });
    await expect(first.answer(pageOf('first'))).rejects.toThrow(/another process evaluates/);
    const claims = harness.sent.filter(({ kind }) => kind === 'logic.claimed');
    await harness.send(...claims.slice(0, 1));
    expect((await harness.run(run)).head.externalEvaluator).toMatchObject({
      epoch: 2,
      process: 'second',
    });
    expect(await harness.evaluate(run, 'third')).toBe('finished');
    expect(resultOf(await harness.run(run))).toEqual(DONE);
  });

  it('a failed step keeps its lease until the external evaluator answers about a retry', async () => {
    const twice: Script = {
      components: { a: { cache: true, callbacks: ['retry'] } },
      main: async (logic) => [logic.call('a', 1), logic.call('a', 1)].length,
      callback: () => ({ kind: 'retry', retry: true }),
    };
    const harness = await createExternalHarness(twice, {
      answer: ({ call, attempt }) => (call === 0 && attempt === 1 ? new Error('not yet') : 3),
    });
    let answers = 0;
    harness.deliveryOf = ({ kind }) =>
      kind === 'logic.answered' && ++answers > 1 ? 'lost' : 'once';
    const run = await harness.start('caller');
    const stop = new AbortController();
    const evaluating = harness.evaluate(run, 'first', { signal: stop.signal });
    const step = async (call: number) => (await harness.controllerHarness.steps(run))[call];
    await vi.waitUntil(() => answers > 1);
    stop.abort();
    await evaluating;
    const waiter = await step(1);
    expect([await step(0), waiter]).toMatchObject([
      { status: 'failed', waitingFor: 'retry' },
      { status: 'pending', waitingFor: 'lease' },
    ]);
    await harness.send({
      kind: 'timer.fired',
      run,
      timer: 'lease',
      subject: 1,
      generation: waiter?.timerGeneration ?? 0,
    });
    expect(await step(1)).toMatchObject({ status: 'pending', waitingFor: 'lease' });

    harness.deliveryOf = () => 'once';
    const second = harness.evaluate(run, 'second');
    await vi.waitUntil(async () => (await step(0))?.waitingFor === 'backoff');
    await harness.send({
      kind: 'timer.fired',
      run,
      timer: 'retry',
      subject: 0,
      generation: (await step(0))?.timerGeneration ?? 0,
    });
    expect(await second).toBe('finished');
    expect(await harness.controllerHarness.statuses(run)).toEqual({
      a: 'completed',
      a_1: 'cached',
    });
    expect(harness.controllerHarness.submittedSpecs).toHaveLength(2);
  });

  it('a process stops when another process has replaced it', async () => {
    const waiting: Script = { components: {}, main: (logic) => Promise.resolve(logic.sleep(1e6)) };
    const harness = await createExternalHarness(waiting);
    const run = await harness.start('caller');
    const first = harness.evaluate(run, 'first');
    await vi.waitUntil(async () => (await harness.run(run)).head.sleepCount === 1);
    await harness.client(run).claim('second');
    expect(await first).toBe('replaced');
  });

  it('a resumed run continues with a new request', async () => {
    let failing = true;
    const harness = await createExternalHarness(SUM, {
      answer: (spec) => (failing && spec.component === 'two' ? new Error('no') : answer(spec)),
    });
    const run = await harness.start('caller');
    expect(await harness.evaluate(run, 'first')).toBe('finished');
    const { head } = await harness.run(run);
    expect(head.status).toBe('failed');
    failing = false;
    await harness.send({ kind: 'run.resume', run, revision: head.revision });
    expect(await harness.evaluate(run, 'second')).toBe('finished');
    expect(resultOf(await harness.run(run))).toEqual(DONE);
    expect(harness.controllerHarness.submittedSpecs.map(({ component }) => component)).toEqual([
      'one',
      'two',
      'two',
    ]);
  });

  it('a process retries during an outage of the API, and fails if the outage is too long', async () => {
    const harness = await createExternalHarness(SUM, { answer });
    const run = await harness.start('caller');
    harness.responseInstead = (request) =>
      request % 20 < 15 ? new Response('', { status: request % 2 === 0 ? 503 : 429 }) : undefined;
    expect(await harness.evaluate(run, 'first')).toBe('finished');
    expect(resultOf(await harness.run(run))).toEqual(DONE);

    const other = await harness.start('caller', '2'.repeat(26));
    harness.responseInstead = () => new Response('', { status: 503 });
    await expect(harness.evaluate(other, 'second', { outage: 0 })).rejects.toThrow(ApiError);
  });

  it('the evaluation of an aborted run is finished', async () => {
    const harness = await createExternalHarness({
      components: {},
      main: (logic) => Promise.resolve(logic.sleep(1e6)),
    });
    const run = await harness.start('caller');
    await harness.send({ kind: 'run.abort', run, reason: 'enough' });
    expect((await harness.run(run)).head).toMatchObject({
      status: 'aborted',
      externalEvaluator: { answerPending: false },
    });
    await expect(harness.evaluate(run, 'late')).resolves.toBe('finished');
  });
});

describe('the API for external evaluators', () => {
  const rejectionStatus = async (promise: Promise<unknown>): Promise<number> => {
    const error: unknown = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ApiError)) throw new Error(`not rejected: ${String(error)}`);
    return error.status;
  };

  it('the API accepts only the token of the run', async () => {
    const harness = await createExternalHarness(SUM);
    const run = await harness.start('caller');
    const other = await harness.start('caller', '1'.repeat(26));
    expect(await rejectionStatus(harness.client(run, 'another').evaluation())).toBe(401);
    expect(await rejectionStatus(harness.client(run, 'token of job').claim('me'))).toBe(401);
    const tokenOfOther = harness.client(run, `token of ${other}`);
    expect(await rejectionStatus(tokenOfOther.evaluation())).toBe(401);
    expect(await rejectionStatus(tokenOfOther.events(0))).toBe(401);
    expect(harness.sent).toEqual([]);
  });

  it('the token gives access to no other route, in any form of the path', async () => {
    const harness = await createExternalHarness(SUM);
    const run = await harness.start('caller');
    for (const [path, expected] of [
      ['/v1/runs', 404],
      ['/evaluations/v1/../runs', 401],
      ['/evaluations/v1/%2e%2e/runs', 401],
      [`/evaluations/v1/${run}/..%2f..%2fruns`, 404],
      ['/openapi.json', 404],
    ] as const) {
      const { status } = await fetch(`${harness.endpoint}${path}`, {
        headers: { authorization: `Bearer token of ${run}` },
      });
      expect({ path, status }).toEqual({ path, status: expected });
    }
  });

  it('the API creates links only to results of the project', async () => {
    const harness = await createExternalHarness(SUM);
    const client = harness.client(await harness.start('caller'));
    expect(await client.valueLink('p/examples/data/x')).toMatchObject({ method: 'GET' });
    for (const key of [
      'p/other/data/x',
      'p/examples/history/x',
      'p/examples/data/../history/x',
      'code/x',
    ])
      expect(await rejectionStatus(client.valueLink(key))).toBe(403);
  });

  it('the API accepts only answers to the pending request, with valid commands', async () => {
    const harness = await createExternalHarness(SUM);
    const run = await harness.start('caller');
    const client = harness.client(run);
    await client.claim('me');
    const page = pageOf('me');
    for (const wrong of [
      { position: 1 },
      { fromCommand: 3 },
      { generation: 1 },
      { epoch: 2 },
      { process: 'you' },
    ])
      expect(await rejectionStatus(client.answer({ ...page, ...wrong }))).toBe(409);
    expect(
      await rejectionStatus(
        client.answer({
          ...page,
          commands: [{ command: { kind: 'delete everything' }, signature: '' }],
        }),
      ),
    ).toBe(422);
    expect((await harness.run(run)).head).toMatchObject({
      callCount: 0,
      externalEvaluator: { answerPending: true },
    });
  });

  it('the API rejects requests for runs that the engine evaluates', async () => {
    const harness = await createExternalHarness(SUM, { answer });
    const info = harness.controllerHarness.info();
    const run = await harness.controllerHarness.start();
    expect(info.evaluatedBy).toBeUndefined();
    expect(resultOf(await harness.run(run))).toEqual(DONE);
    expect(await rejectionStatus(harness.client(run).evaluation())).toBe(409);
  });
});

describe('logic that a job evaluates', () => {
  it('a lost evaluation job is replaced, within its budget', async () => {
    const ensured: number[] = [];
    let lostCount = 0;
    const jobs: EvaluatorJobs = {
      async ensure({ lostJobs }) {
        ensured.push(lostJobs);
        return lostJobs < lostCount
          ? { kind: 'ended', reason: 'a Spot machine was reclaimed' }
          : { kind: 'live' };
      },
    };
    const harness = await createExternalHarness(SUM, { answer, jobs });
    const run = await harness.start('job');
    expect(ensured).toEqual([0]);
    lostCount = 2;
    const ended: Transition = { kind: 'logic.answered', run, subject: 'its job ended' };
    await harness.send(ended);
    expect((await harness.run(run)).head.externalEvaluator).toMatchObject({
      answerPending: true,
      lostJobs: 2,
    });
    expect(await harness.evaluate(run, 'third')).toBe('finished');
    expect(resultOf(await harness.run(run))).toEqual(DONE);
  });

  it('a job that cannot be launched yet is requested again by each sweep, and its reason is on the run', async () => {
    let state: EvaluatorJobState = { kind: 'refused', reason: 'not authorized' };
    const jobs: EvaluatorJobs = { ensure: async () => state };
    const harness = await createExternalHarness(SUM, { answer, jobs });
    const run = await harness.start('job');
    const refusal = async () => (await harness.run(run)).head.externalEvaluator?.refused?.reason;
    expect(await refusal()).toBe('not authorized');
    state = { kind: 'live' };
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect(await refusal()).toBeUndefined();
    expect(await harness.evaluate(run, 'first')).toBe('finished');
    expect(resultOf(await harness.run(run))).toEqual(DONE);
  });

  it('a job that cannot be launched for the longest time in the queue fails the run', async () => {
    const jobs: EvaluatorJobs = {
      ensure: async () => ({ kind: 'refused', reason: 'not authorized' }),
    };
    const harness = await createExternalHarness(SUM, { answer, jobs });
    const run = await harness.start('job');
    harness.controllerHarness.now += 25 * 3_600_000;
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    const { head } = await harness.run(run);
    expect(head).toMatchObject({ status: 'failed', error: { name: 'EvaluatorLostError' } });
    expect(head.error?.message).toContain('not authorized');
  });

  it('a run fails with the reason of the last job when the budget of jobs is exhausted', async () => {
    const harness = await createExternalHarness(SUM, {
      answer,
      jobs: { ensure: async () => ({ kind: 'ended', reason: 'exited with code 1' }) },
    });
    const run = await harness.start('job');
    const { head } = await harness.run(run);
    expect(head.status).toBe('failed');
    expect(head.error).toMatchObject({
      name: 'EvaluatorLostError',
      message: expect.stringContaining('exited with code 1'),
    });
  });

  it('an answer with arguments full of quotes fits into the event of a function', async () => {
    const script: Script = {
      components: { a: {} },
      main: async (logic) => {
        for (let n = 0; n < 6; n += 1) logic.call('a', '"\\'.repeat(22_500), n);
      },
    };
    const harness = await createExternalHarness(script, { answer });
    const bytes: number[] = [];
    const run = await harness.start('caller');
    const client = harness.client(run);
    await evaluateExternally({
      client: {
        ...client,
        answer: (body) => {
          bytes.push(Buffer.byteLength(JSON.stringify(JSON.stringify(body))));
          return client.answer(body);
        },
      },
      makeEvaluator: () => scripted(script),
      name: 'first',
      pollDelay: PAUSE,
    });
    expect((await harness.run(run)).head).toMatchObject({ callCount: 6 });
    expect(Math.max(...bytes)).toBeGreaterThan(500_000);
    expect(Math.max(...bytes)).toBeLessThan(6_291_456 - 100_000);
  }, 30_000);
});
