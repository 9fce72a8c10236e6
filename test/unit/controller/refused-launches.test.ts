import { describe, expect, it, vi } from 'vitest';
import type { RunId } from '../../../src/model/ids.ts';
import type { Step } from '../../../src/model/step.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';
import type { Script } from './logic.ts';

const MINUTE_MS = 60_000;
const DENIED = { permanent: false, reason: 'could not be launched: not authorized' } as const;
const INVALID = { permanent: true, reason: 'could not be launched: value is not valid' } as const;

const WIDE: Script = {
  components: { wide: {}, other: {} },
  main: async (logic) => {
    const calls = [logic.call('wide'), logic.call('wide'), logic.call('wide')];
    const other = logic.call('other');
    await Promise.all(calls);
    return other;
  },
};

interface RefusedRun {
  readonly harness: ControllerHarness;
  readonly run: RunId;
  /** Lets Batch accept groups again. */
  accept(): void;
  fireTimer(): Promise<void>;
  first(): Promise<Step>;
}

/** A run whose component `wide` cannot be launched. */
async function aRefusedRun(refusal: typeof DENIED | typeof INVALID = DENIED): Promise<RefusedRun> {
  const harness = new ControllerHarness(WIDE, () => 7);
  const { jobs } = harness.ports;
  const submit = jobs.submit.bind(jobs);
  const spy = vi
    .spyOn(jobs, 'submit')
    .mockImplementation(async (group) =>
      group.specs[0]?.component === 'wide' ? refusal : submit(group),
    );
  const run = await harness.start();
  const first = async () => {
    const [step] = await harness.storage.tasks.steps(run, [0]);
    if (step === undefined) throw new Error('there is no step');
    return step;
  };
  return {
    harness,
    run,
    first,
    accept: () => spy.mockImplementation(submit),
    async fireTimer() {
      const { timerGeneration: generation } = await first();
      await harness.send({ kind: 'timer.fired', run, timer: 'launch', subject: 0, generation });
    },
  };
}

const waitingOf = ({ attempts }: Step) => attempts.at(-1)?.waiting;

describe('a launch that is refused for now', () => {
  it('leaves its steps queued with the reason, and other steps continue', async () => {
    const { harness, run } = await aRefusedRun();
    const steps = await harness.steps(run);
    expect(steps.map(({ component, status }) => `${component} ${status}`)).toEqual([
      'wide queued',
      'wide queued',
      'wide queued',
      'other completed',
    ]);
    expect(steps.slice(0, 3).map((step) => waitingOf(step)?.reason)).toEqual(
      Array.from({ length: 3 }, () => DENIED.reason),
    );
    expect(steps[0]?.attempts).toHaveLength(1);
  });

  it('is repeated by its timer, and the run completes without a retry', async () => {
    const { harness, run, accept, fireTimer } = await aRefusedRun();
    harness.now += MINUTE_MS;
    await fireTimer();
    expect((await harness.steps(run))[0]?.status).toBe('queued');
    accept();
    await fireTimer();
    const { head } = await harness.finish(run);
    expect(head.status).toBe('completed');
    expect((await harness.steps(run)).map(({ attempts }) => attempts.length)).toEqual([1, 1, 1, 1]);
  });

  it('is repeated at growing intervals, up to two minutes', async () => {
    const { harness, fireTimer } = await aRefusedRun();
    const commits = vi.spyOn(harness.storage.tasks, 'commit');
    const delays: number[] = [];
    for (const elapsed of [1, 10, 60, 600, 6000]) {
      harness.now += elapsed * 1000;
      await fireTimer();
      const timers = commits.mock.calls.flatMap(
        ([
          ,
          {
            timers: { set },
          },
        ]) => set,
      );
      const at = timers.filter(({ kind }) => kind === 'launch').at(-1)?.at ?? 0;
      delays.push((at - harness.now) / 1000);
    }
    expect(delays).toEqual([2, 11, 71, 120, 120]);
  });

  it('is repeated by the sweep if its timer never fires', async () => {
    const { harness, run, accept } = await aRefusedRun();
    accept();
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.finish(run)).head.status).toBe('completed');
  });

  it('a timer that fires twice or late launches the group once', async () => {
    const { harness, run, accept, first, fireTimer } = await aRefusedRun();
    const { timerGeneration: generation } = await first();
    await fireTimer();
    const submit = vi.mocked(harness.ports.jobs.submit);
    submit.mockClear();
    const stale = { kind: 'timer.fired', run, timer: 'launch', subject: 0, generation } as const;
    await harness.send(stale, stale);
    expect(submit).not.toHaveBeenCalled();
    accept();
    await fireTimer();
    await fireTimer();
    expect((await harness.finish(run)).head.status).toBe('completed');
  });

  it('a controller that crashes before it records the refusal repeats the launch', async () => {
    const harness = new ControllerHarness(WIDE, () => 7);
    const { jobs } = harness.ports;
    const submit = jobs.submit.bind(jobs);
    let crashed = false;
    const spy = vi.spyOn(jobs, 'submit').mockImplementation(async (group) => {
      if (group.specs[0]?.component !== 'wide') return submit(group);
      if (crashed) return DENIED;
      crashed = true;
      throw new Error('the process crashes');
    });
    await expect(harness.start()).rejects.toThrow('crashes');
    const { id: run } = harness.info();
    await harness.send({ kind: 'run.created', run });
    const [step] = await harness.storage.tasks.steps(run, [0]);
    expect(step && waitingOf(step)?.reason).toBe(DENIED.reason);
    spy.mockImplementation(submit);
    const generation = step?.timerGeneration ?? 0;
    await harness.send({ kind: 'timer.fired', run, timer: 'launch', subject: 0, generation });
    expect((await harness.finish(run)).head.status).toBe('completed');
  });

  it('fails its steps with the last reason when the longest time in the queue is over', async () => {
    const { harness, run, fireTimer } = await aRefusedRun();
    harness.now += 25 * 60 * MINUTE_MS;
    await fireTimer();
    const [step] = await harness.steps(run);
    expect(step).toMatchObject({ status: 'failed', error: { name: 'QueueTimeoutError' } });
    expect(step?.error?.message).toContain('not authorized');
    expect((await harness.finish(run)).head.status).toBe('failed');
  });

  it('an abort ends its steps at once: no job reports their end', async () => {
    const { harness, run } = await aRefusedRun();
    await harness.send({ kind: 'run.abort', run, reason: 'test' });
    expect((await harness.run(run)).head.status).toBe('aborted');
  });
});

