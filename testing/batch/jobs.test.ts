import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch, statusesOf } from './test-batch.ts';

describe('a job', () => {
  it('runs its command and goes through every status', async () => {
    const batch = await startTestBatch();
    const jobId = await batch.submit(
      await batch.define(['sh', '-c', 'echo hello; echo there >&2']),
    );

    const job = await batch.ended(jobId);

    expect(job).toMatchObject({
      status: 'SUCCEEDED',
      statusReason: 'Essential container in task exited',
      container: { exitCode: 0 },
      attempts: [
        { container: { exitCode: 0 }, statusReason: 'Essential container in task exited' },
      ],
    });
    await batch.emulator.settled();
    expect(statusesOf(batch.events, jobId)).toEqual([
      'RUNNABLE',
      'STARTING',
      'RUNNING',
      'SUCCEEDED',
    ]);
  });

  it('keeps the lines of its attempt in the stream that the attempt names', async () => {
    const batch = await startTestBatch();
    const job = await batch.ended(
      await batch.submit(await batch.define(['sh', '-c', 'echo hello; printf "no end"'])),
    );

    const stream = job.attempts?.[0]?.container?.logStreamName ?? '';
    expect(stream).toMatch(/^definition-1\/default\/[0-9a-f]{32}$/u);
    expect(batch.emulator.log(stream)?.map(({ message }) => message)).toEqual(['hello', 'no end']);
    const answer = await fetch(
      `${batch.emulator.url}/_batch/logs?stream=${encodeURIComponent(stream)}`,
    );
    expect(await answer.json()).toMatchObject({
      events: [{ message: 'hello' }, { message: 'no end' }],
    });
  });

  it('fails with the exit code of its command', async () => {
    const batch = await startTestBatch();
    const job = await batch.ended(await batch.submit(await batch.define(['sh', '-c', 'exit 7'])));
    expect(job).toMatchObject({
      status: 'FAILED',
      container: { exitCode: 7 },
      attempts: [{ container: { exitCode: 7 } }],
    });
  });

  it('fails to start when there is no such command', async () => {
    const batch = await startTestBatch();
    const job = await batch.ended(await batch.submit(await batch.define(['/no/such/program'])));
    expect(job).toMatchObject({
      status: 'FAILED',
      statusReason: 'Task failed to start',
      container: { reason: expect.stringContaining('ENOENT') },
    });
    expect(job.startedAt).toBeUndefined();
  });

  it('ends with its main process: what that left behind is killed', async () => {
    const batch = await startTestBatch();
    // The child holds the container's output open: the job could not end if it lived on.
    const job = await batch.ended(
      await batch.submit(await batch.define(['sh', '-c', 'sleep 1000 & exit 0'])),
    );
    expect(job.status).toBe('SUCCEEDED');
  });

  it('has the variables of Batch, and of nobody else on this machine', async () => {
    const executor = manualExecutor((container) => container.end(0));
    const batch = await startTestBatch({
      executor,
      environment: { EVERYWHERE: 'yes', OWN: 'platform' },
      region: 'eu-central-1',
    });
    const definition = await batch.define(['true'], {
      containerProperties: { environment: [{ name: 'OWN', value: 'definition' }] },
    });
    const jobId = await batch.submit(definition);
    await batch.ended(jobId);

    const environment = executor.started[0]?.plan.environment;
    expect(environment).toMatchObject({
      AWS_BATCH_JOB_ID: jobId,
      AWS_BATCH_JOB_ATTEMPT: '1',
      AWS_BATCH_JQ_NAME: 'work',
      AWS_BATCH_CE_NAME: 'machines',
      AWS_REGION: 'eu-central-1',
      EVERYWHERE: 'yes',
      OWN: 'definition',
    });
    expect(environment).not.toHaveProperty('AWS_BATCH_JOB_ARRAY_INDEX');
    expect(environment).not.toHaveProperty('PATH');
  });

  it('can be left out of DescribeJobs just after it was submitted', async () => {
    const batch = await startTestBatch({ hiddenDescribes: 1 });
    const jobId = await batch.submit(await batch.define(['true']));
    await expect(batch.describe(jobId)).rejects.toThrow('There is no job');
    expect(await batch.ended(jobId)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
