import type { RegisterJobDefinitionCommandInput } from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { subprocessExecutor } from './index.ts';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch } from './test-batch.ts';

const resourceRequirements = [
  { type: 'VCPU' as const, value: '1' },
  { type: 'MEMORY' as const, value: '128' },
];
const ROLE = 'arn:aws:iam::000000000000:role/step';

/** A task in which `setup` fills a volume for `main`. */
const withSetup = (setup: string, main: string): Partial<RegisterJobDefinitionCommandInput> => ({
  ecsProperties: {
    taskProperties: [
      {
        taskRoleArn: ROLE,
        volumes: [{ name: 'shared' }],
        containers: [
          {
            name: 'setup',
            image: 'setup',
            essential: false,
            command: ['sh', '-c', setup],
            mountPoints: [{ sourceVolume: 'shared', containerPath: '/opt/runner' }],
            resourceRequirements,
          },
          {
            name: 'main',
            image: 'main',
            command: ['sh', '-c', main],
            environment: [{ name: 'RUNNER', value: '/opt/runner/start' }],
            mountPoints: [{ sourceVolume: 'shared', containerPath: '/opt/runner', readOnly: true }],
            dependsOn: [{ containerName: 'setup', condition: 'SUCCESS' }],
            resourceRequirements,
          },
        ],
      },
    ],
  },
});