describe('a launch that is refused for good', () => {
  it('fails its steps with the reason, and other steps continue', async () => {
    const { harness, run } = await aRefusedRun(INVALID);
    const steps = await harness.steps(run);
    expect(steps.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed', 'completed']);
    expect(steps[0]?.error?.message).toContain('is not valid');
    expect((await harness.finish(run)).head.status).toBe('failed');
  });
});

describe('a job that waits in its queue', () => {
  async function aWaitingRun(declaration: { queueTimeoutSeconds?: number } = {}) {
    const harness = new ControllerHarness(
      { components: { a: declaration }, main: async (logic) => logic.call('a') },
      () => NO_OUTCOME,
    );
    const { jobs } = harness.ports;
    // Its container never starts.
    const reason = vi.fn(async () => 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY');
    vi.spyOn(jobs, 'submit').mockImplementation(async () => undefined);
    vi.spyOn(jobs, 'state').mockImplementation(async () => 'waiting');
    jobs.waitingReason = reason;
    const run = await harness.start();
    const sweep = () => harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    const step = async () => (await harness.steps(run))[0];
    return { harness, run, sweep, step, reason };
  }
  const event = (run: RunId, job: { name: string; index: number }, reason: string, at: number) =>
    ({ kind: 'job.waiting', run, call: 0, attempt: 1, submittedAs: job, reason, at }) as const;

  it('a sweep records the reason after some minutes, not before', async () => {
    const { harness, sweep, step } = await aWaitingRun();
    await sweep();
    expect((await step())?.attempts[0]?.waiting).toBeUndefined();
    harness.now += 6 * MINUTE_MS;
    await sweep();
    expect((await step())?.attempts[0]?.waiting?.reason).toMatch(/INSUFFICIENT/);
  });

  it('an event records the reason; a repeated or earlier event changes nothing', async () => {
    const { harness, run, step } = await aWaitingRun();
    const job = (await step())?.attempts[0]?.job ?? { name: '', index: 0 };
    const { now } = harness;
    await harness.send(event(run, job, 'later', now + 2));
    await harness.send(event(run, job, 'earlier', now + 1), event(run, job, 'later', now + 2));
    expect((await step())?.attempts[0]?.waiting).toMatchObject({ reason: 'later' });
    await harness.send(event(run, { ...job, name: `${run}-0-9` }, 'another job', now + 3));
    expect((await step())?.attempts[0]?.waiting).toMatchObject({ reason: 'later' });
  });

  it('the reason is removed when the job starts, and a late event does not restore it', async () => {
    const { harness, run, step } = await aWaitingRun();
    const { name, index } = (await step())?.attempts[0]?.job ?? { name: '', index: 0 };
    await harness.send(event(run, { name, index }, 'blocked', harness.now));
    const token = `token of ${name}`;
    const sender = { run, call: 0, attempt: 1, job: `${name}:0`, token, at: harness.now };
    await harness.send({ kind: 'started', ...sender });
    await harness.send(event(run, { name, index }, 'blocked', harness.now + 1));
    const started = await step();
    expect(started?.status).toBe('running');
    expect(started?.attempts[0]?.waiting).toBeUndefined();
  });

  it('fails without a retry when the longest time in the queue is over, and its job is terminated', async () => {
    const { harness, run, sweep, step } = await aWaitingRun({ queueTimeoutSeconds: 3600 });
    harness.now += 59 * MINUTE_MS;
    await sweep();
    expect((await step())?.status).toBe('queued');
    harness.now += 2 * MINUTE_MS;
    await sweep();
    expect(await step()).toMatchObject({ status: 'failed', error: { name: 'QueueTimeoutError' } });
    expect((await step())?.error?.message).toMatch(
      /did not start within 3600 s in queue default \(CAPACITY.*raise queueTimeoutSeconds/,
    );
    expect(harness.terminatedJobs).toHaveLength(1);
    expect((await harness.finish(run)).head.status).toBe('failed');
  });

  it('does not fail while another step of its component runs in the same queue', async () => {
    const harness = new ControllerHarness(WIDE, () => NO_OUTCOME);
    const { jobs } = harness.ports;
    vi.spyOn(jobs, 'submit').mockImplementation(async () => undefined);
    vi.spyOn(jobs, 'state').mockImplementation(async () => 'waiting');
    const run = await harness.start();
    const [first] = await harness.steps(run);
    const name = first?.attempts[0]?.job.name ?? '';
    const sender = { run, call: 0, attempt: 1, job: `${name}:0`, token: `token of ${name}` };
    await harness.send({ kind: 'started', ...sender, at: harness.now });
    harness.now += 25 * 60 * MINUTE_MS;
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    const statuses = (await harness.steps(run)).map(({ status }) => status);
    expect(statuses).toEqual(['running', 'queued', 'queued', 'failed']);
  });
});
