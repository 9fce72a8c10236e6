import { randomBytes } from 'node:crypto';
import {
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { describe, expect, test, vi } from 'vitest';
import { jobSettingsOf } from '../../../src/model/container-settings.ts';
import { readGroupSpec, unpackSpec } from '../../../src/model/group-spec.ts';
import { componentDeclarationSchema } from '../../../src/model/options.ts';
import { type JobsUnderTest, RUN, SETTINGS, startJobs } from './batch.ts';
import { listJobs, untilEvents } from './jobs-harness.ts';

async function describeJob(harness: JobsUnderTest, name: string, queue = 'cpu') {
  const [job] = await listJobs(harness, name, queue);
  const { jobs = [] } = await harness.client.send(
    new DescribeJobsCommand({ jobs: [job?.jobId ?? ''] }),
  );
  if (jobs[0] === undefined) throw new Error(`there is no job ${name}`);
  return jobs[0];
}

describe('submitting groups', () => {
  test('a group of one call is submitted as a plain job, a larger group as an array', async () => {
    const harness = await startJobs();
    const [single, array] = [harness.aGroup(0, 1), harness.aGroup(1, 3)];
    await harness.jobs.submit(single);
    await harness.jobs.submit(array);
    expect((await describeJob(harness, single.name)).arrayProperties).toBeUndefined();
    expect((await describeJob(harness, array.name)).arrayProperties?.size).toBe(3);
  });

  test('a small spec is part of the container’s environment and needs no object', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 2);
    await harness.jobs.submit(group);
    const { plan } = await harness.executor.container(1);
    const {
      HEADRACE_SPEC = '',
      HEADRACE_SPEC_TEXT = '',
      HEADRACE_TOKEN = '',
      AWS_BATCH_JOB_ARRAY_INDEX,
    } = plan.environment;
    const index = Number(AWS_BATCH_JOB_ARRAY_INDEX);
    const { spec } = await readGroupSpec(unpackSpec(HEADRACE_SPEC_TEXT), index, HEADRACE_TOKEN);
    expect(spec).toEqual(group.specs[index]);
    expect(await harness.objects.exists(HEADRACE_SPEC.replace('s3://bucket/', ''))).toBe(false);
  });

  test('a container of a group with a larger spec gets its address and reads its own member', async () => {
    const harness = await startJobs();
    const small = harness.aGroup(0, 3, {
      container: { dockerBashSetupScript: 'make', repo: 'https://host/repo.git' },
    });
    const large = () => ({
      format: 'json' as const,
      text: JSON.stringify(randomBytes(2000).toString('base64')),
    });
    const group = { ...small, specs: small.specs.map((spec) => ({ ...spec, args: large() })) };
    await harness.jobs.submit(group);
    const { plan } = await harness.executor.container(2);
    const {
      HEADRACE_SPEC = '',
      HEADRACE_TOKEN = '',
      HEADRACE_TRANSITIONS,
      AWS_BATCH_JOB_ARRAY_INDEX,
    } = plan.environment;
    expect(HEADRACE_TRANSITIONS).toBe(SETTINGS.transitionsUrl);
    expect(plan.command).toEqual(['/headrace/bin/start']);
    const bytes = await harness.objects.get(HEADRACE_SPEC.replace('s3://bucket/', ''), 1e6);
    expect(HEADRACE_SPEC).toContain(`p/examples/spec/${RUN}/`);
    const index = Number(AWS_BATCH_JOB_ARRAY_INDEX);
    const { spec, preparation } = await readGroupSpec(
      async (start, length) => bytes.slice(start, start + length),
      index,
      HEADRACE_TOKEN,
    );
    expect(spec).toEqual(group.specs[index]);
    expect(preparation).toEqual({ dockerBashSetupScript: 'make', repo: 'https://host/repo.git' });
  });

  test('a launch that is repeated after a crash of the controller submits one job', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 2);
    await harness.jobs.submit(group);
    await harness.anotherController().submit(group);
    await harness.jobs.submit(group);
    expect(await listJobs(harness, group.name)).toHaveLength(1);
  });

  test('a launch with a lost response is found and not repeated', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 2);
    harness.emulator.fail({ operation: 'SubmitJob', type: 'ServerException', done: true });
    expect(await harness.jobs.submit(group)).toMatchObject({ permanent: false });
    expect(await harness.jobs.submit(group)).toBeUndefined();
    expect(await listJobs(harness, group.name)).toHaveLength(1);
  });

  test('a job definition is registered once for all jobs with its settings', async () => {
    const harness = await startJobs();
    for (const number of [0, 1]) await harness.jobs.submit(harness.aGroup(number, 1));
    await harness.anotherController().submit(harness.aGroup(2, 1));
    await harness.jobs.submit(
      harness.aGroup(3, 1, { container: { dockerArgs: '--env MODE=fast' } }),
    );
    const { jobDefinitions = [] } = await harness.client.send(
      new DescribeJobDefinitionsCommand({}),
    );
    expect(jobDefinitions).toHaveLength(2);
    expect(jobDefinitions.map(({ revision }) => revision)).toEqual([1, 1]);
  });

  test('a deregistered job definition is registered again', async () => {
    const harness = await startJobs();
    await harness.jobs.submit(harness.aGroup(0, 1));
    const { jobDefinitions = [] } = await harness.client.send(
      new DescribeJobDefinitionsCommand({}),
    );
    await harness.client.send(
      new DeregisterJobDefinitionCommand({ jobDefinition: jobDefinitions[0]?.jobDefinitionArn }),
    );
    const next = harness.aGroup(1, 1);
    await harness.jobs.submit(next);
    expect(await listJobs(harness, next.name)).toHaveLength(1);
    expect(harness.sent).toEqual([]);
  });

  test('the role of a step is that of its project, or the shared role', async () => {
    const harness = await startJobs();
    await harness.jobs.submit(harness.aGroup(0, 1));
    const other = harness.aGroup(1, 1);
    await harness.jobs.submit({
      ...other,
      specs: other.specs.map((spec) => ({ ...spec, project: 'undeclared' })),
    });
    const { jobDefinitions = [] } = await harness.client.send(
      new DescribeJobDefinitionsCommand({}),
    );
    expect(
      jobDefinitions.map(({ containerProperties }) => containerProperties?.jobRoleArn).sort(),
    ).toEqual([
      'arn:aws:iam::000000000000:role/headrace-step-us-east-1-default',
      'arn:aws:iam::000000000000:role/headrace-step-us-east-1-examples',
    ]);
  });

  test('resources are rounded up to the sizes of Fargate, and the job notes it', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 1, { container: { dockerArgs: '--cpus 1 --memory 9000m' } });
    await harness.jobs.submit(group);
    const { container, parameters } = await describeJob(harness, group.name);
    expect(container?.resourceRequirements).toEqual([
      { type: 'VCPU', value: '2' },
      { type: 'MEMORY', value: '9216' },
    ]);
    expect(parameters?.note).toMatch(/requested 1 vCPU and 9000 MiB, rounded up/);
  });

  test('the option resources sets the resources, the disk and the GPUs of a job', async () => {
    const harness = await startJobs();
    const component = componentDeclarationSchema.parse({
      id: 'main.ts#train',
      name: 'train',
      returnValues: ['model'],
      resources: { cpu: 2, memory: '9 GiB', disk: '60 GiB' },
      dockerArgs: '--env MODE=fast',
    });
    const group = harness.aGroup(0, 1, { container: jobSettingsOf(component) });
    await harness.jobs.submit(group);
    const { container } = await describeJob(harness, group.name);
    expect(container?.resourceRequirements).toEqual([
      { type: 'VCPU', value: '2' },
      { type: 'MEMORY', value: '9216' },
    ]);
    const { jobDefinitions = [] } = await harness.client.send(
      new DescribeJobDefinitionsCommand({}),
    );
    const [definition] = jobDefinitions;
    expect(definition?.containerProperties?.ephemeralStorage).toEqual({ sizeInGiB: 60 });
    expect(definition?.containerProperties?.environment).toContainEqual({
      name: 'MODE',
      value: 'fast',
    });
    // Fargate has no GPUs: the queue refuses them for good.
    const onFargate = harness.aGroup(1, 1, {
      container: jobSettingsOf({ ...component, resources: { gpu: 1 } }),
    });
    expect(await harness.jobs.submit(onFargate)).toMatchObject({
      permanent: true,
      reason: expect.stringContaining('--gpus'),
    });
  });

  test('a user image gets the runner from an init container; secrets are named only in the spec', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 2, {
      container: {
        docker: 'python:3.12',
        dockerArgs: '--memory 3g',
        secrets: { DB: 'team/db:password' },
      },
    });
    await harness.jobs.submit(group);
    const before = await harness.executor.container(0);
    expect(before.plan).toMatchObject({
      name: 'runner',
      image: SETTINGS.runnerImage,
      command: ['/headrace/bin/install', '/headrace-volume'],
    });
    await harness.executor.container(1);
    expect(harness.executor.started.map(({ plan }) => plan.name)).toEqual(['runner', 'runner']);
    for (const { end } of [...harness.executor.started]) end(0);
    const step = await harness.executor.container(2);
    expect(step.plan).toMatchObject({
      name: 'step',
      image: 'python:3.12',
      command: ['/headrace/bin/start'],
    });
    expect(step.plan.mountPoints).toEqual([
      { sourceVolume: 'headrace', containerPath: '/headrace', readOnly: true },
    ]);
    expect(step.plan.memoryMiB).toBeGreaterThanOrEqual(3072);
    expect(step.plan.environment).not.toHaveProperty('DB');
    const { HEADRACE_SPEC_TEXT = '', HEADRACE_TOKEN = '' } = step.plan.environment;
    const { preparation } = await readGroupSpec(unpackSpec(HEADRACE_SPEC_TEXT), 0, HEADRACE_TOKEN);
    expect(preparation.secrets).toEqual({ DB: 'team/db:password' });
  });

  test.each([
    [0.5, 721],
    [60, 780],
    [90.5, 811],
  ])(
    'a step limit of %s s is a limit of %s s at Batch, long after that of the supervisor',
    async (timeoutSeconds, attemptDurationSeconds) => {
      const harness = await startJobs();
      const group = harness.aGroup(0, 1);
      await harness.jobs.submit({
        ...group,
        specs: group.specs.map((spec) => ({ ...spec, timeoutSeconds })),
      });
      expect((await describeJob(harness, group.name)).timeout).toEqual({ attemptDurationSeconds });
    },
  );
});

