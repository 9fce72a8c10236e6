import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { retries } from './retry.ts';
import { startTestBatch, statusesOf } from './test-batch.ts';

const failure = {
  statusReason: 'Essential container in task exited',
  reason: undefined,
  exitCode: 1,
};
const spotPair = {
  attempts: 3,
  evaluateOnExit: [
    { onStatusReason: 'Host EC2*', action: 'RETRY' as const },
    { onReason: '*', action: 'EXIT' as const },
  ],
};

describe('a retry strategy', () => {
  it('a retry strategy allows one attempt by default, otherwise its number of attempts', () => {
    expect(retries(undefined, 1, failure)).toBe(false);
    expect([1, 2, 3].map((made) => retries({ attempts: 3 }, made, failure))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('an exit that no rule matches is retried', () => {
    expect(
      retries({ attempts: 2, evaluateOnExit: [{ onExitCode: '2', action: 'EXIT' }] }, 1, failure),
    ).toBe(true);
  });

  it('the first rule whose conditions all match decides', () => {
    const rules = [
      { onExitCode: '1', onReason: 'OutOfMemory*', action: 'EXIT' },
      { onExitCode: '1*', action: 'exit' },
      { onExitCode: '1', action: 'RETRY' },
    ];
    expect(retries({ attempts: 2, evaluateOnExit: rules }, 1, failure)).toBe(false);
    expect(retries({ attempts: 2, evaluateOnExit: rules.toSpliced(1, 1) }, 1, failure)).toBe(true);
    expect(
      retries({ attempts: 2, evaluateOnExit: rules.toSpliced(1, 1) }, 1, {
        ...failure,
        reason: 'OutOfMemoryError: x',
      }),
    ).toBe(false);
  });

  it('a pattern matches the whole text or the prefix before an asterisk, and unknown values are empty', () => {
    const rule = (onReason: string) =>
      retries({ attempts: 2, evaluateOnExit: [{ onReason, action: 'EXIT' }] }, 1, failure);
    expect(['*', 'x', 'x*'].map(rule)).toEqual([false, true, true]);
    const status = (onStatusReason: string) =>
      retries({ attempts: 2, evaluateOnExit: [{ onStatusReason, action: 'EXIT' }] }, 1, failure);
    expect(['Essential', 'Essential*', 'essential*'].map(status)).toEqual([true, false, true]);
  });
});

describe('a job that is retried', () => {
  it('a retried job returns to RUNNABLE and counts its attempts', async () => {
    const batch = await startTestBatch();
    const definition = await batch.define(['sh', '-c', 'exit $((3 - AWS_BATCH_JOB_ATTEMPT))'], {
      retryStrategy: { attempts: 5 },
    });
    const jobId = await batch.submit(definition);

    const job = await batch.ended(jobId);

    expect(job.status).toBe('SUCCEEDED');
    expect(job.attempts?.map(({ container }) => container?.exitCode)).toEqual([2, 1, 0]);
    expect(new Set(job.attempts?.map(({ container }) => container?.logStreamName)).size).toBe(3);
    await batch.emulator.settled();
    const once = ['RUNNABLE', 'STARTING', 'RUNNING'];
    expect(statusesOf(batch.events, jobId)).toEqual([...once, ...once, ...once, 'SUCCEEDED']);
  });

  it('the retry strategy of the submission overrides that of the definition', async () => {
    const executor = manualExecutor((container) => container.end(9));
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(['x'], { retryStrategy: { attempts: 4 } });
    await batch.ended(
      await batch.submit(definition, {
        retryStrategy: { attempts: 4, evaluateOnExit: [{ onExitCode: '9', action: 'EXIT' }] },
      }),
    );
    expect(executor.started).toHaveLength(1);
  });
});

describe('a spot reclaim', () => {
  it('a spot reclaim stops the container and reports Host EC2 terminated', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, computeType: 'SPOT' });
    const jobId = await batch.submit(await batch.define(['x']), { retryStrategy: spotPair });
    const first = await executor.container(0);

    batch.emulator.reclaim(jobId);
    expect(await first.signalled()).toBe('SIGTERM');
    first.end(143);
    (await executor.container(1)).end(4);

    const job = await batch.ended(jobId);
    expect(job.attempts?.map(({ statusReason }) => statusReason)).toEqual([
      expect.stringMatching(/^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/u),
      'Essential container in task exited',
    ]);
    expect(job).toMatchObject({ status: 'FAILED', container: { exitCode: 4 } });
  });

  it('a spot reclaim fails an attempt that is about to exit with 0', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, computeType: 'FARGATE_SPOT' });
    const definition = await batch.define(['x'], {
      platformCapabilities: ['FARGATE'],
      containerProperties: {
        executionRoleArn: 'arn:aws:iam::000000000000:role/e',
        resourceRequirements: [
          { type: 'VCPU', value: '0.25' },
          { type: 'MEMORY', value: '512' },
        ],
      },
    });
    const jobId = await batch.submit(definition);
    const first = await executor.container(0);
    batch.emulator.reclaim(jobId);
    first.end(0);
    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      statusReason: 'Your Spot Task was interrupted.',
    });
  });

  it('a spot reclaim can be requested over HTTP and can kill without a grace period', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const jobId = await batch.submit(await batch.define(['x']));
    await executor.container(0);
    const reclaim = () =>
      fetch(`${batch.emulator.url}/_batch/jobs/${jobId}/reclaim`, {
        method: 'POST',
        body: JSON.stringify({ kill: true }),
      });

    expect((await reclaim()).status).toBe(200);
    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      container: { exitCode: 137 },
    });
    expect((await reclaim()).status).toBe(400);
  });
});
