import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BatchEvent } from './index.ts';
import { manualExecutor } from './manual-executor.ts';
import { matchesPattern } from './pattern.ts';
import { POLL_OPTIONS, startTestBatch, statusesOf } from './test-batch.ts';

describe('an event', () => {
  it('an event has the documented form', async () => {
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(3)),
      account: '123456789012',
    });
    const definition = await batch.define(['train'], {
      containerProperties: { environment: [{ name: 'SPEC', value: 's3://b/k' }] },
    });
    const jobId = await batch.submit(definition, {
      parameters: { run: 'r1' },
      tags: { team: 'ml' },
      retryStrategy: { attempts: 2 },
    });
    await batch.ended(jobId);
    await batch.emulator.settled();

    const arn = `arn:aws:batch:us-east-1:123456789012:job/${jobId}`;
    const runnable = batch.events.find(({ detail }) => detail.status === 'RUNNABLE');
    expect(runnable).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/u),
      'detail-type': 'Batch Job State Change',
      source: 'aws.batch',
      account: '123456789012',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u),
      region: 'us-east-1',
      resources: [arn],
      detail: expect.objectContaining({
        jobArn: arn,
        jobName: 'job',
        jobId,
        jobQueue: 'arn:aws:batch:us-east-1:123456789012:job-queue/work',
        status: 'RUNNABLE',
        attempts: [],
        createdAt: expect.any(Number),
        retryStrategy: { attempts: 2, evaluateOnExit: [] },
        dependsOn: [],
        jobDefinition: definition,
        parameters: { run: 'r1' },
        container: expect.objectContaining({
          image: 'image',
          command: ['train'],
          environment: [{ name: 'SPEC', value: 's3://b/k' }],
          volumes: [],
        }),
        tags: { team: 'ml', resourceArn: arn },
      }),
    });
    expect(runnable?.detail).not.toHaveProperty('startedAt');
    expect(batch.events.at(-1)?.detail).toMatchObject({
      status: 'FAILED',
      attempts: [
        { container: { exitCode: 3 } },
        {
          container: {
            exitCode: 3,
            logStreamName: expect.any(String),
            taskArn: expect.stringContaining(':task/AWSBatch-machines/'),
          },
        },
      ],
    });
  });

  it('an event contains the job at the time of the change, not at the time of delivery', async () => {
    const delivered: unknown[] = [];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
    });
    batch.emulator.setTarget('slow', {
      deliver: async ({ detail }) => {
        await released;
        delivered.push(detail.status);
      },
    });
    await batch.ended(await batch.submit(await batch.define(['x'])));
    release();
    await batch.emulator.settled();
    expect(delivered).toEqual(['RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED']);
  });

  it('an event is delivered again when its target refuses it', async () => {
    let refusals = 2;
    const arrived: unknown[] = [];
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
    });
    batch.emulator.setTarget('refusing', {
      pattern: { detail: { status: ['SUCCEEDED'] } },
      deliver: async ({ id }) => {
        arrived.push(id);
        refusals -= 1;
        if (refusals >= 0) throw new Error('not now');
      },
    });
    await batch.ended(await batch.submit(await batch.define(['x'])));
    await batch.emulator.settled();
    expect(arrived).toHaveLength(3);
    expect(new Set(arrived).size).toBe(1);
  });

  it('events can be duplicated and reordered', async () => {
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
      maxvCpus: 50,
      maxRunning: 50,
      eventFaults: { duplicates: 1, disorder: 20, seed: 7 },
    });
    const jobId = await batch.submit(await batch.define(['x']), { arrayProperties: { size: 20 } });
    await batch.ended(jobId);
    await batch.emulator.settled();

    const once = ['PENDING', 'SUCCEEDED'];
    expect([...statusesOf(batch.events, jobId)].sort()).toEqual([...once, ...once].sort());
    const children = Array.from({ length: 20 }, (_, index) =>
      statusesOf(batch.events, `${jobId}:${index}`),
    );
    expect(children.map((statuses) => statuses.length)).toEqual(children.map(() => 8));
    const inOrder = [
      'RUNNABLE',
      'RUNNABLE',
      'STARTING',
      'STARTING',
      'RUNNING',
      'RUNNING',
      'SUCCEEDED',
      'SUCCEEDED',
    ].join();
    expect(children.some((statuses) => statuses.join() !== inOrder)).toBe(true);
  });

  it('an event can be lost', async () => {
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
      maxvCpus: 50,
    });
    const lossy = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
      eventFaults: { losses: 1 },
    });
    for (const { submit, define, describe: describeJob } of [batch, lossy]) {
      const jobId = await submit(await define(['x']));
      await expect
        .poll(async () => (await describeJob(jobId)).status, POLL_OPTIONS)
        .toBe('SUCCEEDED');
    }
    await Promise.all([batch.emulator.settled(), lossy.emulator.settled()]);
    expect([batch.events.length, lossy.events.length]).toEqual([4, 0]);
  });

  it('events of an array can be limited to its parent or to its children', async () => {
    const jobsWithEvents = async (arrayEvents: 'parents' | 'children') => {
      const batch = await startTestBatch({
        executor: manualExecutor((container) => container.end(0)),
        arrayEvents,
      });
      const jobId = await batch.submit(await batch.define(['x']), { arrayProperties: { size: 2 } });
      await expect
        .poll(async () => (await batch.describe(jobId)).status, POLL_OPTIONS)
        .toBe('SUCCEEDED');
      await batch.emulator.settled();
      return new Set(batch.events.map(({ detail }) => String(detail.jobId).slice(jobId.length)));
    };
    expect(await jobsWithEvents('parents')).toEqual(new Set(['']));
    expect(await jobsWithEvents('children')).toEqual(new Set([':0', ':1']));
  });
});

