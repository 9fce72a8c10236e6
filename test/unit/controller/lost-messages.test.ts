import { describe, expect, it } from 'vitest';
import { createController } from '../../../src/controller/controller.ts';
import { Bench, HANG } from './harness.ts';
import type { Script } from './logic.ts';

const MINUTE = 60_000;
const ONE = {
  components: { a: { retryOnFailure: 1 } },
  main: async (logic: Parameters<ConstructorParameters<typeof Bench>[0]['main']>[0]) =>
    logic.call('a'),
};

describe('a retry whose timer never fires', () => {
  async function aRetryThatWaits() {
    const bench = new Bench(ONE, ({ attempt }) =>
      attempt === 1 ? new Error('it does not work') : 7,
    );
    const run = await bench.start();
    const [step] = await bench.storage.tasks.steps(run, [0]);
    expect(step).toMatchObject({ status: 'pending', waitingFor: 'backoff' });
    return { bench, run, generation: step?.timerGeneration ?? 0 };
  }

  it('comes with a sweep some time after it was due, and not before', async () => {
    const { bench, run } = await aRetryThatWaits();
    await bench.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect(bench.submitted).toHaveLength(1);
    bench.now += 5 * MINUTE;
    await bench.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect(bench.submitted).toHaveLength(2);
  });

  it('comes once, though the timer fires after all', async () => {
    const { bench, run, generation } = await aRetryThatWaits();
    bench.now += 5 * MINUTE;
    await bench.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    await bench.send({ kind: 'timer.fired', run, timer: 'retry', subject: 0, generation });
    expect(bench.submitted).toHaveLength(2);
  });
});

describe('a sleep whose timer never fires', () => {
  const script: Script = {
    components: {},
    main: async (logic) => {
      await Promise.all(Array.from({ length: 12 }, () => logic.sleep(5000)));
      return 'rested';
    },
  };

  it('ends with a sweep some time after it was due, of ten at once', async () => {
    const bench = new Bench(script);
    const run = await bench.start();
    const sweep = () => bench.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    await sweep();
    expect((await bench.run(run)).head).toMatchObject({
      pendingSleepCount: 12,
      pendingSleeps: expect.arrayContaining([{ sleep: 9, at: expect.any(Number) }]),
    });
    bench.now += 5 * MINUTE;
    await sweep();
    expect((await bench.run(run)).head).toMatchObject({
      status: 'running',
      pendingSleepCount: 2,
      endedSleepsBelow: 10,
      pendingSleeps: [],
    });
    for (const subject of [10, 11, 0, 11])
      await bench.send({ kind: 'timer.fired', run, timer: 'sleep', subject, generation: 0 });
    expect((await bench.run(run)).head).toMatchObject({
      status: 'completed',
      pendingSleepCount: 0,
    });
    expect(
      (await bench.storage.tasks.events(run, 0, 100)).filter(({ kind }) => kind === 'sleepEnded'),
    ).toHaveLength(12);
  });
});

describe('an abort that comes after a resume', () => {
  it('is none of what follows, though it comes with the resume', async () => {
    const bench = new Bench(ONE, () => HANG);
    const run = await bench.start();
    const abort = { kind: 'run.abort' as const, run, reason: 'enough', generation: 0 };
    await bench.send(abort);
    expect((await bench.run(run)).head.status).toBe('aborted');
    const { revision } = (await bench.run(run)).head;
    const { handle } = createController(bench.ports);
    await handle(run, [abort, { kind: 'run.resume', run, revision }, abort]);
    await handle(run, [abort]);
    expect((await bench.run(run)).head).toMatchObject({
      status: 'running',
      abortReason: null,
      generation: 1,
    });
    await handle(run, [{ ...abort, generation: 1 }]);
    expect((await bench.run(run)).head.status).toBe('aborting');
  });
});

describe('a message without the token of its attempt', () => {
  it('changes nothing, and is told of', async () => {
    const refused: unknown[] = [];
    const bench = new Bench(ONE, () => HANG);
    const controller = createController({
      ...bench.ports,
      onRejectedMessage: (message) => void refused.push(message),
    });
    const run = await bench.start();
    const [group = ''] = bench.groups;
    const said = {
      kind: 'finished' as const,
      run,
      call: 0,
      job: `${group}:0`,
      at: bench.now,
      outcome: { ok: true as const, values: [], artifacts: [] },
    };
    await controller.handle(run, [
      { ...said, attempt: 1, token: 'token of another' },
      { ...said, attempt: 2, token: `token of ${group}` },
    ]);
    expect(refused).toMatchObject([
      { call: 0, attempt: 1 },
      { call: 0, attempt: 2 },
    ]);
    expect((await bench.storage.tasks.steps(run, [0]))[0]?.status).toBe('running');
  });
});
