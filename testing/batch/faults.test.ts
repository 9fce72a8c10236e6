import { CancelJobCommand, ListJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch } from './test-batch.ts';

describe('a fault on demand', () => {
  it('an injected fault refuses the next requests of one operation only', async () => {
    const batch = await startTestBatch({ executor: manualExecutor() });
    const definition = await batch.define(['x']);
    batch.emulator.fail({ operation: 'SubmitJob', times: 2, type: 'TooManyRequestsException' });
    await batch.client.send(new CancelJobCommand({ jobId: 'unknown', reason: 'x' }));
    const submit = () =>
      batch.client.send(
        new SubmitJobCommand({ jobName: 'job', jobQueue: 'work', jobDefinition: definition }),
      );
    for (const _ of [1, 2])
      await expect(submit()).rejects.toMatchObject({
        name: 'TooManyRequestsException',
        $metadata: { httpStatusCode: 429 },
      });
    await expect(submit()).resolves.toMatchObject({ jobName: 'job' });
  });

  it('an injected fault can lose the response of an applied request', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(['x']);
    const fault = { operation: 'submitjob', done: true };
    expect(
      (
        await fetch(`${batch.emulator.url}/_batch/faults`, {
          method: 'POST',
          body: JSON.stringify(fault),
        })
      ).status,
    ).toBe(200);
    await expect(batch.submit(definition, { jobName: 'lost' })).rejects.toMatchObject({
      name: 'ServerException',
    });
    const { jobSummaryList } = await batch.client.send(
      new ListJobsCommand({ jobQueue: 'work', filters: [{ name: 'JOB_NAME', values: ['lost'] }] }),
    );
    expect(jobSummaryList).toHaveLength(1);
  });
});

describe('an unknown path', () => {
  it('a request to an unknown path is refused', async () => {
    const { emulator } = await startTestBatch();
    for (const [method, path] of [
      ['GET', '/'],
      ['POST', '/v1/submitservicejob'],
      ['GET', '/_batch/nothing'],
    ] as const) {
      const answer = await fetch(`${emulator.url}${path}`, { method });
      expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([
        400,
        'ClientException',
      ]);
    }
    expect((await fetch(`${emulator.url}/v1/listjobs`, { method: 'POST', body: '{' })).status).toBe(
      400,
    );
  });
});
