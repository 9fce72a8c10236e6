import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../../src/client/errors.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { EvaluatorJobs } from '../../../src/ports/evaluator.ts';
import type { EvaluationAnswer } from '../../../src/wire/evaluations.ts';
import type { Script } from '../controller/logic.ts';
import { createExternalHarness } from './harness.ts';

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
  it('waits until somebody does, and ends as if the engine had', async () => {
    const outside = await createExternalHarness(SUM, { answer });
    const run = await outside.start('caller');
    expect((await outside.run(run)).head).toMatchObject({
      status: 'running',
      callCount: 0,
      externalEvaluator: { epoch: 0, answerPending: true },
    });
    expect(await outside.evaluate(run, 'first')).toBe('finished');
    expect(resultOf(await outside.run(run))).toEqual(DONE);
  });

  it('ends the same whichever of its words are lost or come twice', async () => {
    for (const fate of ['lost', 'twice'] as const) {
      const outside = await createExternalHarness(SUM, { answer });
      const seen = new Set<string>();
      outside.deliveryOf = (transition) => {
        const text = JSON.stringify(transition);
        if (seen.has(text)) return 'once';
        seen.add(text);
        return fate;
      };
      const run = await outside.start('caller');
      expect(await outside.evaluate(run, 'first')).toBe('finished');
      expect(resultOf(await outside.run(run))).toEqual(DONE);
      expect(await outside.bench.steps(run)).toHaveLength(2);
    }
  });

  it('finds an answer whose word was lost when the run is swept', async () => {
    const outside = await createExternalHarness(SUM, { answer });
    outside.deliveryOf = ({ kind }) => (kind === 'logic.answered' ? 'lost' : 'once');
    const run = await outside.start('caller');
    const stop = new AbortController();
    const evaluating = outside.evaluate(run, 'first', { signal: stop.signal });
    await vi.waitUntil(() => outside.sent.some(({ kind }) => kind === 'logic.answered'));
    expect((await outside.run(run)).head.callCount).toBe(0);
    await outside.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await outside.run(run)).head.callCount).toBe(1);
    stop.abort();
    expect(await evaluating).toBe('stopped');
  });

  it('is taken over by the process that claims it last; the one before is not listened to, nor its late claim', async () => {
    const outside = await createExternalHarness(SUM, { answer });
    const run = await outside.start('caller');
    const first = outside.client(run);
    expect(await first.claim('first')).toMatchObject({ epoch: 1 });
    const { request } = await first.evaluation();
    expect(request).toEqual({ generation: 0, position: 0, fromCommand: 0 });
    expect(await outside.client(run).claim('second')).toMatchObject({ epoch: 2 });
    await expect(first.answer(pageOf('first'))).rejects.toThrow(/another process evaluates/);
    const claims = outside.sent.filter(({ kind }) => kind === 'logic.claimed');
    await outside.send(...claims.slice(0, 1));
    expect((await outside.run(run)).head.externalEvaluator).toMatchObject({
      epoch: 2,
      process: 'second',
    });
    expect(await outside.evaluate(run, 'third')).toBe('finished');
    expect(resultOf(await outside.run(run))).toEqual(DONE);
  });

  it('is asked about a retry: until it answers, the failed step keeps its lease', async () => {
    const twice: Script = {
      components: { a: { cache: true, callbacks: ['retry'] } },
      main: async (logic) => [logic.call('a', 1), logic.call('a', 1)].length,
      callback: () => ({ kind: 'retry', retry: true }),
    };
    const outside = await createExternalHarness(twice, {
      answer: ({ call, attempt }) => (call === 0 && attempt === 1 ? new Error('not yet') : 3),
    });
    let answers = 0;
    outside.deliveryOf = ({ kind }) =>
      kind === 'logic.answered' && ++answers > 1 ? 'lost' : 'once';
    const run = await outside.start('caller');
    const stop = new AbortController();
    const evaluating = outside.evaluate(run, 'first', { signal: stop.signal });
    const step = async (call: number) => (await outside.bench.steps(run))[call];
    await vi.waitUntil(() => answers > 1);
    stop.abort();
    await evaluating;
    const waiter = await step(1);
    expect([await step(0), waiter]).toMatchObject([
      { status: 'failed', waitingFor: 'retry' },
      { status: 'pending', waitingFor: 'lease' },
    ]);
    await outside.send({
      kind: 'timer.fired',
      run,
      timer: 'lease',
      subject: 1,
      generation: waiter?.timerGeneration ?? 0,
    });
    expect(await step(1)).toMatchObject({ status: 'pending', waitingFor: 'lease' });

    outside.deliveryOf = () => 'once';
    const second = outside.evaluate(run, 'second');
    await vi.waitUntil(async () => (await step(0))?.waitingFor === 'backoff');
    await outside.send({
      kind: 'timer.fired',
      run,
      timer: 'retry',
      subject: 0,
      generation: (await step(0))?.timerGeneration ?? 0,
    });
    expect(await second).toBe('finished');
    expect(await outside.bench.statuses(run)).toEqual({ a: 'completed', a_1: 'cached' });
    expect(outside.bench.submittedSpecs).toHaveLength(2);
  });

  it('is left by a process that finds itself replaced', async () => {
    const waiting: Script = { components: {}, main: (logic) => Promise.resolve(logic.sleep(1e6)) };
    const outside = await createExternalHarness(waiting);
    const run = await outside.start('caller');
    const first = outside.evaluate(run, 'first');
    await vi.waitUntil(async () => (await outside.run(run)).head.sleepCount === 1);
    await outside.client(run).claim('second');
    expect(await first).toBe('replaced');
  });

  it('goes on where it was after a resume, with another question', async () => {
    let failing = true;
    const outside = await createExternalHarness(SUM, {
      answer: (spec) => (failing && spec.component === 'two' ? new Error('no') : answer(spec)),
    });
    const run = await outside.start('caller');
    expect(await outside.evaluate(run, 'first')).toBe('finished');
    const { head } = await outside.run(run);
    expect(head.status).toBe('failed');
    failing = false;
    await outside.send({ kind: 'run.resume', run, revision: head.revision });
    expect(await outside.evaluate(run, 'second')).toBe('finished');
    expect(resultOf(await outside.run(run))).toEqual(DONE);
    expect(outside.bench.submittedSpecs.map(({ component }) => component)).toEqual([
      'one',
      'two',
      'two',
    ]);
  });

  it('outlasts an API that does not answer for a while, and gives up after long', async () => {
    const outside = await createExternalHarness(SUM, { answer });
    const run = await outside.start('caller');
    outside.responseInstead = (request) =>
      request % 20 < 15 ? new Response('', { status: request % 2 === 0 ? 503 : 429 }) : undefined;
    expect(await outside.evaluate(run, 'first')).toBe('finished');
    expect(resultOf(await outside.run(run))).toEqual(DONE);

    const other = await outside.start('caller', '2'.repeat(26));
    outside.responseInstead = () => new Response('', { status: 503 });
    await expect(outside.evaluate(other, 'second', { outage: 0 })).rejects.toThrow(ApiError);
  });

  it('ends with the run where that is aborted', async () => {
    const outside = await createExternalHarness({
      components: {},
      main: (logic) => Promise.resolve(logic.sleep(1e6)),
    });
    const run = await outside.start('caller');
    await outside.send({ kind: 'run.abort', run, reason: 'enough' });
    expect((await outside.run(run)).head).toMatchObject({
      status: 'aborted',
      externalEvaluator: { answerPending: false },
    });
    await expect(outside.evaluate(run, 'late')).resolves.toBe('finished');
  });
});

