import {
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DeleteComputeEnvironmentCommand,
  DeleteJobQueueCommand,
  DeregisterJobDefinitionCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateComputeEnvironmentCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch } from './test-batch.ts';

const needs = (vcpu: string, memory: string) => [
  { type: 'VCPU' as const, value: vcpu },
  { type: 'MEMORY' as const, value: memory },
];

describe('compute environments and queues', () => {
  it('compute environments and queues are described as created, by name or ARN', async () => {
    const { client } = await startTestBatch();
    const { computeEnvironments } = await client.send(new DescribeComputeEnvironmentsCommand({}));
    expect(computeEnvironments).toMatchObject([
      {
        computeEnvironmentName: 'machines',
        state: 'ENABLED',
        status: 'VALID',
        computeResources: { type: 'EC2', maxvCpus: 4 },
      },
    ]);
    const arn = computeEnvironments?.[0]?.computeEnvironmentArn;
    expect(arn).toBe('arn:aws:batch:us-east-1:000000000000:compute-environment/machines');
    const { jobQueues } = await client.send(
      new DescribeJobQueuesCommand({
        jobQueues: ['arn:aws:batch:us-east-1:000000000000:job-queue/work', 'unknown'],
      }),
    );
    expect(jobQueues).toMatchObject([
      {
        jobQueueName: 'work',
        priority: 1,
        status: 'VALID',
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: arn }],
      },
    ]);
  });

  it('compute environments and queues are updated in place', async () => {
    const { client } = await startTestBatch();
    await client.send(
      new UpdateComputeEnvironmentCommand({
        computeEnvironment: 'machines',
        computeResources: { maxvCpus: 16 },
      }),
    );
    await client.send(new UpdateJobQueueCommand({ jobQueue: 'work', priority: 7 }));
    const { computeEnvironments } = await client.send(
      new DescribeComputeEnvironmentsCommand({ computeEnvironments: ['machines'] }),
    );
    expect(computeEnvironments?.[0]?.computeResources).toMatchObject({
      type: 'EC2',
      maxvCpus: 16,
      subnets: ['subnet-1'],
    });
    const { jobQueues } = await client.send(new DescribeJobQueuesCommand({ jobQueues: ['work'] }));
    expect(jobQueues?.[0]?.priority).toBe(7);
  });

  it('queues and environments are deleted only when disabled, and an environment only without a queue', async () => {
    const { client } = await startTestBatch();
    const deleteQueue = () => client.send(new DeleteJobQueueCommand({ jobQueue: 'work' }));
    const deleteEnvironment = () =>
      client.send(new DeleteComputeEnvironmentCommand({ computeEnvironment: 'machines' }));
    await expect(deleteQueue()).rejects.toThrow('DISABLED');
    await client.send(
      new UpdateComputeEnvironmentCommand({ computeEnvironment: 'machines', state: 'DISABLED' }),
    );
    await expect(deleteEnvironment()).rejects.toThrow('JobQueue relationship');
    await client.send(new UpdateJobQueueCommand({ jobQueue: 'work', state: 'DISABLED' }));
    await deleteQueue();
    await deleteEnvironment();
    expect((await client.send(new DescribeJobQueuesCommand({}))).jobQueues).toEqual([]);
    expect(
      (await client.send(new DescribeComputeEnvironmentsCommand({}))).computeEnvironments,
    ).toEqual([]);
  });

  it('a duplicate name is refused, and so is a queue that mixes Fargate and EC2', async () => {
    const { client } = await startTestBatch();
    const create = (computeEnvironmentName: string, type: 'FARGATE' | 'EC2') =>
      client.send(
        new CreateComputeEnvironmentCommand({
          computeEnvironmentName,
          type: 'MANAGED',
          computeResources: { type, maxvCpus: 1, subnets: [] },
        }),
      );
    await expect(create('machines', 'EC2')).rejects.toMatchObject({ name: 'ClientException' });
    await create('fargate', 'FARGATE');
    const computeEnvironmentOrder = [
      { order: 1, computeEnvironment: 'machines' },
      { order: 2, computeEnvironment: 'fargate' },
    ];
    await expect(
      client.send(
        new CreateJobQueueCommand({ jobQueueName: 'mixed', priority: 1, computeEnvironmentOrder }),
      ),
    ).rejects.toThrow('Fargate');
  });
});

