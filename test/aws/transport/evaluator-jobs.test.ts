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
import { silentLog } from './queue.ts';

const API = 'https://api.example/live/';

const jobsOn = ({ client }: JobsUnderTest, over: Partial<EvaluatorJobsOptions> = {}) =>
  createEvaluatorJobs({
    client,
    settings: SETTINGS,
    apiUrl: API,
    token: (run) => `token of ${run}`,
    log: silentLog,
    ...over,
  });

/** A run whose logic is evaluated by a job on this queue. */
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

async function listJobs({ client }: JobsUnderTest) {
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
  test('a logic job gets only the API address, its run and the token of the run', async () => {
    const harness = await startJobs();
    expect(await jobsOn(harness).ensure({ info: aRun('cpu'), generation: 2, lostJobs: 1 })).toEqual(
      { kind: 'live' },
    );
    const [job] = await listJobs(harness);
    expect(job).toMatchObject({
      jobName: `${RUN}-2-logic1`,
      container: {
        image: SETTINGS.image,
        jobRoleArn: expect.stringContaining('headrace-step-us-east-1-examples'),
      },
    });
    const { plan } = await harness.executor.container(0);
    const ownVariables = Object.entries(plan.environment).filter(([name]) =>
      name.startsWith('HEADRACE_'),
    );
    expect(Object.fromEntries(ownVariables)).toEqual({
      HEADRACE_EVALUATE: API,
      HEADRACE_RUN: RUN,
      HEADRACE_TOKEN: `token of ${RUN}`,
    });
  });

  test('a logic job is submitted once', async () => {
    const harness = await startJobs();
    const [one, other] = [jobsOn(harness), jobsOn(harness)];
    for (const jobs of [one, one, other])
      expect(await jobs.ensure({ info: aRun('cpu'), generation: 0, lostJobs: 0 })).toEqual({
        kind: 'live',
      });
    expect(await listJobs(harness)).toHaveLength(1);
  });

  test('a logic job that exits for any reason is complete, and its completion is published', async () => {
    const harness = await startJobs();
    const jobs = jobsOn(harness);
    const job = { info: aRun('cpu'), generation: 0, lostJobs: 0 };
    await jobs.ensure(job);
    (await harness.executor.container(0)).end(7);
    await expect
      .poll(() => harness.sent)
      .toEqual([{ kind: 'logic.answered', run: RUN, subject: `${RUN}-0-logic0` }]);
    expect(await jobs.ensure(job)).toEqual({
      kind: 'ended',
      reason: expect.stringContaining('exited with code 7'),
    });
    expect(await jobs.ensure({ ...job, lostJobs: 1 })).toEqual({ kind: 'live' });
    expect(await listJobs(harness)).toHaveLength(2);
  });

  test('a logic job has the resources that the pipeline requests', async () => {
    const harness = await startJobs();
    await jobsOn(harness).ensure({
      info: aRun('cpu', { dockerArgs: '--cpus 2 --memory 8g' }),
      generation: 0,
      lostJobs: 0,
    });
    const [job] = await listJobs(harness);
    expect(job?.container?.resourceRequirements).toEqual([
      { type: 'VCPU', value: '2' },
      { type: 'MEMORY', value: '8192' },
    ]);
  });

  test('a logic job that Batch refuses for now is submitted by the next request', async () => {
    const harness = await startJobs();
    const jobs = jobsOn(harness);
    const job = { info: aRun('cpu'), generation: 0, lostJobs: 0 };
    harness.emulator.fail({ operation: 'SubmitJob', type: 'AccessDeniedException' });
    expect(await jobs.ensure(job)).toMatchObject({ kind: 'refused' });
    expect(await jobs.ensure(job)).toEqual({ kind: 'live' });
    expect(await listJobs(harness)).toHaveLength(1);
  });

  test('a logic job is rejected without its queue, its resources or an API address', async () => {
    const harness = await startJobs();
    const ensure = (info: RunInfo, over: Partial<EvaluatorJobsOptions> = {}) =>
      jobsOn(harness, over)
        .ensure({ info, generation: 0, lostJobs: 0 })
        .then((state) => (state.kind === 'ended' ? state.reason : state.kind));
    expect(await ensure(aRun('nowhere'))).toContain('there is no queue nowhere');
    expect(await ensure(aRun('cpu', { dockerArgs: '--memory 900g' }))).toContain('Fargate has no');
    expect(await ensure(aRun('gpu', { dockerArgs: '--volume /:/host' }))).toContain('hostAccess');
    const x64 = { ...SETTINGS, imageArchitecture: 'X86_64' as const };
    expect(
      await ensure(aRun('cpu', { dockerArgs: '--platform linux/arm64' }), { settings: x64 }),
    ).toContain('built for X86_64 only');
    expect(await ensure(aRun('constructor'))).toContain('there is no queue constructor');
    expect(await ensure(aRun('cpu'), { apiUrl: undefined })).toContain('externalEvaluation: true');
    expect(await listJobs(harness)).toEqual([]);
  });
});
