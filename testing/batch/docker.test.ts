import {
  type ContainerProperties,
  type JobDetail,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DockerEngine, NoDockerError, startDocker } from '../../test/aws/docker/engine.ts';
import { dockerExecutor } from './index.ts';
import { makeShellImage, SHELL_IMAGE } from './shell-image.ts';
import {
  POLL_OPTIONS,
  startTestBatch,
  type TestBatch,
  type TestBatchOptions,
} from './test-batch.ts';

const engine = await startDocker().catch((error: unknown) => {
  if (!(error instanceof NoDockerError)) throw error;
  process.stderr.write(`Batch on a Docker engine is not tested: ${error.message}\n`);
  return undefined;
});

const resourceRequirements = [
  { type: 'VCPU' as const, value: '1' },
  { type: 'MEMORY' as const, value: '64' },
];

describe.runIf(engine !== undefined)('with a Docker engine', () => {
  beforeAll(() => makeShellImage(requireEngine()));
  afterAll(() => engine?.stop());

  const requireEngine = (): DockerEngine => {
    if (engine === undefined) throw new Error('There is no engine');
    return engine;
  };
  const start = (options: TestBatchOptions = {}) =>
    startTestBatch({ executor: dockerExecutor({ host: requireEngine().host }), ...options });
  const submit = async (
    batch: TestBatch,
    script: string,
    more: Partial<ContainerProperties> = {},
  ) =>
    batch.submit(
      await batch.define(['bash', '-c', script], {
        containerProperties: { image: SHELL_IMAGE, resourceRequirements, ...more },
      }),
    );
  const linesOf = async (batch: TestBatch, jobId: string) => {
    const { container } = await batch.describe(jobId);
    return batch.emulator.log(container?.logStreamName ?? '')?.map(({ message }) => message);
  };
  /** Waits until the container of a running job has printed `ready`. */
  const ready = async (batch: TestBatch, jobId: string) => {
    await batch.until(jobId, ({ status }) => status === 'RUNNING');
    await expect.poll(() => linesOf(batch, jobId), POLL_OPTIONS).toContain('ready');
  };
  /** The containers and volumes of a job's task that were not removed. */
  const leftovers = async ({ container, ecsProperties }: JobDetail) => {
    const task = (container ?? ecsProperties?.taskProperties?.[0])?.taskArn?.split('/').at(-1);
    const ofTask = ['--filter', `label=batch-emulator=${task}`];
    return [
      await requireEngine().docker('ps', '--all', '--quiet', ...ofTask),
      await requireEngine().docker('volume', 'ls', '--quiet', ...ofTask),
    ]
      .join('')
      .trim();
  };

  it('a job is a container of its image', async () => {
    const batch = await start();
    const jobId = await submit(batch, 'echo "job $AWS_BATCH_JOB_ID"; echo error >&2; exit 3');
    const job = await batch.ended(jobId);
    expect(job).toMatchObject({ status: 'FAILED', container: { exitCode: 3 } });
    expect((await linesOf(batch, jobId))?.toSorted()).toEqual(['error', `job ${jobId}`]);
    expect(await leftovers(job)).toBe('');
  });

  it('a container over its memory limit is killed with the reason OutOfMemoryError', async () => {
    const batch = await start();
    const jobId = await submit(batch, 'exec tail /dev/zero', {
      resourceRequirements: resourceRequirements.with(1, { type: 'MEMORY', value: '32' }),
    });
    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      container: {
        exitCode: 137,
        reason: 'OutOfMemoryError: Container killed due to memory usage',
      },
    });
  });

  it('a terminated container receives SIGTERM and can exit by itself', async () => {
    const batch = await start();
    const jobId = await submit(
      batch,
      'trap "echo saved; exit 4" TERM; echo ready; while true; do sleep 0.05; done',
    );
    await ready(batch, jobId);
    await batch.client.send(new TerminateJobCommand({ jobId, reason: 'stop' }));
    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      statusReason: 'stop',
      container: { exitCode: 4 },
    });
    expect(await linesOf(batch, jobId)).toEqual(['ready', 'saved']);
  });

  it('a container that ignores SIGTERM is killed after the grace period', async () => {
    const batch = await start({ stopGraceMs: 100 });
    const jobId = await submit(batch, 'trap "" TERM; echo ready; while true; do sleep 0.05; done');
    await ready(batch, jobId);
    batch.emulator.reclaim(jobId);
    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      statusReason: expect.stringMatching(/^Host EC2/u),
      container: { exitCode: 137 },
    });
  });

  it('a timeout stops and removes the container', async () => {
    const batch = await start({ secondMs: 5, stopGraceMs: 0 });
    const definition = await batch.define(['sleep', '1000'], {
      timeout: { attemptDurationSeconds: 60 },
      containerProperties: { image: SHELL_IMAGE, resourceRequirements },
    });
    const job = await batch.ended(await batch.submit(definition));
    expect(job).toMatchObject({
      status: 'FAILED',
      statusReason: 'Job attempt duration exceeded timeout',
    });
    expect(await leftovers(job)).toBe('');
  });

  it('an init container fills a volume for the main container, and the volume is removed', async () => {
    const batch = await start();
    const shared = { image: SHELL_IMAGE, resourceRequirements };
    const containers = [
      {
        ...shared,
        name: 'setup',
        essential: false,
        command: ['bash', '-c', 'echo "echo from the volume" > /opt/runner/start'],
        mountPoints: [{ sourceVolume: 'runner', containerPath: '/opt/runner' }],
      },
      {
        ...shared,
        name: 'main',
        command: ['bash', '-c', '. /opt/runner/start; echo > /opt/runner/mine || exit 6'],
        dependsOn: [{ containerName: 'setup', condition: 'SUCCESS' }],
        mountPoints: [{ sourceVolume: 'runner', containerPath: '/opt/runner', readOnly: true }],
      },
    ];
    const job = await batch.ended(
      await batch.submit(
        await batch.define([], {
          ecsProperties: { taskProperties: [{ containers, volumes: [{ name: 'runner' }] }] },
        }),
      ),
    );
    const [, main] = job.ecsProperties?.taskProperties?.[0]?.containers ?? [];
    expect(main?.exitCode).toBe(6);
    expect(batch.emulator.log(main?.logStreamName ?? '')?.map(({ message }) => message)).toContain(
      'from the volume',
    );
    expect(await leftovers(job)).toBe('');
  });

  it('a container reaches services of this machine, such as its credentials endpoint', async () => {
    const batch = await start();
    const script = `
      address=\${AWS_CONTAINER_CREDENTIALS_FULL_URI#http://}; host=\${address%%/*}
      exec 3<>/dev/tcp/\${host%:*}/\${host#*:}
      printf 'GET /%s HTTP/1.0\\r\\n\\r\\n' "\${address#*/}" >&3
      cat <&3`;
    const jobId = await submit(batch, script, {
      jobRoleArn: 'arn:aws:iam::000000000000:role/step',
    });
    expect(await batch.ended(jobId)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await linesOf(batch, jobId))?.at(-1)).toContain(
      '"RoleArn":"arn:aws:iam::000000000000:role/step"',
    );
  });

  it('a job with an image that does not exist fails with CannotPullContainerError', async () => {
    const batch = await start();
    const job = await batch.ended(await submit(batch, 'true', { image: '127.0.0.1:9/none:1' }));
    expect(job).toMatchObject({
      status: 'FAILED',
      statusReason: 'Task failed to start',
      container: { reason: expect.stringMatching(/^CannotPullContainerError: /u) },
    });
  });

  it('stopping the emulator removes the containers', async () => {
    const batch = await start();
    const jobId = await submit(batch, 'echo ready; exec sleep 1000');
    await ready(batch, jobId);
    const job = await batch.describe(jobId);
    expect(await leftovers(job)).not.toBe('');
    await batch.emulator.stop();
    expect(await leftovers(job)).toBe('');
  });

  it('a job fails when the engine does not answer', async () => {
    const batch = await start({ executor: dockerExecutor({ host: 'tcp://127.0.0.1:9' }) });
    expect(await batch.ended(await submit(batch, 'true'))).toMatchObject({
      status: 'FAILED',
      statusReason: 'Task failed to start',
      container: { reason: expect.stringContaining('does not answer') },
    });
  });
});