describe('job definitions', () => {
  it('each registration creates a revision, and jobs keep the revision of their submission', async () => {
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
    });
    const first = await batch.define(['a'], { jobDefinitionName: 'named' });
    const second = await batch.define(['b'], { jobDefinitionName: 'named' });
    expect([first, second].map((arn) => arn.split('/')[1])).toEqual(['named:1', 'named:2']);
    await batch.client.send(new DeregisterJobDefinitionCommand({ jobDefinition: second }));

    const jobId = await batch.submit('named');

    expect((await batch.ended(jobId)).jobDefinition).toBe(first);
    await expect(batch.submit(second)).rejects.toMatchObject({ name: 'ClientException' });
    expect((await batch.define(['c'], { jobDefinitionName: 'named' })).split('/')[1]).toBe(
      'named:3',
    );
  });

  it('job definitions are found by name, ARN and status', async () => {
    const batch = await startTestBatch();
    const arn = await batch.define(['a'], { jobDefinitionName: 'found' });
    await batch.define(['b'], { jobDefinitionName: 'other' });
    await batch.client.send(new DeregisterJobDefinitionCommand({ jobDefinition: 'found:1' }));
    const names = async (input: object) =>
      (await batch.client.send(new DescribeJobDefinitionsCommand(input))).jobDefinitions?.map(
        ({ jobDefinitionName, revision, status }) => `${jobDefinitionName}:${revision} ${status}`,
      );
    expect(await names({ jobDefinitions: [arn] })).toEqual(['found:1 INACTIVE']);
    expect(await names({ jobDefinitionName: 'found' })).toEqual(['found:1 INACTIVE']);
    expect(await names({ status: 'ACTIVE' })).toEqual(['other:1 ACTIVE']);
  });

  it('a job definition with resources that the platform does not have is refused', async () => {
    const { define } = await startTestBatch();
    const role = { executionRoleArn: 'arn:aws:iam::000000000000:role/execution' };
    const fargate = (vcpu: string, memory: string, more: object = role) =>
      define(['x'], {
        platformCapabilities: ['FARGATE'],
        containerProperties: { resourceRequirements: needs(vcpu, memory), ...more },
      });
    await expect(fargate('0.25', '3072')).rejects.toThrow('(0.25 vCPU, 3072 MiB) not valid');
    await expect(fargate('3', '8192')).rejects.toThrow('VCPU');
    await expect(fargate('0.25', '512', {})).rejects.toThrow('executionRoleArn');
    await expect(
      define(['x'], { containerProperties: { resourceRequirements: needs('2.0', '512') } }),
    ).rejects.toThrow('VCPU');
    await expect(
      define(['x'], { containerProperties: { resourceRequirements: [] } }),
    ).rejects.toThrow('VCPU');
    for (const [vcpu, memory] of [
      ['0.5', '4096'],
      ['4', '30720'],
      ['8', '20480'],
      ['16', '122880'],
    ] as const)
      await fargate(vcpu, memory);
  });

  it('a job definition with several containers names each of them and has no dependency cycle', async () => {
    const { define } = await startTestBatch();
    const container = (name: string | undefined, more: object = {}) => ({
      image: 'image',
      resourceRequirements: needs('1', '128'),
      ...(name !== undefined && { name }),
      ...more,
    });
    const task = (...containers: readonly ReturnType<typeof container>[]) =>
      define([], { ecsProperties: { taskProperties: [{ containers: [...containers] }] } });
    await expect(task(container('a'), container(undefined))).rejects.toThrow('name of its own');
    await expect(task(container('a', { essential: false }))).rejects.toThrow('essential');
    await expect(
      task(
        container('a'),
        container('b', { dependsOn: [{ containerName: 'a', condition: 'SUCCESS' }] }),
      ),
    ).rejects.toThrow('essential');
    const cycle = [
      container('a', { dependsOn: [{ containerName: 'b', condition: 'START' }] }),
      container('b', { dependsOn: [{ containerName: 'a', condition: 'START' }] }),
    ];
    await expect(task(...cycle)).rejects.toThrow('cycle');
    await task(
      container('a', { dependsOn: [{ containerName: 'b', condition: 'SUCCESS' }] }),
      container('b', { essential: false }),
    );
  });
});

describe('tags', () => {
  it('tags are set on jobs, queues, environments and definitions', async () => {
    const batch = await startTestBatch({ executor: manualExecutor() });
    const definition = await batch.define(['x'], { tags: { team: 'ml' } });
    const jobId = await batch.submit(definition, { tags: { run: '1' } });
    const arns = [
      definition,
      ...['job-queue/work', 'compute-environment/machines', `job/${jobId}`].map(
        (name) => `arn:aws:batch:us-east-1:000000000000:${name}`,
      ),
    ];
    for (const resourceArn of arns)
      await batch.client.send(
        new TagResourceCommand({ resourceArn, tags: { added: 'yes', other: 'no' } }),
      );
    for (const resourceArn of arns)
      await batch.client.send(
        new UntagResourceCommand({ resourceArn, tagKeys: ['other', 'none'] }),
      );
    const tags = await Promise.all(
      arns.map((resourceArn) =>
        batch.client
          .send(new ListTagsForResourceCommand({ resourceArn }))
          .then((answer) => answer.tags),
      ),
    );
    expect(tags).toEqual([
      { team: 'ml', added: 'yes' },
      { added: 'yes' },
      { added: 'yes' },
      { run: '1', added: 'yes' },
    ]);
    await expect(
      batch.client.send(new TagResourceCommand({ resourceArn: `${arns[1]}x`, tags: { a: 'b' } })),
    ).rejects.toMatchObject({
      name: 'ClientException',
    });
    await expect(
      batch.client.send(
        new TagResourceCommand({ resourceArn: definition, tags: { 'aws:x': 'b' } }),
      ),
    ).rejects.toThrow('aws:');
  });

  it('tags of a definition reach its task only with propagateTags', async () => {
    const batch = await startTestBatch({ executor: manualExecutor() });
    const definition = await batch.define(['x'], { tags: { team: 'ml', run: '0' } });
    const tags = async (jobId: string) => (await batch.describe(jobId)).tags;
    expect(await tags(await batch.submit(definition, { tags: { run: '1' } }))).toEqual({
      run: '1',
    });
    expect(
      await tags(await batch.submit(definition, { tags: { run: '1' }, propagateTags: true })),
    ).toEqual({ team: 'ml', run: '1' });
  });
});

describe('DescribeJobs', () => {
  it('DescribeJobs leaves out unknown and expired jobs', async () => {
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
    });
    const jobId = await batch.submit(await batch.define(['x']));
    await batch.ended(jobId);
    const known = async () =>
      (await batch.client.send(new DescribeJobsCommand({ jobs: ['unknown', jobId] }))).jobs?.map(
        (job) => job.jobId,
      );
    expect(await known()).toEqual([jobId]);
    batch.emulator.forget(jobId);
    expect(await known()).toEqual([]);
  });
});
