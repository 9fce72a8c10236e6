import { describe, expect, test } from 'vitest';
import { RUN, startJobs } from './batch.ts';
import { ended } from './jobs-harness.ts';

const MINUTE = 60;

describe('the end of a job', () => {
  test('a failed job reaches the run at once, with the id of its container', async () => {
    const world = await startJobs();
    const group = world.aGroup(0, 1);
    await world.jobs.submit(group);
    const { plan, end } = await world.executor.container(0);
    end(3);
    await ended(world, 1);
    expect(world.sent).toEqual([
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
        at: expect.any(Number),
      },
    ]);
  });

  test('the event of a succeeded job waits for the result and is dropped when the result arrives', async () => {
    const world = await startJobs();
    await world.jobs.submit(world.aGroup(0, 1));
    (await world.executor.container(0)).end(0);
    await ended(world, 1);
    expect(world.sent).toEqual([]);
    expect(world.delayed).toHaveLength(1);
    world.setStep(0, { status: 'completed' });
    await world.elapse(MINUTE);
    expect(world.sent).toEqual([]);
  });

  test('a succeeded job without a result is a fault of the infrastructure', async () => {
    const world = await startJobs();
    await world.jobs.submit(world.aGroup(0, 1));
    (await world.executor.container(0)).end(0);
    await ended(world, 1);
    await world.elapse(MINUTE);
    expect(world.sent).toEqual([
      expect.objectContaining({ kind: 'job.ended', exitCode: 0, fault: 'infrastructure' }),
    ]);
  });

  test('a reclaimed machine is a fault of the infrastructure', async () => {
    const world = await startJobs({ stopGraceMs: 0 });
    await world.jobs.submit(world.aGroup(0, 1, { queue: 'spot' }));
    const { plan } = await world.executor.container(0);
    world.emulator.reclaim(plan.environment.AWS_BATCH_JOB_ID ?? '');
    await ended(world, 1);
    expect(world.sent).toEqual([
      expect.objectContaining({
        kind: 'job.ended',
        fault: 'infrastructure',
        reason: expect.stringMatching(/^Host EC2/),
      }),
    ]);
    expect(world.executor.started).toHaveLength(1);
  });

  test('a job over its time limit is a timeout', async () => {
    const world = await startJobs({ secondMs: 1, stopGraceMs: 0 });
    const group = world.aGroup(0, 1);
    await world.jobs.submit({
      ...group,
      specs: group.specs.map((spec) => ({ ...spec, timeoutSeconds: 60 })),
    });
    await world.executor.container(0);
    await ended(world, 1);
    expect(world.sent).toEqual([
      expect.objectContaining({
        kind: 'job.ended',
        fault: 'timeout',
        exitCode: 137,
        signal: 'SIGKILL',
      }),
    ]);
  });

  test('a job killed for memory has that reason', async () => {
    const world = await startJobs();
    await world.jobs.submit(world.aGroup(0, 1));
    (await world.executor.container(0)).end(
      137,
      'OutOfMemoryError: Container killed due to memory usage',
    );
    await ended(world, 1);
    expect(world.sent).toEqual([
      expect.objectContaining({
        fault: 'step',
        exitCode: 137,
        reason: expect.stringMatching(/^ran out of memory/),
      }),
    ]);
  });

  test('duplicated and reordered events complete each member once, and no other attempt', async () => {
    const world = await startJobs({ eventFaults: { duplicates: 0.5, disorder: 5, seed: 7 } });
    const group = world.aGroup(0, 12);
    await world.jobs.submit(group);
    await world.executor.container(11);
    world.setStep(3, { attempts: [] });
    world.setStep(4, { status: 'completed' });
    for (const { end } of [...world.executor.started]) end(1);
    await expect.poll(() => new Set(world.events.map(({ detail }) => detail.jobId)).size).toBe(13);
    await world.emulator.settled();
    const calls = new Set(world.sent.flatMap((each) => ('call' in each ? [each.call] : [])));
    expect([...calls].sort((a, b) => a - b)).toEqual([0, 1, 2, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('the end of an array without events of its members triggers a sweep', async () => {
    const world = await startJobs({ arrayEvents: 'parents' });
    await world.jobs.submit(world.aGroup(0, 2));
    await world.executor.container(1);
    for (const { end } of [...world.executor.started]) end(1);
    await ended(world, 1);
    expect(world.sent).toEqual([]);
    await world.elapse(2 * MINUTE);
    expect(world.sent).toEqual([{ kind: 'run.sweep', run: RUN, unknownJobsLost: false }]);
  });

  test('the end of a job that is not the owner of its attempt is ignored', async () => {
    const world = await startJobs();
    const group = world.aGroup(0, 1);
    await world.jobs.submit(group);
    const { end } = await world.executor.container(0);
    world.setStep(0, {
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
    await ended(world, 1);
    expect(world.sent).toEqual([]);
  });
});
