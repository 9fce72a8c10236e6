import { describe, expect, test } from 'vitest';
import {
  type DeploymentSettings,
  stepJobDefinitionOf,
} from '../../../src/aws/jobs/job-definition.ts';
import { parseDockerArgs } from '../../../src/model/docker-args.ts';

const SETTINGS: DeploymentSettings = {
  prefix: 'headrace',
  partition: 'aws',
  region: 'us-east-1',
  account: '000000000000',
  projects: [],
  image: 'registry/headrace:1',
  runnerImage: 'registry/headrace:1',
  assignPublicIp: true,
  queues: {},
  resources: { vcpus: 1, memoryMiB: 2048 },
  bucket: 'bucket',
  stepLogGroup: '/headrace/steps',
  transitionsUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/transitions.fifo',
};
const FARGATE = { platform: 'fargate', spot: false, gpu: false } as const;
const EC2 = { platform: 'ec2', spot: false, gpu: false } as const;

const of = (
  settings: Partial<DeploymentSettings> = {},
  dockerArgs = '',
  queue: typeof FARGATE | typeof EC2 = FARGATE,
  image?: string,
) =>
  stepJobDefinitionOf(
    { project: 'examples', queue, image, docker: parseDockerArgs(dockerArgs, queue) },
    { ...SETTINGS, ...settings },
  );

describe('a job definition', () => {
  test.each([
    ['x86-64 by default', {}, '', 'X86_64'],
    ["the deployment's", { architecture: 'ARM64' as const }, '', 'ARM64'],
    ["the step's", {}, '--platform linux/arm64', 'ARM64'],
    [
      "the step's before the deployment's",
      { architecture: 'ARM64' as const },
      '--platform linux/amd64',
      'X86_64',
    ],
  ])(
    'a job definition for Fargate has a processor architecture: %s',
    (_, settings, dockerArgs, cpuArchitecture) => {
      const runtimePlatform = { operatingSystemFamily: 'LINUX', cpuArchitecture };
      expect(of(settings, dockerArgs).input.containerProperties).toMatchObject({ runtimePlatform });
      expect(
        of(settings, dockerArgs, FARGATE, 'python:3.12').input.ecsProperties?.taskProperties?.[0],
      ).toMatchObject({ runtimePlatform });
    },
  );

  test('a disk is part of the definition on Fargate above the 20 GiB of each task, and never on EC2', () => {
    const storage = { ephemeralStorage: { sizeInGiB: 100 } };
    const large = of({}, '--storage-opt size=100g');
    expect(large.input.containerProperties).toMatchObject(storage);
    const task = of({}, '--storage-opt size=100g', FARGATE, 'python:3.12').input.ecsProperties;
    expect(task?.taskProperties?.[0]).toMatchObject(storage);
    expect(large.name).not.toBe(of().name);
    expect(of({}, '--storage-opt size=20g').name).toBe(of().name);
    expect(of({}, '--storage-opt size=100g', EC2).name).toBe(of({}, '', EC2).name);
  });

  test('a job definition for EC2 has no processor architecture, which follows from the instance types', () => {
    expect(of({ architecture: 'ARM64' }, '', EC2).input.containerProperties).not.toHaveProperty(
      'runtimePlatform',
    );
  });

  test('a job definition enables an init process, unless the step disables it', () => {
    expect(of().input.containerProperties?.linuxParameters).toEqual({ initProcessEnabled: true });
    expect(of({}, '--init=false').input.containerProperties?.linuxParameters).toEqual({
      initProcessEnabled: false,
    });
    const [init, step] =
      of({}, '', FARGATE, 'python:3.12').input.ecsProperties?.taskProperties?.[0]?.containers ?? [];
    expect([init?.linuxParameters, step?.linuxParameters]).toEqual([
      undefined,
      { initProcessEnabled: true },
    ]);
  });

  test('only the container that copies the runner needs root; the step has the user of its image, or the requested one', () => {
    const usersOf = (dockerArgs: string) =>
      of(
        {},
        dockerArgs,
        FARGATE,
        'python:3.12',
      ).input.ecsProperties?.taskProperties?.[0]?.containers?.map(({ name, user }) => [name, user]);
    expect(usersOf('')).toEqual([
      ['runner', 'root'],
      ['step', undefined],
    ]);
    expect(usersOf('--user 1001')?.[1]).toEqual(['step', '1001']);
    expect(of().input.containerProperties).not.toHaveProperty('user');
    expect(of({}, '--user root').input.containerProperties).toMatchObject({ user: 'root' });
  });
});
