import { describe, expect, test } from 'vitest';
import { parseDockerArgs } from '../../../src/model/docker-args.ts';
import { DockerArgsError } from '../../../src/model/docker-settings.ts';

const EMPTY = { environment: {}, tmpfs: [], devices: [], ulimits: [], volumes: [] };
const fargate = { platform: 'fargate', gpu: false } as const;
const ec2 = { platform: 'ec2', gpu: false } as const;

describe('dockerArgs', () => {
  test('empty dockerArgs set nothing', () => {
    expect(parseDockerArgs('  ')).toEqual(EMPTY);
  });

  test.each([
    ['--cpus 4 --memory 16g', { vcpus: 4, memoryMiB: 16_384 }],
    ['--cpus=0.5 -m 512m', { vcpus: 0.5, memoryMiB: 512 }],
    ['-m4g', { memoryMiB: 4096 }],
    ['-m=1.5g', { memoryMiB: 1536 }],
    ['--memory 1073741825', { memoryMiB: 1025 }],
    ['--gpus 2', { gpus: 2 }],
    ['-e A=1 --env B="two words" -e C=', { environment: { A: '1', B: 'two words', C: '' } }],
    ["-e 'QUOTE=it\\'", { environment: { QUOTE: 'it\\' } }],
    [
      '-e "ESCAPED=a \\"b\\" c" -e SPACED=a\\ b',
      { environment: { ESCAPED: 'a "b" c', SPACED: 'a b' } },
    ],
    ['-u 1000:1000', { user: '1000:1000' }],
    ['--init --read-only=false --privileged', { init: true, readOnly: false, privileged: true }],
    ['--shm-size 8g', { sharedMemoryMiB: 8192 }],
    ['--memory-swap 4g --memory-swappiness 10', { memoryAndSwapMiB: 4096, swappiness: 10 }],
    [
      '--tmpfs /scratch:size=64m,noexec',
      { tmpfs: [{ path: '/scratch', sizeMiB: 64, options: ['noexec'] }] },
    ],
    [
      '--device /dev/fuse --device /dev/a:/dev/b:r',
      {
        devices: [
          deviceOf('/dev/fuse', '/dev/fuse', ['READ', 'WRITE', 'MKNOD']),
          deviceOf('/dev/a', '/dev/b', ['READ']),
        ],
      },
    ],
    [
      '--ulimit nofile=1024:2048 --ulimit core=0',
      {
        ulimits: [
          { name: 'nofile', soft: 1024, hard: 2048 },
          { name: 'core', soft: 0, hard: 0 },
        ],
      },
    ],
    [
      '-v /data:/in:ro -v /out:/out',
      {
        volumes: [
          { source: '/data', target: '/in', readOnly: true },
          { source: '/out', target: '/out', readOnly: false },
        ],
      },
    ],
    ['--ipc host --pid=host', { ipc: 'host', pid: 'host' }],
    ['--platform linux/arm64', { architecture: 'ARM64' }],
  ])('dockerArgs %s are read', (text, settings) => {
    expect(parseDockerArgs(text)).toEqual({ ...EMPTY, ...settings });
  });

  test.each([
    ['--network host', '--network', /is not available in AWS Batch\. Available are --cpus/],
    ['--rm', '--rm', /is not available/],
    ['-w /app', '-w', /use the option workingDir/],
    ['--entrypoint bash', '--entrypoint', /dockerBashSetupScript/],
    ['--env-file .env', '--env-file', /option secrets/],
    ['--runtime=nvidia', '--runtime', /--gpus and a number/],
    ['--cpus 4 python:3.12', 'python:3.12', /is not an option/],
    ['constructor', 'constructor', /is not an option/],
    ['--memory', '--memory', /needs a value/],
    ['--memory lots', '--memory lots', /needs a size/],
    ['--memory 0', '--memory 0', /needs a size/],
    ['--cpus -1', '--cpus -1', /above 0/],
    ['--gpus all', '--gpus all', /needs a number of GPUs/],
    ['-e TOKEN', '-e TOKEN', /NAME=value/],
    ['-e HEADRACE_TOKEN=x', '-e HEADRACE_TOKEN', /not for users/],
    ['-e AWS_REGION=x', '-e AWS_REGION', /not for users/],
    ['--tmpfs /scratch', '--tmpfs /scratch', /needs a size/],
    ['--device /dev/x::z', '--device /dev/x::z', /needs the form/],
    ['--ulimit nofile', '--ulimit nofile', /name=soft/],
    ['-v named:/in', '-v named:/in', /a folder of the instance/],
    ['--ipc private', '--ipc private', /host or none/],
    ['--init=perhaps', '--init perhaps', /true or false/],
    ["-e 'A=1", "'A=1", /quote that is not closed/],
  ])('dockerArgs %s are rejected with the name of the option', (text, option, reason) => {
    expect(() => parseDockerArgs(text)).toThrow(DockerArgsError);
    expect(() => parseDockerArgs(text)).toThrow(reason);
    expect(() => parseDockerArgs(text)).toThrow(expect.objectContaining({ option }));
  });

  test.each([
    ['--gpus 1', fargate, /on Fargate/],
    ['--shm-size 1g', fargate, /on Fargate/],
    ['--privileged', fargate, /on Fargate/],
    ['--ulimit core=0', fargate, /nofile only/],
    ['--gpus 1', ec2, /needs a queue with GPUs/],
    ['--platform linux/arm64', ec2, /follows from the instance types/],
    [
      '--platform linux/arm64',
      { ...fargate, imageArchitecture: 'X86_64' as const },
      /built for X86_64 only/,
    ],
    [
      '--platform linux/amd64',
      { ...fargate, imageArchitecture: 'ARM64' as const },
      /built for ARM64 only/,
    ],
  ])('dockerArgs %s are rejected for a queue that does not support them', (text, queue, reason) => {
    expect(() => parseDockerArgs(text, queue)).toThrow(reason);
  });

  test.each([
    '--privileged',
    '--privileged=true',
    '--volume /:/host',
    '-v /var/run/docker.sock:/docker.sock:ro',
    '--device /dev/sda',
    '--pid host',
    '--ipc=host',
  ])(
    'dockerArgs %s are refused on EC2, unless the deployment allows access to its machines',
    (text) => {
      expect(() => parseDockerArgs(text, ec2)).toThrow(
        /access to its machine.*containers\.hostAccess/,
      );
      expect(() => parseDockerArgs(text, { ...ec2, allowHostAccess: true })).not.toThrow();
    },
  );

  test.each([
    '--network host',
    '--net=host',
    '--cap-add SYS_ADMIN',
    '--security-opt a',
    '--uts host',
    '--userns host',
    '--cgroupns host',
    '--cgroup-parent /',
    '--volumes-from a',
    '--mount type=bind,src=/,dst=/host',
  ])('dockerArgs %s are refused in every deployment', (text) => {
    expect(() => parseDockerArgs(text, { ...ec2, allowHostAccess: true })).toThrow(
      /is not available in AWS Batch/,
    );
  });

  test('dockerArgs that keep a container apart from its machine are accepted', () => {
    expect(
      parseDockerArgs('--privileged=false --ipc none --shm-size 1g --tmpfs /scratch:size=1g', ec2),
    ).toMatchObject({ privileged: false, ipc: 'none' });
  });

  test('dockerArgs that the queue supports are accepted', () => {
    expect(
      parseDockerArgs('--cpus 2 --ulimit nofile=9:9 --platform linux/arm64', fargate).vcpus,
    ).toBe(2);
    expect(
      parseDockerArgs('--platform linux/arm64', { ...fargate, imageArchitecture: 'ARM64' })
        .architecture,
    ).toBe('ARM64');
    expect(parseDockerArgs('--gpus 1 --shm-size 1g', { platform: 'ec2', gpu: true }).gpus).toBe(1);
  });
});

