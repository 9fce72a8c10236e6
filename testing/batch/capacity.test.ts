import {
  CreateJobQueueCommand,
  UpdateComputeEnvironmentCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch, statusesOf } from './test-batch.ts';

describe('capacity', () => {
  it('capacity is the vCPUs of the compute environment: a job that does not fit waits', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, maxvCpus: 3 });
    const definition = await batch.define(['x']);
    const two = {
      containerOverrides: { resourceRequirements: [{ type: 'VCPU' as const, value: '2' }] },
    };
    await batch.submit(definition, two);
    const second = await batch.submit(definition, two);
    // It would fit, but earlier jobs come first.
    const third = await batch.submit(definition);
    const first = await executor.container(0);
    await batch.until(third, ({ status }) => status === 'RUNNABLE');
    expect(executor.alive.size).toBe(1);

    first.end(0);
    await executor.container(2);

    expect(executor.started.map(({ plan }) => plan.environment.AWS_BATCH_JOB_ID).slice(1)).toEqual([
      second,
      third,
    ]);
  });

  it('capacity goes to the queue of higher priority first', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, maxvCpus: 1 });
    await batch.client.send(
      new CreateJobQueueCommand({
        jobQueueName: 'urgent',
        priority: 10,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'machines' }],
      }),
    );
    const definition = await batch.define(['x']);
    await batch.submit(definition);
    const first = await executor.container(0);
    const normal = await batch.submit(definition);
    const urgent = await batch.submit(definition, { jobQueue: 'urgent' });
    await batch.until(normal, ({ status }) => status === 'RUNNABLE');
    await batch.until(urgent, ({ status }) => status === 'RUNNABLE');

    first.end(0);

    expect((await executor.container(1)).plan.environment.AWS_BATCH_JOB_ID).toBe(urgent);
  });

  it('capacity is also limited by the parallel jobs of this machine', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, maxvCpus: 100, maxRunning: 2 });
    const jobId = await batch.submit(await batch.define(['x']), { arrayProperties: { size: 3 } });
    await executor.container(1);
    await batch.until(`${jobId}:2`, ({ status }) => status === 'RUNNABLE');
    expect(executor.alive.size).toBe(2);
    executor.started[0]?.end(0);
    expect((await executor.container(2)).plan.environment.AWS_BATCH_JOB_ARRAY_INDEX).toBe('2');
  });

  it('a job that fits no environment gets a status reason, and the queue’s state time limit cancels it', async () => {
    const batch = await startTestBatch({ maxvCpus: 2, secondMs: 0.1, executor: manualExecutor() });
    const reason = 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE';
    const limit = { reason, state: 'RUNNABLE', maxTimeSeconds: 600, action: 'CANCEL' } as const;
    await batch.client.send(
      new UpdateJobQueueCommand({ jobQueue: 'work', jobStateTimeLimitActions: [limit] }),
    );
    const jobId = await batch.submit(await batch.define(['x']), {
      containerOverrides: { resourceRequirements: [{ type: 'VCPU', value: '4' }] },
    });

    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      statusReason: `Canceled by JobStateTimeLimit action due to reason: ${reason}`,
    });
    await batch.emulator.settled();
    expect(batch.events.map((event) => event['detail-type'])).toContain('Batch Job Queue Blocked');
  });

  it('a disabled environment has no capacity, and a disabled queue accepts no job', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    await batch.client.send(
      new UpdateComputeEnvironmentCommand({ computeEnvironment: 'machines', state: 'DISABLED' }),
    );
    const definition = await batch.define(['x']);
    const jobId = await batch.submit(definition);
    await batch.until(jobId, ({ status }) => status === 'RUNNABLE');
    await batch.client.send(new UpdateJobQueueCommand({ jobQueue: 'work', state: 'DISABLED' }));
    await expect(batch.submit(definition)).rejects.toMatchObject({ name: 'ClientException' });
    expect(executor.started).toEqual([]);

    await batch.client.send(
      new UpdateComputeEnvironmentCommand({ computeEnvironment: 'machines', state: 'ENABLED' }),
    );

    (await executor.container(0)).end(0);
    await batch.ended(jobId);
    await batch.emulator.settled();
    expect(statusesOf(batch.events, jobId)).toEqual([
      'RUNNABLE',
      'STARTING',
      'RUNNING',
      'SUCCEEDED',
    ]);
  });

  it('a Fargate job does not run on an EC2 environment', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(['x'], {
      platformCapabilities: ['FARGATE'],
      containerProperties: {
        executionRoleArn: 'arn:aws:iam::000000000000:role/e',
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '2048' },
        ],
      },
    });
    const job = await batch.until(
      await batch.submit(definition),
      ({ statusReason }) => statusReason !== undefined,
    );
    expect(job).toMatchObject({
      status: 'RUNNABLE',
      statusReason: expect.stringContaining('JOB_RESOURCE_REQUIREMENT'),
    });
  });
});
