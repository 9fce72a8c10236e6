import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch, statusesOf } from './test-batch.ts';

describe('a job', () => {
  it('a job runs its command and passes through every status', async () => {
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

  it('the lines of an attempt are stored in the log stream of the attempt', async () => {
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

  it('a job fails with the exit code of its command', async () => {
    const batch = await startTestBatch();
    const job = await batch.ended(await batch.submit(await batch.define(['sh', '-c', 'exit 7'])));
    expect(job).toMatchObject({
      status: 'FAILED',
      container: { exitCode: 7 },
      attempts: [{ container: { exitCode: 7 } }],
    });
  });

  it('a job whose command does not exist fails to start', async () => {
    const batch = await startTestBatch();
    const job = await batch.ended(await batch.submit(await batch.define(['/no/such/program'])));
    expect(job).toMatchObject({
      status: 'FAILED',
      statusReason: 'Task failed to start',
      container: { reason: expect.stringContaining('ENOENT') },
    });
    expect(job.startedAt).toBeUndefined();
  });

  it('a job ends with its main process, and the remaining processes are killed', async () => {
    const batch = await startTestBatch();
    // The child process keeps the container's output open, so that the job could not end.
    const job = await batch.ended(
      await batch.submit(await batch.define(['sh', '-c', 'sleep 1000 & exit 0'])),
    );
    expect(job.status).toBe('SUCCEEDED');
  });

  it('a job has the variables of Batch and of the emulator, but none of this machine', async () => {
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

  it('a new job can be missing in DescribeJobs', async () => {
    const batch = await startTestBatch({ hiddenDescribes: 1 });
    const jobId = await batch.submit(await batch.define(['true']));
    await expect(batch.describe(jobId)).rejects.toThrow('There is no job');
    expect(await batch.ended(jobId)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
