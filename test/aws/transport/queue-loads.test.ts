import { expect, test } from 'vitest';
import { createBatchQueueLoads } from '../../../src/aws/jobs/queue-loads.ts';
import { RUN, SETTINGS, startJobs } from './batch.ts';

test('the load of a queue counts the jobs that its machines run and those that wait', async () => {
  const harness = await startJobs({ maxRunning: 2 });
  await harness.jobs.submit(harness.aGroup(0, 1));
  await harness.jobs.submit(harness.aGroup(1, 5));
  await harness.executor.container(1);
  const loads = createBatchQueueLoads({
    client: harness.client,
    settings: SETTINGS,
    clock: { now: Date.now },
  });
  const measured = await loads.loads(Object.keys(SETTINGS.queues));
  const { running = 0, starting = 0, ...load } = measured.get('cpu') ?? {};
  expect(running + starting).toBe(2);
  expect(load).toMatchObject({ waiting: 4, vcpus: { used: null, max: 64 }, partial: false });
  expect(measured.get('gpu')).toMatchObject({
    running: 0,
    waiting: 0,
    waitingSince: null,
    vcpus: { used: expect.any(Number), max: 64 },
  });
  expect(await loads.waiters('cpu')).toMatchObject({ items: [{ run: RUN, waiting: 4 }] });
});

test('a throttled request of the load is answered with the time to wait', async () => {
  const harness = await startJobs();
  const loads = createBatchQueueLoads({
    client: harness.client,
    settings: SETTINGS,
    clock: { now: Date.now },
  });
  harness.emulator.fail({ operation: 'ListJobs', type: 'TooManyRequestsException' });
  await expect(loads.loads(['cpu'])).rejects.toMatchObject({ retryAfterSeconds: 5 });
  expect((await loads.loads(['cpu'])).get('cpu')).toMatchObject({ running: 0, waiting: 0 });
});