describe('a task of several containers', () => {
  it('a task starts its containers in dependency order, with a shared volume', async () => {
    const batch = await startTestBatch();
    const jobId = await batch.submit(
      await batch.define([], withSetup('echo "exit 5" > /opt/runner/start', '. $RUNNER')),
    );

    const job = await batch.ended(jobId);

    expect(job.container).toBeUndefined();
    expect(job).toMatchObject({
      status: 'FAILED',
      ecsProperties: {
        taskProperties: [
          {
            containers: [
              { name: 'setup', exitCode: 0 },
              { name: 'main', exitCode: 5 },
            ],
          },
        ],
      },
      attempts: [
        {
          taskProperties: [
            {
              containers: [
                { name: 'setup', exitCode: 0 },
                { name: 'main', exitCode: 5, logStreamName: expect.stringContaining('/main/') },
              ],
            },
          ],
        },
      ],
    });
  });

  it('a container does not start when its dependency fails', async () => {
    const batch = await startTestBatch();
    const job = await batch.ended(
      await batch.submit(await batch.define([], withSetup('exit 9', 'echo never'))),
    );
    expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Task failed to start' });
    const containers = job.attempts?.[0]?.taskProperties?.[0]?.containers;
    expect(containers?.map(({ exitCode }) => exitCode)).toEqual([9, undefined]);
    expect(batch.emulator.log(containers?.[1]?.logStreamName ?? '')).toBeUndefined();
  });

  it('overrides apply to the named container', async () => {
    const executor = manualExecutor((container) => container.end(0));
    const batch = await startTestBatch({ executor });
    const definition = await batch.define([], withSetup('a', 'b'));
    const override = {
      name: 'main',
      command: ['other'],
      environment: [{ name: 'SPEC', value: 's3://x' }],
    };
    await batch.ended(
      await batch.submit(definition, {
        ecsPropertiesOverride: { taskProperties: [{ containers: [override] }] },
      }),
    );
    expect(
      executor.started.map(({ plan }) => [plan.name, plan.command, plan.environment.SPEC]),
    ).toEqual([
      ['setup', ['sh', '-c', 'a'], undefined],
      ['main', ['other'], 's3://x'],
    ]);
  });

  it('a task ends with its essential container, and the other containers are stopped', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const containers = [
      { name: 'main', image: 'main', resourceRequirements },
      { name: 'side', image: 'side', essential: false, resourceRequirements },
    ];
    const jobId = await batch.submit(
      await batch.define([], { ecsProperties: { taskProperties: [{ containers }] } }),
    );
    const [main, side] = [await executor.container(0), await executor.container(1)];
    main.end(0);
    expect(await side.signalled()).toBe('SIGTERM');
    side.end(143);
    expect(await batch.ended(jobId)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('an image', () => {
  it('an image can be a local command of the configuration', async () => {
    const images = {
      step: {
        entrypoint: ['sh', '-c', 'echo "$GREETING $0"'],
        command: ['world'],
        environment: { GREETING: 'hello' },
      },
    };
    const batch = await startTestBatch({
      executor: subprocessExecutor({ images, onlyKnownImages: true }),
    });
    const definition = await batch.define(['there'], { containerProperties: { image: 'step' } });
    const line = async (jobId: string) =>
      batch.emulator.log((await batch.ended(jobId)).container?.logStreamName ?? '')?.[0]?.message;
    expect(await line(await batch.submit(definition))).toBe('hello there');
  });

  it('an image can have local folders where no volume is mounted', async () => {
    const images = { '*': { folders: { '/opt/runner': '/image', '/opt/runner/deep': '/deep' } } };
    const batch = await startTestBatch({ executor: subprocessExecutor({ images }) });
    const line = async (jobId: string) =>
      batch.emulator.log((await batch.ended(jobId)).container?.logStreamName ?? '')?.[0]?.message;
    const definition = await batch.define([
      'echo',
      '/opt/runner/a',
      'x=/opt/runner',
      '/opt/runner/deep/a',
      '/opt/runners',
      '/data/opt/runner',
    ]);
    expect(await line(await batch.submit(definition))).toBe(
      '/image/a x=/image /deep/a /opt/runners /data/opt/runner',
    );
    const task = await batch.define([], withSetup('echo /opt/runner/deep', 'true'));
    const ended = await batch.ended(await batch.submit(task));
    const stream = ended.ecsProperties?.taskProperties?.[0]?.containers?.[0]?.logStreamName ?? '';
    expect(batch.emulator.log(stream)?.[0]?.message).toBe('/deep');
  });

  it('an unknown image cannot be pulled when only known images are allowed', async () => {
    const batch = await startTestBatch({ executor: subprocessExecutor({ onlyKnownImages: true }) });
    const job = await batch.ended(await batch.submit(await batch.define(['true'])));
    expect(job).toMatchObject({
      status: 'FAILED',
      statusReason: 'Task failed to start',
      container: { reason: expect.stringMatching(/^CannotPullContainerError: .*image/u) },
    });
  });
});

describe('the role of a job', () => {
  it('the role of a job provides credentials to the SDK while the container runs', async () => {
    const requestedRoles: string[] = [];
    const batch = await startTestBatch({
      executor: subprocessExecutor({ images: { '*': { cwd: process.cwd() } } }),
      environment: { AWS_ACCESS_KEY_ID: 'of this machine', AWS_SECRET_ACCESS_KEY: 'x' },
      credentials: (roleArn) => {
        requestedRoles.push(roleArn);
        return { accessKeyId: 'ASIASTEP', secretAccessKey: 'secret', sessionToken: 'session' };
      },
    });
    const program = `
      import { defaultProvider } from '@aws-sdk/credential-provider-node';
      const { accessKeyId, sessionToken } = await defaultProvider()();
      console.log(accessKeyId, sessionToken, process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI);`;
    const definition = await batch.define(
      [process.execPath, '--input-type=module', '-e', program],
      { containerProperties: { jobRoleArn: ROLE } },
    );
    const job = await batch.ended(await batch.submit(definition));

    const [key, session, address = ''] =
      batch.emulator
        .log(job.container?.logStreamName ?? '')
        ?.at(-1)
        ?.message.split(' ') ?? [];
    expect([job.status, key, session, requestedRoles]).toEqual([
      'SUCCEEDED',
      'ASIASTEP',
      'session',
      [ROLE],
    ]);
    expect((await fetch(address)).status).toBe(400);
  });

  it('a job without a role has no credentials', async () => {
    const executor = manualExecutor((container) => container.end(0));
    const batch = await startTestBatch({ executor });
    await batch.ended(await batch.submit(await batch.define(['x'])));
    expect(executor.started[0]?.plan.environment).not.toHaveProperty(
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    );
  });
});

describe('a secret', () => {
  const secret = { secrets: [{ name: 'TOKEN', valueFrom: 'arn:secret' }] };

  it('a secret is a variable of the container and is absent from the job’s description', async () => {
    const executor = manualExecutor((container) => container.end(0));
    const batch = await startTestBatch({
      executor,
      secrets: async (valueFrom) => `value of ${valueFrom}`,
    });
    const job = await batch.ended(
      await batch.submit(await batch.define(['x'], { containerProperties: secret })),
    );
    expect(executor.started[0]?.plan.environment.TOKEN).toBe('value of arn:secret');
    expect(JSON.stringify(job)).not.toContain('value of');
  });

  it('a secret that cannot be read prevents the start of the job', async () => {
    const batch = await startTestBatch({
      secrets: () => Promise.reject(new Error('no such secret')),
    });
    const job = await batch.ended(
      await batch.submit(await batch.define(['true'], { containerProperties: secret })),
    );
    expect(job).toMatchObject({
      status: 'FAILED',
      statusReason: 'Task failed to start',
      container: {
        reason: expect.stringMatching(/^ResourceInitializationError: .*no such secret/u),
      },
    });
  });
});
