/**
 * Pipelines in a deployed stack whose logic is evaluated by the caller or by a job instead of the
 * evaluator's function.
 *
 * @module
 */
import { BatchClient, ListJobsCommand, TerminateJobCommand } from '@aws-sdk/client-batch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/client/client.ts';
import { statuses } from '../../e2e/headrace.ts';
import { clientOptions } from '../harness/connection.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { clientOf, headrace, pipelineFile, printed, until } from './remote.ts';

let cloud: Cloud;
let client: Client;
beforeAll(async () => {
  cloud = await startCloud({
    config: {
      queues: { default: { type: 'fargate' }, logic: { type: 'fargate' } },
      api: { externalEvaluation: true },
    },
    batch: { stopGraceMs: 2000 },
  });
  client = clientOf(cloud);
});
afterAll(() => cloud?.stop());

/** Awaits each step before the next; has a result too large for an event, and a sleep. */
const source = (name: string, queue: string | null, pause = 1) => `
  import { component, pipeline, sleep } from 'headrace';
  const add = component({ returnValues: ['sum'] }, (a: number, b: number) => a + b);
  const letters = component({ returnValues: ['text'] }, (n: number) => 'x'.repeat(n));
  export const main = pipeline({ name: '${name}', project: 'logic', version: '1', pipelineExecutionQueue: ${JSON.stringify(queue)} }, async function main() {
    const sum = await add(await add(1, 2), 3);
    await sleep(${pause});
    return [sum, (await letters(20_000)).length];
  });`;

async function jobsOfLogic(run: string) {
  const batch = new BatchClient({ ...clientOptions(cloud.aws), endpoint: cloud.batch.url });
  try {
    const { jobSummaryList = [] } = await batch.send(
      new ListJobsCommand({
        jobQueue: `${cloud.prefix}-logic`,
        filters: [{ name: 'JOB_NAME', values: [`${run}*`] }],
      }),
    );
    return jobSummaryList;
  } finally {
    batch.destroy();
  }
}

describe('the external evaluation of a pipeline in a deployed stack', () => {
  it('a pipeline whose queue is null is evaluated by the command that starts it', {
    timeout: 300_000,
  }, async () => {
    const { code, run, stderr } = await printed(
      cloud,
      'run',
      await pipelineFile(source('here', null)),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(run).toMatchObject({ status: 'completed', result: [6, 20_000] });
    expect(statuses(run)).toEqual({ add: 'completed', add_1: 'completed', letters: 'completed' });
    expect(await client.run(run.id)).toMatchObject({ evaluator: 'caller' });
  });

  it('a pipeline is evaluated by a job on its execution queue', { timeout: 300_000 }, async () => {
    const { code, run, stderr } = await printed(
      cloud,
      'run',
      await pipelineFile(source('queued', 'logic')),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(run).toMatchObject({ status: 'completed', result: [6, 20_000] });
    expect(await client.run(run.id)).toMatchObject({ evaluator: 'job' });
    await expect
      .poll(
        async () => (await jobsOfLogic(run.id)).map(({ jobName, status }) => ({ jobName, status })),
        { timeout: 60_000 },
      )
      .toEqual([{ jobName: `${run.id}-0-logic0`, status: 'SUCCEEDED' }]);
  });

  it('a lost evaluation job is replaced by another one', { timeout: 300_000 }, async () => {
    const command = headrace(
      cloud,
      'run',
      await pipelineFile(source('lost', 'logic', 6)),
      '--json',
    );
    let id = '';
    await expect
      .poll(
        async () => {
          id = (await client.runs({ pipeline: 'lost' })).items[0]?.id ?? '';
          return id === '' ? [] : (await client.steps(id)).items.map(({ status }) => status);
        },
        { timeout: 120_000 },
      )
      .toEqual(['completed', 'completed']);
    const [job] = await jobsOfLogic(id);
    const batch = new BatchClient({ ...clientOptions(cloud.aws), endpoint: cloud.batch.url });
    await batch.send(
      new TerminateJobCommand({ jobId: job?.jobId, reason: 'Host EC2 (instance i-0) terminated.' }),
    );
    batch.destroy();
    expect((await until(client, id, ({ endedAt }) => endedAt !== null)).status).toBe('completed');
    expect((await command.ended).code).toBe(0);
    expect((await jobsOfLogic(id)).map(({ jobName }) => jobName).sort()).toEqual([
      `${id}-0-logic0`,
      `${id}-0-logic1`,
    ]);
  });

  it('a pipeline with an unknown execution queue is refused before anything runs', {
    timeout: 300_000,
  }, async () => {
    const { code, stderr } = await headrace(
      cloud,
      'run',
      await pipelineFile(source('nowhere', 'gpu')),
    ).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('there is no queue "gpu"');
    expect((await client.runs({ pipeline: 'nowhere' })).items).toEqual([]);
  });
});
