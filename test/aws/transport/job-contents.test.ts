/**
 * What AWS Batch receives of a job. Whoever may describe jobs can read it, and events contain it.
 *
 * @module
 */
import { DescribeJobDefinitionsCommand, DescribeJobsCommand } from '@aws-sdk/client-batch';
import { describe, expect, test } from 'vitest';
import { createEvaluatorJobs } from '../../../src/aws/jobs/evaluator-jobs.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import { anInfo } from '../../conformance/records.ts';
import { type JobsUnderTest, RUN, SETTINGS, startJobs } from './batch.ts';
import { silentLog } from './queue.ts';

const STEP_VARIABLES = ['HEADRACE_SPEC', 'HEADRACE_TOKEN', 'HEADRACE_TRANSITIONS'];
const SECRETS = { DB_PASSWORD: 'team/database:password' };

/** The first job, its definition, and the events about it. */
async function submitted({ client, events, executor, emulator }: JobsUnderTest) {
  (await executor.container(0)).end(0);
  await emulator.settled();
  const jobId = String(events[0]?.detail.jobId);
  const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [jobId] }));
  const [job] = jobs;
  if (job === undefined) throw new Error('there is no job');
  const { jobDefinitions = [] } = await client.send(
    new DescribeJobDefinitionsCommand({ jobDefinitions: [job.jobDefinition ?? ''] }),
  );
  return {
    job,
    definition: jobDefinitions[0],
    text: JSON.stringify([job, jobDefinitions, events]),
  };
}

const namesOf = (pairs: readonly { readonly name?: string | undefined }[] = []) =>
  pairs.map(({ name }) => name).sort();
/** AWS Batch and ECS set their own variables when a container starts. */
const ownNames = (names: readonly (string | undefined)[]) =>
  names.filter((name) => !name?.startsWith('AWS_') && !name?.startsWith('ECS_'));

describe('the contents of a job', () => {
  test.each([
    ['a small spec', 'x', [...STEP_VARIABLES, 'HEADRACE_SPEC_TEXT']],
    ['a larger spec', 'large', STEP_VARIABLES],
  ])('the environment of a job of a step is a closed list: %s', async (_, size, expected) => {
    const harness = await startJobs();
    const text = size === 'large' ? JSON.stringify(randomText()) : '"x"';
    const group = harness.aGroup(0, 1, {
      container: { secrets: SECRETS, dockerArgs: '--env MODE=fast' },
    });
    await harness.jobs.submit({
      ...group,
      specs: group.specs.map((spec) => ({ ...spec, args: { format: 'json' as const, text } })),
    });
    const { job, definition, text: all } = await submitted(harness);
    expect(ownNames(namesOf(job.container?.environment))).toEqual([...expected, 'MODE'].sort());
    expect(namesOf(definition?.containerProperties?.environment)).toEqual(['MODE']);
    expect(definition?.containerProperties?.secrets ?? []).toEqual([]);
    expect(Object.keys(job.parameters ?? {}).sort()).toEqual(['component', 'group', 'run']);
    expect(harness.emulator.tags(job.jobId ?? '')).toEqual({ 'headrace:deployment': 'headrace' });
    expect(all).not.toContain('team/database');
  });

  test('the environment of a job that evaluates logic is a closed list', async () => {
    const harness = await startJobs();
    const jobs = createEvaluatorJobs({
      client: harness.client,
      settings: SETTINGS,
      apiUrl: 'https://api.example/live/',
      token: () => 'the token of the run',
      log: silentLog,
    });
    const declaration = pipelineDeclarationSchema.parse({
      name: 'iris',
      pipelineExecutionQueue: 'cpu',
      secrets: SECRETS,
    });
    const info = { ...anInfo(RUN), number: 1, evaluatedBy: 'job' as const, declaration };
    await jobs.ensure({ info, generation: 0, lostJobs: 0 });
    const { job, definition, text } = await submitted(harness);
    expect(ownNames(namesOf(job.container?.environment))).toEqual([
      'HEADRACE_EVALUATE',
      'HEADRACE_RUN',
      'HEADRACE_TOKEN',
    ]);
    expect(namesOf(definition?.containerProperties?.environment)).toEqual([]);
    expect(job.parameters).toEqual({ run: RUN });
    expect(harness.emulator.tags(job.jobId ?? '')).toEqual({ 'headrace:deployment': 'headrace' });
    expect(text).not.toContain('team/database');
  });
});

const randomText = () => Array.from({ length: 4000 }, () => Math.random().toString(36)[2]).join('');
