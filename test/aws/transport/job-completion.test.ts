import { describe, expect, test } from 'vitest';
import { EXIT_OUTCOME_STORED } from '../../../src/model/container.ts';
import { RUN, startJobs } from './batch.ts';
import { untilEvents } from './jobs-harness.ts';

const MINUTE_SECONDS = 60;

describe('the completion of a job', () => {
  test('the completion of a failed job is sent to the run at once, with the id of its container', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 1);
    await harness.jobs.submit(group);
    const { plan, end } = await harness.executor.container(0);
    end(3);
    await untilEvents(harness, 1);
    expect(harness.sent).toEqual([
      {
        kind: 'job.ended',
        run: RUN,
        call: 0,
        attempt: 1,
        job: `${plan.environment.AWS_BATCH_JOB_ID}.1`,
        submittedAs: { name: group.name, index: 0 },
        exitCode: 3,
        signal: null,
        fault: 'step',
        reason: 'exited with code 3',
        logStream: expect.stringMatching(/./),
        at: expect.any(Number),
      },
    ]);
  });

  test('a job that succeeded sends nothing: its own message reports the result', async () => {
    const harness = await startJobs();
    await harness.jobs.submit(harness.aGroup(0, 1));
    (await harness.executor.container(0)).end(0);
    await untilEvents(harness, 1);
    await harness.advance(MINUTE_SECONDS);
    expect(harness.sent).toEqual([]);
    expect(harness.delayed).toEqual([]);
  });

  test('a job whose stored result is missing is a fault of the infrastructure', async () => {
    const harness = await startJobs();
    await harness.jobs.submit(harness.aGroup(0, 1));
    (await harness.executor.container(0)).end(EXIT_OUTCOME_STORED);
    await untilEvents(harness, 1);
    await harness.advance(MINUTE_SECONDS);
    expect(harness.sent).toEqual([
      expect.objectContaining({
        kind: 'job.ended',
        exitCode: EXIT_OUTCOME_STORED,
        fault: 'infrastructure',
      }),
    ]);
  });

  test('the job of a reclaimed machine has a fault of the infrastructure', async () => {
    const harness = await startJobs({ stopGraceMs: 0 });
    await harness.jobs.submit(harness.aGroup(0, 1, { queue: 'spot' }));
    const { plan } = await harness.executor.container(0);
    harness.emulator.reclaim(plan.environment.AWS_BATCH_JOB_ID ?? '');
    await untilEvents(harness, 1);
    expect(harness.sent).toEqual([
      expect.objectContaining({
        kind: 'job.ended',
        fault: 'infrastructure',
        reason: expect.stringMatching(/^Host EC2/),
      }),
    ]);
    expect(harness.executor.started).toHaveLength(1);
  });

  test('a job that exceeds its time limit fails with a timeout', async () => {
    const harness = await startJobs({ secondMs: 1, stopGraceMs: 0 });
    const group = harness.aGroup(0, 1);
    await harness.jobs.submit({
      ...group,
      specs: group.specs.map((spec) => ({ ...spec, timeoutSeconds: 60 })),
    });
    await harness.executor.container(0);
    await untilEvents(harness, 1);
    expect(harness.sent).toEqual([
      expect.objectContaining({
        kind: 'job.ended',
        fault: 'timeout',
        exitCode: 137,
        signal: 'SIGKILL',
      }),
    ]);
  });

  test('a job that is killed for its memory has that reason', async () => {
    const harness = await startJobs();
    await harness.jobs.submit(harness.aGroup(0, 1));
    (await harness.executor.container(0)).end(
      137,
      'OutOfMemoryError: Container killed due to memory usage',
    );
    await untilEvents(harness, 1);
    expect(harness.sent).toEqual([
      expect.objectContaining({
        fault: 'step',
        exitCode: 137,
        reason: expect.stringMatching(/^ran out of memory/),
      }),
    ]);
  });

  test('duplicated and reordered events complete each member once, and no other attempt', async () => {
    const harness = await startJobs({ eventFaults: { duplicates: 0.5, disorder: 5, seed: 7 } });
    const group = harness.aGroup(0, 12);
    await harness.jobs.submit(group);
    await harness.executor.container(11);
    harness.setStep(3, { attempts: [] });
    harness.setStep(4, { status: 'completed' });
    for (const { end } of [...harness.executor.started]) end(1);
    await expect
      .poll(() => new Set(harness.events.map(({ detail }) => detail.jobId)).size)
      .toBe(13);
    await harness.emulator.settled();
    const calls = new Set(harness.sent.flatMap((each) => ('call' in each ? [each.call] : [])));
    expect([...calls].sort((a, b) => a - b)).toEqual([0, 1, 2, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('the completion of an array without events of its members triggers a sweep', async () => {
    const harness = await startJobs({ arrayEvents: 'parents' });
    await harness.jobs.submit(harness.aGroup(0, 2));
    await harness.executor.container(1);
    for (const { end } of [...harness.executor.started]) end(1);
    await untilEvents(harness, 1);
    expect(harness.sent).toEqual([]);
    await harness.advance(2 * MINUTE_SECONDS);
    expect(harness.sent).toEqual([{ kind: 'run.sweep', run: RUN, unknownJobsLost: false }]);
  });

  test('the completion of a job that is not the owner of its attempt is ignored', async () => {
    const harness = await startJobs();
    const group = harness.aGroup(0, 1);
    await harness.jobs.submit(group);
    const { end } = await harness.executor.container(0);
    harness.setStep(0, {
      status: 'running',
      attempts: [
        {
          number: 1,
          status: 'running',
          owner: 'the-other.1',
          job: { name: group.name, index: 0 },
          queuedAt: 1,
        },
      ],
    });
    end(1);
    await untilEvents(harness, 1);
    expect(harness.sent).toEqual([]);
  });
});
