import { ListJobsCommand } from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch, statusesOf } from './test-batch.ts';

describe('an array', () => {
  it('an array job runs a child for every index and ends with the last child', async () => {
    const batch = await startTestBatch({ maxvCpus: 8 });
    const definition = await batch.define([
      'sh',
      '-c',
      'test "$AWS_BATCH_JOB_ARRAY_INDEX/$AWS_BATCH_JOB_ARRAY_SIZE" != 3/5',
    ]);
    const jobId = await batch.submit(definition, { arrayProperties: { size: 5 } });

    const parent = await batch.ended(jobId);

    expect(parent).toMatchObject({
      status: 'FAILED',
      statusReason: 'Array Child Job failed',
      arrayProperties: { size: 5, statusSummary: { SUCCEEDED: 4, FAILED: 1, RUNNING: 0 } },
    });
    expect(await batch.describe(`${jobId}:3`)).toMatchObject({
      status: 'FAILED',
      arrayProperties: { index: 3 },
      container: { exitCode: 1 },
    });
    await batch.emulator.settled();
    expect(statusesOf(batch.events, jobId)).toEqual(['PENDING', 'FAILED']);
    expect(statusesOf(batch.events, `${jobId}:0`)).toEqual([
      'RUNNABLE',
      'STARTING',
      'RUNNING',
      'SUCCEEDED',
    ]);
  });

  it('an array job lists its children by status', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, maxvCpus: 2 });
    const jobId = await batch.submit(await batch.define(['x']), { arrayProperties: { size: 4 } });
    await executor.container(1);
    await batch.until(
      jobId,
      ({ arrayProperties }) =>
        arrayProperties?.statusSummary?.RUNNING === 2 &&
        arrayProperties.statusSummary.RUNNABLE === 2,
    );

    const list = async (jobStatus?: 'RUNNABLE') =>
      (
        await batch.client.send(
          new ListJobsCommand({ arrayJobId: jobId, ...(jobStatus && { jobStatus }) }),
        )
      ).jobSummaryList;
    expect((await list())?.map((child) => child.jobId)).toEqual([`${jobId}:0`, `${jobId}:1`]);
    expect((await list('RUNNABLE'))?.map((child) => child.arrayProperties?.index)).toEqual([2, 3]);
  });

  it('an array job of 10,000 children is one submission', async () => {
    const executor = manualExecutor((container) => container.end(0));
    const batch = await startTestBatch({
      executor,
      maxvCpus: 256,
      maxRunning: 256,
      arrayEvents: 'parents',
    });
    const parent = await batch.ended(
      await batch.submit(await batch.define(['x']), { arrayProperties: { size: 10_000 } }),
    );

    expect(parent.arrayProperties?.statusSummary?.SUCCEEDED).toBe(10_000);
    expect(
      new Set(executor.started.map(({ plan }) => plan.environment.AWS_BATCH_JOB_ARRAY_INDEX)).size,
    ).toBe(10_000);
  });
});

describe('a dependency', () => {
  it('a dependency keeps a job PENDING until the other job succeeds', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(['x']);
    const first = await batch.submit(definition);
    const second = await batch.submit(definition, { dependsOn: [{ jobId: first }] });
    await batch.until(second, ({ status }) => status === 'PENDING');
    const container = await executor.container(0);
    expect(container.plan.environment.AWS_BATCH_JOB_ID).toBe(first);

    container.end(0);
    (await executor.container(1)).end(0);

    await batch.ended(second);
    await batch.emulator.settled();
    expect(statusesOf(batch.events, second)).toEqual([
      'PENDING',
      'RUNNABLE',
      'STARTING',
      'RUNNING',
      'SUCCEEDED',
    ]);
  });

  it('a failed dependency fails the waiting job and its dependants', async () => {
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(1)),
    });
    const definition = await batch.define(['x']);
    const first = await batch.submit(definition);
    const second = await batch.submit(definition, { dependsOn: [{ jobId: first }] });
    const third = await batch.submit(definition, { dependsOn: [{ jobId: second }] });

    expect(await batch.ended(third)).toMatchObject({
      status: 'FAILED',
      statusReason: 'Dependent Job failed',
      attempts: [],
    });
  });

  it('a dependency on an array waits for all of its children', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(['x']);
    const array = await batch.submit(definition, { arrayProperties: { size: 2 } });
    const after = await batch.submit(definition, { dependsOn: [{ jobId: array }] });
    (await executor.container(0)).end(0);
    await batch.until(`${array}:0`, ({ status }) => status === 'SUCCEEDED');
    expect((await batch.describe(after)).status).toBe('PENDING');

    (await executor.container(1)).end(0);
    (await executor.container(2)).end(0);

    expect(await batch.ended(after)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('an N_TO_N dependency pairs the children', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(['x']);
    const array = await batch.submit(definition, { arrayProperties: { size: 2 } });
    const pairs = await batch.submit(definition, {
      arrayProperties: { size: 2 },
      dependsOn: [{ jobId: array, type: 'N_TO_N' }],
    });

    (await executor.container(1)).end(0);

    const { plan } = await executor.container(2);
    expect(plan.environment.AWS_BATCH_JOB_ID).toBe(`${pairs}:1`);
    expect((await batch.describe(`${pairs}:0`)).status).toBe('PENDING');
  });

  it('a SEQUENTIAL dependency runs the children one after the other', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const jobId = await batch.submit(await batch.define(['x']), {
      arrayProperties: { size: 3 },
      dependsOn: [{ type: 'SEQUENTIAL' }],
    });
    for (const index of [0, 1, 2]) {
      const container = await executor.container(index);
      expect([container.plan.environment.AWS_BATCH_JOB_ARRAY_INDEX, executor.alive.size]).toEqual([
        String(index),
        1,
      ]);
      container.end(0);
    }
    expect(await batch.ended(jobId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('an N_TO_N dependency between arrays of different sizes is refused', async () => {
    const batch = await startTestBatch({ executor: manualExecutor() });
    const definition = await batch.define(['x']);
    const jobId = await batch.submit(definition, { arrayProperties: { size: 2 } });
    await expect(
      batch.submit(definition, {
        arrayProperties: { size: 3 },
        dependsOn: [{ jobId, type: 'N_TO_N' }],
      }),
    ).rejects.toMatchObject({
      name: 'ClientException',
    });
  });
});