describe('the door of a run’s evaluator', () => {
  const refused = async (promise: Promise<unknown>): Promise<number> => {
    const error: unknown = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ApiError)) throw new Error(`not refused: ${String(error)}`);
    return error.status;
  };

  it('opens for the token of that run alone', async () => {
    const outside = await createExternalHarness(SUM);
    const run = await outside.start('caller');
    const other = await outside.start('caller', '1'.repeat(26));
    expect(await refused(outside.client(run, 'another').evaluation())).toBe(401);
    expect(await refused(outside.client(run, 'token of job').claim('me'))).toBe(401);
    const tokenOfOther = outside.client(run, `token of the evaluator of ${other}`);
    expect(await refused(tokenOfOther.evaluation())).toBe(401);
    expect(await refused(tokenOfOther.events(0))).toBe(401);
    expect(outside.sent).toEqual([]);
  });

  it('leads to no other route, however its path is written', async () => {
    const outside = await createExternalHarness(SUM);
    const run = await outside.start('caller');
    for (const path of [
      '/v1/runs',
      '/evaluations/v1/../runs',
      '/evaluations/v1/%2e%2e/runs',
      `/evaluations/v1/${run}/..%2f..%2fruns`,
      '/openapi.json',
    ]) {
      const { status } = await fetch(`${outside.endpoint}${path}`, {
        headers: { authorization: `Bearer token of the evaluator of ${run}` },
      });
      expect({ path, status }).toEqual({ path, status: 404 });
    }
  });

  it('gives links to results of the project alone', async () => {
    const outside = await createExternalHarness(SUM);
    const client = outside.client(await outside.start('caller'));
    expect(await client.valueLink('p/examples/data/x')).toMatchObject({ method: 'GET' });
    for (const key of [
      'p/other/data/x',
      'p/examples/history/x',
      'p/examples/data/../history/x',
      'code/x',
    ])
      expect(await refused(client.valueLink(key))).toBe(403);
  });

  it('takes answers to the question alone, of commands alone', async () => {
    const outside = await createExternalHarness(SUM);
    const run = await outside.start('caller');
    const client = outside.client(run);
    await client.claim('me');
    const page = pageOf('me');
    for (const wrong of [
      { position: 1 },
      { fromCommand: 3 },
      { generation: 1 },
      { epoch: 2 },
      { process: 'you' },
    ])
      expect(await refused(client.answer({ ...page, ...wrong }))).toBe(409);
    expect(
      await refused(
        client.answer({
          ...page,
          commands: [{ command: { kind: 'delete everything' }, signature: '' }],
        }),
      ),
    ).toBe(422);
    expect((await outside.run(run)).head).toMatchObject({
      callCount: 0,
      externalEvaluator: { answerPending: true },
    });
  });

  it('is closed for runs that the engine evaluates', async () => {
    const outside = await createExternalHarness(SUM, { answer });
    const info = outside.bench.info();
    const run = await outside.bench.start();
    expect(info.evaluatedBy).toBeUndefined();
    expect(resultOf(await outside.run(run))).toEqual(DONE);
    expect(await refused(outside.client(run).evaluation())).toBe(409);
  });
});