describe('a target of events', () => {
  it('a target of events can be a URL with a rule’s pattern, and can be removed', async () => {
    const posted: BatchEvent[] = [];
    let failures = 1;
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        // Lambda's Invoke answers like this when the function threw.
        if (failures > 0) response.setHeader('x-amz-function-error', 'Unhandled');
        else posted.push(JSON.parse(text));
        failures -= 1;
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/2015-03-31/functions/router/invocations`;
    const batch = await startTestBatch({
      executor: manualExecutor((container) => container.end(0)),
    });
    const pattern = {
      source: ['aws.batch'],
      detail: {
        status: ['SUCCEEDED', 'FAILED'],
        jobQueue: [{ prefix: 'arn:aws:batch:us-east-1:000000000000:job-queue/wo' }],
      },
    };
    const target = `${batch.emulator.url}/_batch/targets/router`;

    expect(
      (await fetch(target, { method: 'PUT', body: JSON.stringify({ url, pattern }) })).status,
    ).toBe(200);
    const jobId = await batch.submit(await batch.define(['x']));
    await batch.ended(jobId);
    await batch.emulator.settled();
    expect(posted.map(({ detail }) => [detail.jobId, detail.status])).toEqual([
      [jobId, 'SUCCEEDED'],
    ]);

    await fetch(target, { method: 'DELETE' });
    await batch.ended(await batch.submit('definition-1'));
    await batch.emulator.settled();
    expect(posted).toHaveLength(1);
  });
});

describe('a pattern', () => {
  const event = {
    source: 'aws.batch',
    detail: { status: 'FAILED', jobQueue: 'arn:queue/a', tags: ['x', 'y'], none: null },
  };
  const holds = (detail: Parameters<typeof matchesPattern>[0]) =>
    matchesPattern({ source: ['aws.batch'], detail }, event);

  it('a pattern matches if every member has one of its values', () => {
    expect(holds({ status: ['FAILED', 'SUCCEEDED'], jobQueue: [{ prefix: 'arn:queue/' }] })).toBe(
      true,
    );
    expect(holds({ status: ['SUCCEEDED'] })).toBe(false);
    expect(holds({ status: ['FAILED'], jobQueue: [{ suffix: '/b' }] })).toBe(false);
    expect(holds({ tags: ['y'] })).toBe(true);
    expect(holds({ none: [null] })).toBe(true);
  });

  it('a pattern can require another value (anything-but) or an absent member', () => {
    expect(holds({ status: [{ 'anything-but': 'SUCCEEDED' }] })).toBe(true);
    expect(holds({ status: [{ 'anything-but': ['FAILED', 'SUCCEEDED'] }] })).toBe(false);
    expect(holds({ statusReason: [{ exists: false }] })).toBe(true);
    expect(holds({ status: [{ exists: false }] })).toBe(false);
    expect(holds({ statusReason: [{ 'anything-but': 'x' }] })).toBe(false);
  });
});