describe('states of jobs', () => {
  test('the state of a group follows its job, and that of an array its members', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 2);
    expect(await harness.jobs.state({ name: group.name, index: 0 })).toBe('unknown');
    await harness.jobs.submit(group);
    await harness.executor.container(1);
    expect(await harness.anotherController().state({ name: group.name, index: 1 })).toBe('running');
    const first = harness.executor.started.find(
      ({ plan }) => plan.environment.AWS_BATCH_JOB_ARRAY_INDEX === '0',
    );
    first?.end(0);
    await untilEvents(harness, 1);
    expect(await harness.anotherController().state({ name: group.name, index: 0 })).toBe('ended');
    expect(await harness.anotherController().state({ name: group.name, index: 1 })).toBe('running');
  });

  test('a submitted job that DescribeJobs does not return yet does not count as ended', async () => {
    const harness = await startJobs({ hiddenDescribes: 1 });
    const group = harness.aGroup(0, 1);
    await harness.jobs.submit(group);
    expect(await harness.jobs.state({ name: group.name, index: 0 })).not.toBe('ended');
  });

  test('a sweep over an array describes a hundred members per request', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 250);
    await harness.jobs.submit(group);
    await harness.executor.container(0);
    const send = vi.spyOn(harness.client, 'send');
    const other = harness.anotherController();
    for (let index = 0; index < 250; index += 1) await other.state({ name: group.name, index });
    expect(
      send.mock.calls.filter(([command]) => command instanceof DescribeJobsCommand),
    ).toHaveLength(3);
    expect(send.mock.calls.filter(([command]) => command instanceof ListJobsCommand)).toHaveLength(
      1,
    );
  });
});

