import { CancelJobCommand, TerminateJobCommand } from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { manualExecutor } from './manual-executor.ts';
import { POLL_OPTIONS, startTestBatch } from './test-batch.ts';

describe('CancelJob', () => {
  it('CancelJob fails a job that waits for capacity', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, maxvCpus: 1 });
    const definition = await batch.define(['x']);
    await batch.submit(definition);
    const second = await batch.submit(definition);
    await executor.container(0);
    await batch.until(second, ({ status }) => status === 'RUNNABLE');

    await batch.client.send(new CancelJobCommand({ jobId: second, reason: 'not needed' }));

    expect(await batch.ended(second)).toMatchObject({
      status: 'FAILED',
      statusReason: 'not needed',
      isCancelled: true,
      isTerminated: false,
      attempts: [],
    });
  });

  it('CancelJob accepts a running job and does nothing', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const jobId = await batch.submit(await batch.define(['x']));
    const container = await executor.container(0);
    await batch.until(jobId, ({ status }) => status === 'RUNNING');

    await batch.client.send(new CancelJobCommand({ jobId, reason: 'too late' }));
    container.end(0);

    expect(await batch.ended(jobId)).toMatchObject({ status: 'SUCCEEDED', isCancelled: false });
    expect(container.signals).toEqual([]);
  });

  it('CancelJob fails a job that waits for a dependency only after that dependency ended', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const definition = await batch.define(['x']);
    const first = await batch.submit(definition);
    const second = await batch.submit(definition, { dependsOn: [{ jobId: first }] });
    await batch.until(second, ({ status }) => status === 'PENDING');

    await batch.client.send(new CancelJobCommand({ jobId: second, reason: 'not needed' }));
    expect(await batch.describe(second)).toMatchObject({ status: 'PENDING', isCancelled: true });
    (await executor.container(0)).end(0);

    expect(await batch.ended(second)).toMatchObject({
      status: 'FAILED',
      statusReason: 'not needed',
    });
    expect(executor.started).toHaveLength(1);
  });

  it('CancelJob of an unknown job is no error', async () => {
    const batch = await startTestBatch();
    await expect(
      batch.client.send(new CancelJobCommand({ jobId: 'unknown', reason: 'x' })),
    ).resolves.toBeDefined();
    await expect(
      batch.client.send(new TerminateJobCommand({ jobId: 'unknown', reason: 'x' })),
    ).resolves.toBeDefined();
  });
});

describe('TerminateJob', () => {
  it('TerminateJob stops a running container and fails the job without a retry, for any exit code', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor });
    const jobId = await batch.submit(await batch.define(['x'], { retryStrategy: { attempts: 3 } }));
    const container = await executor.container(0);

    await batch.client.send(new TerminateJobCommand({ jobId, reason: 'aborted by its user' }));
    expect(await container.signalled()).toBe('SIGTERM');
    container.end(0);

    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      statusReason: 'aborted by its user',
      isTerminated: true,
      container: { exitCode: 0 },
    });
    expect(executor.started).toHaveLength(1);
  });

  it('TerminateJob kills a container that ignores SIGTERM after the grace period', async () => {
    const batch = await startTestBatch({ stopGraceMs: 50 });
    const jobId = await batch.submit(
      await batch.define(['sh', '-c', 'trap "" TERM; echo ready; while true; do sleep 0.05; done']),
    );
    const running = await batch.until(jobId, ({ status }) => status === 'RUNNING');
    const stream = running.container?.logStreamName ?? '';
    await expect.poll(() => batch.emulator.log(stream)?.[0]?.message, POLL_OPTIONS).toBe('ready');

    await batch.client.send(new TerminateJobCommand({ jobId, reason: 'stop' }));

    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      container: { exitCode: 137 },
    });
  });

  it('TerminateJob lets a container end by itself after SIGTERM', async () => {
    const batch = await startTestBatch();
    const jobId = await batch.submit(
      await batch.define([
        'sh',
        '-c',
        'trap "echo saved; exit 3" TERM; echo ready; while true; do sleep 0.05; done',
      ]),
    );
    const running = await batch.until(jobId, ({ status }) => status === 'RUNNING');
    const stream = running.container?.logStreamName ?? '';
    await expect.poll(() => batch.emulator.log(stream)?.[0]?.message, POLL_OPTIONS).toBe('ready');

    await batch.client.send(new TerminateJobCommand({ jobId, reason: 'stop' }));

    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      container: { exitCode: 3 },
    });
    expect(batch.emulator.log(stream)?.map(({ message }) => message)).toEqual(['ready', 'saved']);
  });

  it('TerminateJob of an array ends every waiting and running child', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, maxvCpus: 2, stopGraceMs: 0 });
    const jobId = await batch.submit(await batch.define(['x']), { arrayProperties: { size: 5 } });
    await executor.container(1);

    await batch.client.send(new TerminateJobCommand({ jobId, reason: 'aborted' }));

    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      statusReason: 'aborted',
      arrayProperties: { statusSummary: { FAILED: 5 } },
    });
    expect(executor.started).toHaveLength(2);
  });
});

describe('a timeout', () => {
  it('a timeout stops the container, and the job is not retried', async () => {
    const executor = manualExecutor();
    const batch = await startTestBatch({ executor, secondMs: 1 });
    const definition = await batch.define(['x'], {
      timeout: { attemptDurationSeconds: 60 },
      retryStrategy: { attempts: 3 },
    });
    const jobId = await batch.submit(definition);
    const container = await executor.container(0);
    await container.signalled();
    container.end(143);

    expect(await batch.ended(jobId)).toMatchObject({
      status: 'FAILED',
      statusReason: 'Job attempt duration exceeded timeout',
      timeout: { attemptDurationSeconds: 60 },
    });
    expect(executor.started).toHaveLength(1);
  });
});