function deviceOf(host: string, container: string, permissions: readonly string[]) {
  return { host, container, permissions };
}

describe('the disk of a container', () => {
  test.each([
    ['--storage-opt size=100g', 100],
    ['--storage-opt=size=21504m', 21],
    ['--storage-opt size=20.5g', 21],
  ])('%s requests %s GiB', (text, diskGiB) => {
    expect(parseDockerArgs(text, fargate).diskGiB).toBe(diskGiB);
  });

  test.each([
    ['--storage-opt size=201g', fargate, /more than Fargate offers \(200 GiB\)/],
    ['--storage-opt size=101g', { ...ec2, diskGiB: 100 }, /machines.*\(100 GiB\)/],
    ['--storage-opt overlay2.size=1g', fargate, /only size is/],
    ['--storage-opt size=0', fargate, /needs a size above 0/],
  ])('%s is refused', (text, platform, reason) => {
    expect(() => parseDockerArgs(text, platform)).toThrow(reason);
  });

  test('a disk that the machines of a queue have, or may have, is accepted', () => {
    expect(parseDockerArgs('--storage-opt size=100g', { ...ec2, diskGiB: 100 }).diskGiB).toBe(100);
    expect(parseDockerArgs('--storage-opt size=5000g', ec2).diskGiB).toBe(5000);
  });
});