describe('logic that a job evaluates', () => {
  it('has a job, and another one when that is lost, as long as the budget lasts', async () => {
    const ensured: number[] = [];
    let gone = 0;
    const jobs: EvaluatorJobs = {
      async ensure({ lostJobs }) {
        ensured.push(lostJobs);
        return lostJobs < gone ? 'a Spot machine was taken away' : undefined;
      },
    };
    const outside = await createExternalHarness(SUM, { answer, jobs });
    const run = await outside.start('job');
    expect(ensured).toEqual([0]);
    gone = 2;
    const ended: Transition = { kind: 'logic.answered', run, subject: 'its job ended' };
    await outside.send(ended);
    expect((await outside.run(run)).head.externalEvaluator).toMatchObject({
      answerPending: true,
      lostJobs: 2,
    });
    expect(await outside.evaluate(run, 'third')).toBe('finished');
    expect(resultOf(await outside.run(run))).toEqual(DONE);
  });

  it('fails with its reason when jobs are lost again and again', async () => {
    const outside = await createExternalHarness(SUM, {
      answer,
      jobs: { ensure: async () => 'exited with code 1' },
    });
    const run = await outside.start('job');
    const { head } = await outside.run(run);
    expect(head.status).toBe('failed');
    expect(head.error).toMatchObject({
      name: 'EvaluatorLostError',
      message: expect.stringContaining('exited with code 1'),
    });
  });
});
