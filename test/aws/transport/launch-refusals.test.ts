import { TerminateJobCommand, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import { describe, expect, test, vi } from 'vitest';
import { jobQueueName } from '../../../src/aws/deployment/resource-names.ts';
import { JobStateUnavailableError } from '../../../src/ports/jobs.ts';
import { SETTINGS, startJobs } from './batch.ts';
import { listJobs } from './jobs-harness.ts';

describe('refused launches', () => {
  test.each([
    [
      'a queue that does not exist',
      { queue: 'nowhere' },
      /there is no queue nowhere in this deployment: it has cpu, spot, gpu/,
    ],
    [
      'arguments that Batch cannot express',
      { container: { dockerArgs: '--network host' } },
      /dockerArgs: --network is not available/,
    ],
    [
      'resources that Fargate does not offer',
      { container: { dockerArgs: '--cpus 64' } },
      /Fargate has no 64 vCPUs/,
    ],
    ['a host', { queue: 'gpu', container: { dockerArgs: '--pid host' } }, /hostAccess/],
    ['a GPU on Fargate', { container: { dockerArgs: '--gpus 1' } }, /is not available on Fargate/],
  ])('%s is a permanent refusal with the reason', async (_, over, reason) => {
    const harness = await startJobs();
    expect(await harness.jobs.submit(harness.aGroup(0, 2, over))).toEqual({
      permanent: true,
      reason: expect.stringMatching(reason),
    });
  });

  test.each([
    'Error executing request, Exception : Value 1.0 for type VCPU in resourceRequirement is not valid. Please provide a numeric value., RequestId: 1',
    'Error executing request, Exception : Fargate resource requirements (1.00 vCPU, 1024 MiB) not valid., RequestId: 1',
    "Error executing request, Exception : User '$(id' does not match regex",
    'Container overrides length must be at most 8192',
  ])('Batch refuses the request itself for good: %s', async (message) => {
    const harness = await startJobs();
    harness.emulator.fail({ operation: 'SubmitJob', type: 'ClientException', message });
    expect(await harness.jobs.submit(harness.aGroup(0, 1))).toEqual({
      permanent: true,
      reason: `could not be launched: ${message}`,
    });
  });

  test.each([
    ['SubmitJob', 'AccessDeniedException', 'User is not authorized to perform: batch:SubmitJob'],
    ['SubmitJob', 'ExpiredTokenException', 'The security token included in the request is expired'],
    ['SubmitJob', 'UnrecognizedClientException', 'The security token in the request is invalid'],
    ['SubmitJob', 'ClientException', 'JobQueue headrace-cpu is not in ENABLED state'],
    ['SubmitJob', 'ClientException', 'Job queue headrace-cpu is INVALID'],
    ['SubmitJob', 'ClientException', 'JobQueue headrace-cpu not found.'],
    ['SubmitJob', 'TooManyRequestsException', 'Too Many Requests'],
    ['SubmitJob', 'ServerException', 'an internal error'],
    ['SubmitJob', 'ClientException', 'a text that no one has seen before'],
    ['RegisterJobDefinition', 'AccessDeniedException', 'User is not authorized: iam:PassRole'],
    ['RegisterJobDefinition', 'ClientException', 'The role cannot be assumed: it is not valid'],
    ['DescribeJobDefinitions', 'AccessDeniedException', 'User is not authorized'],
  ] as const)(
    'a refusal of %s that may pass (%s: %s) is no failure: it is logged, and the repeated launch succeeds',
    async (operation, type, message) => {
      const harness = await startJobs();
      const group = harness.aGroup(0, 2);
      // A missing definition is registered once more within the first launch.
      harness.emulator.fail({ operation, type, message });
      expect(await harness.jobs.submit(group, true)).toEqual({
        permanent: false,
        reason: `could not be launched: ${message}`,
      });
      expect(harness.logged).toEqual([
        expect.objectContaining({ event: 'request refused', action: 'launch', permanent: false }),
      ]);
      expect(harness.sent).toEqual([]);
      expect(await harness.jobs.submit(group)).toBeUndefined();
      expect(await listJobs(harness, group.name)).toHaveLength(1);
    },
  );

  test('a queue that is disabled while it is updated refuses for now', async () => {
    const harness = await startJobs();
    const jobQueue = jobQueueName(SETTINGS.prefix, 'cpu');
    await harness.client.send(new UpdateJobQueueCommand({ jobQueue, state: 'DISABLED' }));
    const group = harness.aGroup(0, 1);
    expect(await harness.jobs.submit(group)).toMatchObject({ permanent: false });
    await harness.client.send(new UpdateJobQueueCommand({ jobQueue, state: 'ENABLED' }));
    expect(await harness.jobs.submit(group)).toBeUndefined();
  });

  test('a launch whose lookup is refused is refused for now', async () => {
    const harness = await startJobs();
    harness.emulator.fail({ operation: 'ListJobs', type: 'AccessDeniedException' });
    expect(await harness.jobs.submit(harness.aGroup(0, 1))).toMatchObject({ permanent: false });
  });
});

describe('refused requests about jobs', () => {
  test.each(['ListJobs', 'DescribeJobs'])(
    'the state is not available while %s is refused, and no job counts as missing',
    async (operation) => {
      const harness = await startJobs();
      const group = harness.aGroup(0, 1);
      await harness.jobs.submit(group);
      harness.emulator.fail({ operation, type: 'AccessDeniedException' });
      await expect(
        harness.anotherController().state({ name: group.name, index: 0 }),
      ).rejects.toBeInstanceOf(JobStateUnavailableError);
    },
  );

  test('a termination that is refused is logged, and repeated by the next request', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 1);
    await harness.jobs.submit(group);
    const send = vi.spyOn(harness.client, 'send');
    const terminations = () =>
      send.mock.calls.filter(([command]) => command instanceof TerminateJobCommand).length;
    harness.emulator.fail({ operation: 'TerminateJob', type: 'AccessDeniedException' });
    await harness.jobs.terminate({ name: group.name, index: 0 }, 'test');
    expect(harness.logged).toEqual([
      expect.objectContaining({ event: 'request refused', action: 'termination' }),
    ]);
    await harness.jobs.terminate({ name: group.name, index: 0 }, 'test');
    await harness.jobs.terminate({ name: group.name, index: 0 }, 'test');
    expect(terminations()).toBe(2);
  });
});
