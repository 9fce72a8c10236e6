import { SubmitJobCommand } from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { startTestBatch } from './client.ts';

const statuses = (events: readonly { detail: Readonly<Record<string, unknown>> }[], jobId: string) =>
  events.filter(({ detail }) => detail.jobId === jobId).map(({ detail }) => detail.status);

describe('a job', () => {
  it('runs its command and goes through every status', async () => {
    const batch = await startTestBatch();
    const jobId = await batch.submit(await batch.define(['sh', '-c', 'echo hello']));

    const job = await batch.ended(jobId);

    expect(job).toMatchObject({
      status: 'SUCCEEDED',
      statusReason: 'Essential container in task exited',
      container: { exitCode: 0 },
      attempts: [{ container: { exitCode: 0 }, statusReason: 'Essential container in task exited' }],
    });
    await batch.emulator.settled();
    expect(statuses(batch.events, jobId)).toEqual(['RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED']);
    expect(batch.emulator.log(job.container?.logStreamName ?? '')?.map(({ message }) => message)).toEqual(['hello']);
  });

  it('fails with the exit code of its command', async () => {
    const batch = await startTestBatch();
    const job = await batch.ended(await batch.submit(await batch.define(['sh', '-c', 'exit 7'])));
    expect(job).toMatchObject({ status: 'FAILED', container: { exitCode: 7 } });
  });

  it('is refused on an unknown queue, and by an unknown definition', async () => {
    const { client, define } = await startTestBatch();
    const jobDefinition = await define(['true']);
    await expect(client.send(new SubmitJobCommand({ jobName: 'a', jobQueue: 'none', jobDefinition }))).rejects.toMatchObject({
      name: 'ClientException',
      message: 'Job Queue none not found',
    });
    await expect(client.send(new SubmitJobCommand({ jobName: 'a', jobQueue: 'work', jobDefinition: 'none' }))).rejects.toMatchObject({
      name: 'ClientException',
    });
  });
});

describe('an array', () => {
  it('runs a child for every index, and ends when the last one did', async () => {
    const batch = await startTestBatch({ maxvCpus: 8 });
    const definition = await batch.define(['sh', '-c', 'test "$AWS_BATCH_JOB_ARRAY_INDEX" != 3']);
    const jobId = await batch.submit(definition, { arrayProperties: { size: 5 } });

    const parent = await batch.ended(jobId);

    expect(parent).toMatchObject({ status: 'FAILED', arrayProperties: { size: 5, statusSummary: { SUCCEEDED: 4, FAILED: 1, RUNNING: 0 } } });
    expect(await batch.describe(`${jobId}:3`)).toMatchObject({ status: 'FAILED', arrayProperties: { index: 3 }, container: { exitCode: 1 } });
  });
});
