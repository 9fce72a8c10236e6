import { SubmitJobCommand, type SubmitJobCommandInput } from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { startTestBatch, type TestBatch } from './test-batch.ts';

const submitRefused = async (
  { client }: TestBatch,
  input: Partial<SubmitJobCommandInput>,
): Promise<string> => {
  const sent = client.send(
    new SubmitJobCommand({
      jobName: 'job',
      jobQueue: 'work',
      jobDefinition: 'definition-1',
      ...input,
    }),
  );
  const error = await sent.then(
    () => new Error('The submission was accepted'),
    (cause: Error) => cause,
  );
  expect(error.name).toBe('ClientException');
  return error.message;
};

describe('a submission is refused', () => {
  it('a submission to an unknown queue or with an unknown definition is refused', async () => {
    const batch = await startTestBatch();
    await batch.define(['true']);
    expect(await submitRefused(batch, { jobQueue: 'none' })).toBe('Job Queue none not found');
    expect(await submitRefused(batch, { jobDefinition: 'none' })).toBe(
      'JobDefinition none not found',
    );
    expect(await submitRefused(batch, { jobDefinition: 'definition-1:2' })).toBe(
      'JobDefinition definition-1:2 not found',
    );
  });

  it('a submission with an invalid name is refused', async () => {
    const batch = await startTestBatch();
    await batch.define(['true']);
    for (const jobName of ['', '-dash', 'a/b', 'x'.repeat(129)])
      expect(await submitRefused(batch, { jobName })).toContain('jobName');
  });

  it('a submission of an array of 1 or of 10,001 children is refused', async () => {
    const batch = await startTestBatch();
    await batch.define(['true']);
    for (const size of [1, 10_001])
      expect(await submitRefused(batch, { arrayProperties: { size } })).toContain('2 to 10000');
  });

  it('a submission over 30 KiB or with an AWS_BATCH variable is refused', async () => {
    const batch = await startTestBatch();
    await batch.define(['true']);
    expect(await submitRefused(batch, { parameters: { a: 'x'.repeat(31_000) } })).toContain(
      '30 KiB',
    );
    expect(
      await submitRefused(batch, {
        containerOverrides: { environment: [{ name: 'AWS_BATCH_JOB_ID', value: 'mine' }] },
      }),
    ).toContain('AWS_BATCH');
  });

  it('overrides of the wrong form or for an unknown container are refused', async () => {
    const batch = await startTestBatch();
    const needs = [
      { type: 'VCPU' as const, value: '1' },
      { type: 'MEMORY' as const, value: '128' },
    ];
    await batch.define([], {
      ecsProperties: {
        taskProperties: [
          { containers: [{ name: 'main', image: 'image', resourceRequirements: needs }] },
        ],
      },
    });
    expect(await submitRefused(batch, { containerOverrides: { command: ['x'] } })).toContain(
      'ecsPropertiesOverride',
    );
    const taskProperties = [{ containers: [{ name: 'other', command: ['x'] }] }];
    expect(await submitRefused(batch, { ecsPropertiesOverride: { taskProperties } })).toContain(
      'other',
    );
  });

  it('a timeout below a minute, or retry rules without a number of attempts, are refused', async () => {
    const batch = await startTestBatch();
    await batch.define(['true']);
    expect(await submitRefused(batch, { timeout: { attemptDurationSeconds: 59 } })).toContain(
      '60 seconds',
    );
    expect(
      await submitRefused(batch, {
        retryStrategy: { evaluateOnExit: [{ onExitCode: '1', action: 'RETRY' }] },
      }),
    ).toContain('attempts');
    const inside = { attempts: 2, evaluateOnExit: [{ onReason: 'a*b', action: 'RETRY' as const }] };
    expect(await submitRefused(batch, { retryStrategy: inside })).toContain('asterisk');
  });

  it('resources that Fargate does not offer are refused', async () => {
    const batch = await startTestBatch({ computeType: 'FARGATE' });
    await batch.define(['true'], {
      platformCapabilities: ['FARGATE'],
      containerProperties: {
        executionRoleArn: 'arn:aws:iam::000000000000:role/e',
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '2048' },
        ],
      },
    });
    expect(
      await submitRefused(batch, {
        containerOverrides: { resourceRequirements: [{ type: 'MEMORY', value: '9216' }] },
      }),
    ).toContain('(1.00 vCPU, 9216 MiB)');
  });
});

describe('a submission', () => {
  it('a submission is merged into its definition: parameters, command, environment by name, resources by type', async () => {
    const executor = manualExecutor((container) => container.end(0));
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(
      ['train', '--rate=Ref::rate', 'Ref::input', 'Ref::unknown'],
      {
        parameters: { rate: '1', input: 'none' },
        containerProperties: {
          environment: [
            { name: 'KEPT', value: 'a' },
            { name: 'CHANGED', value: 'a' },
          ],
        },
      },
    );
    const jobId = await batch.submit(definition, {
      parameters: { input: 'iris' },
      containerOverrides: {
        environment: [
          { name: 'CHANGED', value: 'b' },
          { name: 'NEW', value: 'c' },
        ],
        resourceRequirements: [{ type: 'MEMORY', value: '1024' }],
      },
    });

    expect(await batch.ended(jobId)).toMatchObject({
      parameters: { rate: '1', input: 'iris' },
      jobDefinition: definition,
    });
    expect(executor.started[0]?.plan).toMatchObject({
      command: ['train', '--rate=1', 'iris', 'Ref::unknown'],
      environment: { KEPT: 'a', CHANGED: 'b', NEW: 'c' },
      vcpus: 1,
      memoryMiB: 1024,
    });
  });

  it('overrides above 8,192 characters are accepted, and the job fails when it starts', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(['true'], { retryStrategy: { attempts: 3 } });
    const jobId = await batch.submit(definition, {
      containerOverrides: { environment: [{ name: 'LONG', value: 'x'.repeat(8192) }] },
    });

    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      statusReason: expect.stringContaining('Container Overrides length must be at most 8192'),
    });
    expect(executor.started).toEqual([]);
  });

  it('a submission without a revision uses the newest active one', async () => {
    const executor = manualExecutor((container) => container.end(0));
    const batch = await startTestBatch({ executor });
    for (const word of ['one', 'two']) await batch.define([word], { jobDefinitionName: 'twice' });
    await batch.ended(await batch.submit('twice'));
    await batch.ended(await batch.submit('twice:1'));
    expect(executor.started.map(({ plan }) => plan.command)).toEqual([['two'], ['one']]);
  });
});
