import { describe, expect, it } from 'vitest';
import { Bench, HANG } from './harness.ts';

const WIDTH = 6;
const MINUTE = 60_000;

/** A fan-out whose first attempts run for two minutes; then all but the first fail, one each second. */
async function aFanOutThatFails(retryTogether: number) {
  const calls = Array.from({ length: WIDTH }, (_, index) => index);
  const main = (logic: Parameters<ConstructorParameters<typeof Bench>[0]['main']>[0]) =>
    Promise.all(calls.map(() => logic.call('a')));
  const bench = new Bench(
    { components: { a: { retryOnFailure: 1 } }, main },
    ({ attempt }) => (attempt === 1 ? HANG : 1),
    undefined,
    {
      maxRetryBatchDelayMs: retryTogether,
    },
  );
  const run = await bench.start();
  const [group = ''] = bench.groups;
  bench.now += 2 * MINUTE;
  const say = (call: number, outcome: object) => {
    const from = {
      run,
      call,
      attempt: 1,
      job: `${group}:${call}`,
      token: `token of ${group}`,
      at: bench.now,
    };
    return bench.send({
      kind: 'finished',
      ...from,
      outcome: { ok: false, error: { name: 'Error', message: 'it does not work' }, ...outcome },
    });
  };
  for (const call of calls.slice(1)) {
    bench.now += 1000;
    await say(call, {});
  }
  const again = () => bench.submitted.slice(WIDTH).map(({ call }) => call);
  return { bench, run, say, again };
}

describe('retries of the members of a fan-out', () => {
  it('wait for each other, and are one group', async () => {
    const { bench, run, again } = await aFanOutThatFails(MINUTE);
    expect((await bench.run(run)).head.retryBatches).toMatchObject([
      { call: 1, calls: [2, 3, 4, 5] },
    ]);
    await bench.tick(run);
    expect(again()).toEqual([1, 2, 3, 4, 5]);
    expect(bench.groups).toHaveLength(2);
    expect((await bench.run(run)).head.retryBatches).toEqual([]);
  });

  it('are a group each where nothing is to be waited for', async () => {
    const { bench, run, again } = await aFanOutThatFails(0);
    for (let ticks = 0; ticks < WIDTH - 1; ticks += 1) await bench.tick(run);
    expect(again()).toEqual([1, 2, 3, 4, 5]);
    expect(bench.groups).toHaveLength(WIDTH);
  });

  it('are not begun when the run is aborted meanwhile', async () => {
    const { bench, run, say, again } = await aFanOutThatFails(MINUTE);
    await bench.send({ kind: 'run.abort', run, reason: 'enough' });
    await say(0, { stopReason: 'abort' });
    expect((await bench.finish(run)).head.status).toBe('aborted');
    expect(again()).toEqual([]);
  });
});