describe('terminating jobs', () => {
  test('terminate ends a single member with the fault abort while the run continues', async () => {
    const harness = await startJobs({ stopGraceMs: 0 });
    const group = harness.aGroup(0, 3);
    await harness.jobs.submit(group);
    await harness.executor.container(2);
    await harness.jobs.terminate({ name: group.name, index: 1 }, 'no longer wanted');
    await untilEvents(harness, 1);
    expect(harness.sent).toEqual([
      expect.objectContaining({
        kind: 'job.ended',
        call: 1,
        fault: 'abort',
        reason: 'no longer wanted',
      }),
    ]);
    expect(harness.executor.alive.size).toBe(2);
  });

  test('the abort of a run terminates all members of a group with one request', async () => {
    const harness = await startJobs({ stopGraceMs: 0 });
    const group = harness.aGroup(0, 40);
    await harness.jobs.submit(group);
    await harness.executor.container(39);
    harness.setStatus('aborting');
    const send = vi.spyOn(harness.client, 'send');
    for (let index = 0; index < 40; index += 1)
      await harness.jobs.terminate({ name: group.name, index }, 'the run is being aborted');
    expect(
      send.mock.calls.filter(([command]) => command instanceof TerminateJobCommand),
    ).toHaveLength(1);
    expect(send.mock.calls).toHaveLength(2);
    await expect.poll(() => harness.executor.alive.size).toBe(0);
    await untilEvents(harness, 41);
    expect(
      new Set(
        harness.sent.flatMap((each) =>
          each.kind === 'job.ended' && each.fault === 'abort' ? [each.call] : [],
        ),
      ).size,
    ).toBe(40);
  });

  test('a second job of an attempt is terminated by its id; the id of a foreign job is ignored', async () => {
    const harness = await startJobs({ stopGraceMs: 0 });
    const [group, other] = [harness.aGroup(0, 1), harness.aGroup(1, 1)];
    await harness.jobs.submit(group);
    await harness.jobs.submit(other);
    const { jobDefinition, jobQueue } = await describeJob(harness, group.name);
    const { jobId: second } = await harness.client.send(
      new SubmitJobCommand({ jobName: group.name, jobDefinition, jobQueue }),
    );
    await harness.executor.container(2);
    const foreignJob = (await describeJob(harness, other.name)).jobId;
    const jobs = harness.anotherController();
    await jobs.terminate(
      { name: group.name, index: 0 },
      'another job owns this attempt',
      `${foreignJob}.1`,
    );
    await jobs.terminate(
      { name: group.name, index: 0 },
      'another job owns this attempt',
      `${second}.1`,
    );
    await untilEvents(harness, 1);
    expect(harness.events.map(({ detail }) => detail.jobId)).toEqual([second]);
    expect(harness.executor.alive.size).toBe(2);
  });

  test('a terminal or unknown job is left unchanged', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 1);
    await harness.jobs.submit(group);
    (await harness.executor.container(0)).end(0);
    await untilEvents(harness, 1);
    await harness.jobs.terminate({ name: group.name, index: 0 }, 'late');
    await harness.jobs.terminate({ name: harness.aGroup(7, 1).name, index: 0 }, 'never submitted');
    expect((await describeJob(harness, group.name)).status).toBe('SUCCEEDED');
  });
});
