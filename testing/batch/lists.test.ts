import {
  ListJobsCommand,
  type ListJobsCommandInput,
  paginateListJobs,
} from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch, type TestBatch } from './test-batch.ts';

const names = async ({ client }: TestBatch, input: ListJobsCommandInput) =>
  (await client.send(new ListJobsCommand(input))).jobSummaryList?.map(({ jobName }) => jobName);

describe('ListJobs', () => {
  it('ListJobs lists running jobs unless the request names another status', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, maxvCpus: 1 });
    const definition = await batch.define(['x']);
    const first = await batch.submit(definition, { jobName: 'first' });
    const second = await batch.submit(definition, { jobName: 'second' });
    await batch.until(first, ({ status }) => status === 'RUNNING');
    await batch.until(second, ({ status }) => status === 'RUNNABLE');
    expect(await names(batch, { jobQueue: 'work' })).toEqual(['first']);
    expect(await names(batch, { jobQueue: 'work', jobStatus: 'RUNNABLE' })).toEqual(['second']);
  });

  it('ListJobs finds jobs of any status by name, case-insensitively, newest first', async () => {
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
    });
    const definition = await batch.define(['x']);
    for (const jobName of ['run-1', 'run-2', 'other', 'RUN-1'])
      await batch.ended(await batch.submit(definition, { jobName }));
    const byName = (value: string) =>
      names(batch, { jobQueue: 'work', filters: [{ name: 'JOB_NAME', values: [value] }] });
    expect(await byName('run-1')).toEqual(['RUN-1', 'run-1']);
    expect(await byName('run-*')).toEqual(['RUN-1', 'run-2', 'run-1']);
    expect(await byName('ru')).toEqual([]);
  });

  it('ListJobs finds jobs by definition and by time', async () => {
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
    });
    const first = await batch.submit(await batch.define(['x']), { jobName: 'first' });
    await batch.submit(await batch.define(['y']), { jobName: 'second' });
    const { createdAt = 0 } = await batch.describe(first);
    const by = (name: string, value: string) =>
      names(batch, { jobQueue: 'work', filters: [{ name, values: [value] }] });
    expect(await by('JOB_DEFINITION', 'definition-1')).toEqual(['first']);
    expect(await by('JOB_DEFINITION', 'definition-2:1')).toEqual(['second']);
    expect(await by('AFTER_CREATED_AT', String(createdAt - 1))).toEqual(['second', 'first']);
    expect(await by('BEFORE_CREATED_AT', String(createdAt))).toEqual([]);
  });

  it('ListJobs returns pages', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, maxvCpus: 1 });
    const jobId = await batch.submit(await batch.define(['x']), { arrayProperties: { size: 251 } });
    await batch.until(
      jobId,
      ({ arrayProperties }) => arrayProperties?.statusSummary?.RUNNABLE === 250,
    );
    const sizes: unknown[] = [];
    for await (const { jobSummaryList } of paginateListJobs(
      { client: batch.client },
      { arrayJobId: jobId, jobStatus: 'RUNNABLE' },
    ))
      sizes.push(jobSummaryList?.length);
    expect(sizes).toEqual([100, 100, 50]);
  });

  it('ListJobs refuses a request without a queue, for an unknown queue, and with several filters', async () => {
    const batch = await startTestBatch();
    for (const input of [
      {},
      { jobQueue: 'none' },
      { jobQueue: 'work', filters: [{ name: 'COLOUR', values: ['red'] }] },
    ]) {
      await expect(names(batch, input)).rejects.toMatchObject({ name: 'ClientException' });
    }
  });
});
