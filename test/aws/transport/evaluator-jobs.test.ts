import { DescribeJobsCommand, ListJobsCommand } from '@aws-sdk/client-batch';
import { describe, expect, test } from 'vitest';
import {
  createEvaluatorJobs,
  type EvaluatorJobsOptions,
} from '../../../src/aws/jobs/evaluator-jobs.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import type { RunInfo } from '../../../src/model/run.ts';
import { anInfo } from '../../conformance/records.ts';
import { type JobsUnderTest, RUN, SETTINGS, startJobs } from './batch.ts';
import { silent } from './queue.ts';

const API = 'https://api.example/live/';

const jobsOn = ({ client }: JobsUnderTest, over: Partial<EvaluatorJobsOptions> = {}) =>
  createEvaluatorJobs({
    client,
    settings: SETTINGS,
    apiUrl: API,
    token: (run) => `token of ${run}`,
    log: silent,
    ...over,
  });

/** A run whose logic is for a job on this queue. */
const aRun = (queue: string, over: object = {}): RunInfo => ({
  ...anInfo(RUN),
  number: 1,
  evaluatedBy: 'job',
  declaration: pipelineDeclarationSchema.parse({
    name: 'iris',
    project: 'examples',
    pipelineExecutionQueue: queue,
    ...over,
  }),
});

async function theJobs({ client }: JobsUnderTest) {
  const filters = [{ name: 'JOB_NAME', values: [`${RUN}*`] }];
  const { jobSummaryList = [] } = await client.send(
    new ListJobsCommand({ jobQueue: 'headrace-cpu', filters }),
  );
  const { jobs = [] } = await client.send(
    new DescribeJobsCommand({ jobs: jobSummaryList.map(({ jobId = '' }) => jobId) }),
  );
  return jobs;
}

describe('a job that evaluates logic', () => {
  test('a logic job gets the API address, its run and the token of the run, and nothing else', async () => {
    const world = await startJobs();
    expect(
      await jobsOn(world).ensure({ info: aRun('cpu'), generation: 2, lostJobs: 1 }),
    ).toBeUndefined();
    const [job] = await theJobs(world);
    expect(job).toMatchObject({
      jobName: `${RUN}-2-logic1`,
      container: {
        image: SETTINGS.image,
        jobRoleArn: expect.stringContaining('headrace-step-examples'),
      },
    });
    const { plan } = await world.executor.container(0);
    const own = Object.entries(plan.environment).filter(([name]) => name.startsWith('HEADRACE_'));
    expect(Object.fromEntries(own)).toEqual({
      HEADRACE_EVALUATE: API,
      HEADRACE_RUN: RUN,
      HEADRACE_TOKEN: `token of ${RUN}`,
    });
  });

  test('a logic job is submitted once', async () => {
    const world = await startJobs();
    const [one, other] = [jobsOn(world), jobsOn(world)];
    for (const jobs of [one, one, other])
      expect(await jobs.ensure({ info: aRun('cpu'), generation: 0, lostJobs: 0 })).toBeUndefined();
    expect(await theJobs(world)).toHaveLength(1);
  });

  test('a logic job that ended for any reason is over, and its end is published', async () => {
    const world = await startJobs();
    const jobs = jobsOn(world);
    const job = { info: aRun('cpu'), generation: 0, lostJobs: 0 };
    await jobs.ensure(job);
    (await world.executor.container(0)).end(7);
    await expect
      .poll(() => world.sent)
      .toEqual([{ kind: 'logic.answered', run: RUN, subject: `${RUN}-0-logic0` }]);
    expect(await jobs.ensure(job)).toContain('exited with code 7');
    expect(await jobs.ensure({ ...job, lostJobs: 1 })).toBeUndefined();
    expect(await theJobs(world)).toHaveLength(2);
  });

  test('a logic job has the resources that the pipeline requests', async () => {
    const world = await startJobs();
    await jobsOn(world).ensure({
      info: aRun('cpu', { dockerArgs: '--cpus 2 --memory 8g' }),
      generation: 0,
      lostJobs: 0,
    });
    const [job] = await theJobs(world);
    expect(job?.container?.resourceRequirements).toEqual([
      { type: 'VCPU', value: '2' },
      { type: 'MEMORY', value: '8192' },
    ]);
  });

  test('a logic job is refused without its queue, without its resources, and without an API address', async () => {
    const world = await startJobs();
    const ensure = (info: RunInfo, over: Partial<EvaluatorJobsOptions> = {}) =>
      jobsOn(world, over).ensure({ info, generation: 0, lostJobs: 0 });
    expect(await ensure(aRun('nowhere'))).toContain('there is no queue nowhere');
    expect(await ensure(aRun('cpu', { dockerArgs: '--memory 900g' }))).toContain('Fargate has no');
    expect(await ensure(aRun('cpu'), { apiUrl: undefined })).toContain('needs the URL of the API');
    expect(await theJobs(world)).toEqual([]);
  });
});
