import { describe, expect, it } from 'vitest';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';

const WIDTH = 6;
const MINUTE_MS = 60_000;

/**
 * A fan-out whose first attempts run for two minutes. Then all members but the first fail, one each
 * second.
 */
async function aFailedFanOut(maxRetryBatchDelayMs: number) {
  const calls = Array.from({ length: WIDTH }, (_, index) => index);
  const main = (logic: Parameters<ConstructorParameters<typeof ControllerHarness>[0]['main']>[0]) =>
    Promise.all(calls.map(() => logic.call('a')));
  const harness = new ControllerHarness(
    { components: { a: { retryOnFailure: 1 } }, main },
    ({ attempt }) => (attempt === 1 ? NO_OUTCOME : 1),
    undefined,
    { maxRetryBatchDelayMs },
  );
  const run = await harness.start();
  const [group = ''] = harness.submittedGroups;
  harness.now += 2 * MINUTE_MS;
  const fail = (call: number, outcome: object) => {
    const sender = {
      run,
      call,
      attempt: 1,
      job: `${group}:${call}`,
      token: `token of ${group}`,
      at: harness.now,
    };
    return harness.send({
      kind: 'finished',
      ...sender,
      outcome: { ok: false, error: { name: 'Error', message: 'a broke' }, ...outcome },
    });
  };
  for (const call of calls.slice(1)) {
    harness.now += 1000;
    await fail(call, {});
  }
  const retriedCalls = () => harness.submittedSpecs.slice(WIDTH).map(({ call }) => call);
  return { harness, run, fail, retriedCalls };
}

describe('retries of the members of a fan-out', () => {
  it('retries of a fan-out wait for each other and form one group', async () => {
    const { harness, run, retriedCalls } = await aFailedFanOut(MINUTE_MS);
    expect((await harness.run(run)).head.retryBatches).toMatchObject([
      { call: 1, calls: [2, 3, 4, 5] },
    ]);
    await harness.fireNextTimer(run);
    expect(retriedCalls()).toEqual([1, 2, 3, 4, 5]);
    expect(harness.submittedGroups).toHaveLength(2);
    expect((await harness.run(run)).head.retryBatches).toEqual([]);
  });

  it('without a batch delay, each retry is a group of its own', async () => {
    const { harness, run, retriedCalls } = await aFailedFanOut(0);
    for (let ticks = 0; ticks < WIDTH - 1; ticks += 1) await harness.fireNextTimer(run);
    expect(retriedCalls()).toEqual([1, 2, 3, 4, 5]);
    expect(harness.submittedGroups).toHaveLength(WIDTH);
  });

  it('retries of a fan-out are not started when the run is aborted', async () => {
    const { harness, run, fail, retriedCalls } = await aFailedFanOut(MINUTE_MS);
    await harness.send({ kind: 'run.abort', run, reason: 'test' });
    await fail(0, { stopReason: 'abort' });
    expect((await harness.finish(run)).head.status).toBe('aborted');
    expect(retriedCalls()).toEqual([]);
  });
});
