import { describe, expect, it } from 'vitest';
import { costModelOf } from '../../../lambda/api/compute-rates.ts';
import { attemptsDollars, executionsDollars, rateOf } from '../../../src/model/compute-costs.ts';
import { LIST_PRICES } from '../../../src/model/list-prices.ts';

const settings: Parameters<typeof costModelOf>[0] = {
  queues: {
    default: { platform: 'fargate', spot: false, gpu: false },
    spot: { platform: 'fargate', spot: true, gpu: false },
    gpu: { platform: 'ec2', spot: false, gpu: true },
    quick: { platform: 'lambda', timeoutSeconds: 60, maxConcurrency: 10, memoryMiB: 1024 },
  },
  resources: { vcpus: 1, memoryMiB: 2048 },
};

describe('the price of a step', () => {
  const model = costModelOf(settings);
  const hourly = (queue: string, options = {}): number =>
    (model.rateOf({ queue, options })?.dollarsPerSecond ?? Number.NaN) * 3600;

  it('it is that of the vCPUs and memory which the queue grants', () => {
    expect(hourly('default')).toBeCloseTo(0.040_48 + 2 * 0.004_445, 9);
    expect(hourly('default', { resources: { cpu: 4, memory: '16 GiB' } })).toBeCloseTo(
      4 * 0.040_48 + 16 * 0.004_445,
      9,
    );
    // Fargate has no 3 vCPUs.
    expect(hourly('default', { dockerArgs: '--cpus 3 --memory 16g' })).toBeCloseTo(
      4 * 0.040_48 + 16 * 0.004_445,
      9,
    );
    expect(hourly('spot')).toBeCloseTo(0.3 * (0.040_48 + 2 * 0.004_445), 9);
    expect(hourly('gpu', { resources: { cpu: 4, memory: '16 GiB', gpu: 1 } })).toBeCloseTo(
      1.0016,
      4,
    );
    expect(hourly('quick')).toBeCloseTo(3600 * 16.6667e-6, 9);
    expect(model.rateOf({ queue: 'spot' })?.text).toBe('Fargate Spot, 1 vCPU, 2 GiB');
  });

  it('there is none for an unknown queue, and for a request that no queue accepts', () => {
    expect(model.rateOf({ queue: 'other' })).toBeUndefined();
    expect(model.rateOf({ queue: 'toString' })).toBeUndefined();
    for (const dockerArgs of ['--cpus 999', '--unknown', '--cpus x'])
      expect(model.rateOf({ queue: 'default', options: { dockerArgs } })).toBeUndefined();
  });

  it('prices of the configuration replace list prices one by one', () => {
    const own = costModelOf({ ...settings, prices: { fargateVcpuHour: 1, fargateSpotShare: 0.5 } });
    expect(own.hasOwnPrices).toBe(true);
    expect((own.rateOf({ queue: 'spot' })?.dollarsPerSecond ?? 0) * 3600).toBeCloseTo(
      0.5 * (1 + 2 * 0.004_445),
      9,
    );
  });
});

describe('the compute of executions', () => {
  const machine = { spot: false, vcpus: 1, memoryMiB: 1024, gpus: 0 };
  const fargate = rateOf({ ...machine, platform: 'fargate' }, LIST_PRICES);
  const lambda = rateOf({ ...machine, platform: 'lambda' }, LIST_PRICES);

  it('Fargate is charged for a minute at least, a function for its time and its request', () => {
    const attempts = [
      { startedAt: 0, endedAt: 1000 },
      { startedAt: 0, endedAt: 120_000 },
      { startedAt: 5 },
      {},
    ];
    expect(attemptsDollars(attempts, fargate) / fargate.dollarsPerSecond).toBeCloseTo(180, 6);
    expect(attemptsDollars(attempts, lambda)).toBeCloseTo(121 * 16.6667e-6 + 2 * 0.2e-6, 12);
  });

  it('totals of executions are estimated within a tenth of the executions themselves', () => {
    const seconds = [0.2, 2, 8, 20, 45, 300, 4000];
    const attempts = seconds.map((each) => ({ startedAt: 0, endedAt: each * 1000 }));
    const durations = [0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 0];
    const durationMs = seconds.reduce((sum, each) => sum + each, 0) * 1000;
    for (const rate of [fargate, lambda])
      expect(
        executionsDollars({ durationMs, durations }, rate) / attemptsDollars(attempts, rate),
      ).toBeCloseTo(1, 1);
  });
});
