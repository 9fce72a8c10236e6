import { describe, expect, it } from 'vitest';
import type { ControllerPorts } from '../../../src/controller/context.ts';
import { createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { withChildRuns } from '../../../src/engine/child-run-jobs.ts';
import { childComponentId } from '../../../src/model/child-pipeline.ts';
import { childRunId } from '../../../src/model/child-run-ids.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { NewRun, RunHead, RunInfo } from '../../../src/model/run.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { ControllerHarness, type JobOutcome, NO_OUTCOME } from './harness.ts';
import type { Logic } from './logic.ts';

/** A pipeline whose top run calls itself once; the child run calls `work`. */
const callsItself = async (logic: Logic, { parent }: RunInfo): Promise<unknown> =>
  parent === undefined ? await logic.call('child') : await logic.call('work');

const COMPONENTS = {
  child: { id: childComponentId('pipeline.ts#main'), retryOnFailure: 0 },
  work: {},
};

const UNUSED_REGISTRY = { version: async () => undefined };

const childRunPorts = (ports: ControllerPorts): ControllerPorts => ({
  ...ports,
  jobs: withChildRuns(ports.jobs, { ...ports, registry: UNUSED_REGISTRY }),
});

const aHarness = (
  outcome: JobOutcome = () => 7,
  main = callsItself,
  changePorts = childRunPorts,
): ControllerHarness =>
  new ControllerHarness({ components: COMPONENTS, main }, outcome, undefined, {}, changePorts);

const firstStep = async (harness: ControllerHarness, run: RunId) => {
  const [step] = await harness.steps(run);
  if (step === undefined) throw new Error('the run has no step');
  return step;
};

/** The child run of the last attempt of the run's first step. */
async function childOf(harness: ControllerHarness, run: RunId) {
  const job = (await firstStep(harness, run)).attempts.at(-1)?.job;
  if (job === undefined) throw new Error('the step has no attempt');
  return harness.run(childRunId(job));
}

const runCount = async ({ storage }: ControllerHarness): Promise<number> =>
  (await storage.tasks.runs({ limit: 100 })).length;

describe('a child run', () => {
  it('a call of a pipeline starts a run of its own, whose result is the step’s', async () => {
    const harness = aHarness();
    const id = await harness.start({ project: 'examples' });
    const child = await childOf(harness, id);
    expect(await harness.run(id)).toMatchObject({
      head: { status: 'completed', result: { text: '7' } },
    });
    expect(child).toMatchObject({
      info: { number: 2, parent: { run: id, number: 1, step: 'child', depth: 1 } },
      head: { status: 'completed' },
    });
    expect(await firstStep(harness, id)).toMatchObject({
      status: 'completed',
      taskType: 'data_processing',
      childRun: { run: child.info.id, pipeline: 'test', number: 2 },
    });
  });

  it('a child run that fails fails the step with its id and its error', async () => {
    const harness = aHarness(() => new RangeError('too small'));
    const id = await harness.start({ project: 'examples' });
    const { info } = await childOf(harness, id);
    expect((await firstStep(harness, id)).error).toMatchObject({
      name: 'PipelineRunError',
      fields: { runId: info.id, status: 'failed', number: 2 },
      cause: { message: expect.stringContaining('too small') },
    });
    expect((await harness.run(id)).head.status).toBe('failed');
  });

  it('a pipeline that calls itself without an end fails at the limit of the depth', async () => {
    const harness = aHarness(undefined, async (logic) => await logic.call('child'));
    const id = await harness.start({ project: 'examples' });
    expect((await harness.run(id)).head.status).toBe('failed');
    expect(await runCount(harness)).toBe(9);
  });

  it('an abort of the parent aborts its child run', async () => {
    const harness = aHarness(() => NO_OUTCOME);
    const id = await harness.start({ project: 'examples' });
    await harness.send({ kind: 'run.abort', run: id, reason: 'enough' });
    expect((await childOf(harness, id)).head).toMatchObject({
      status: 'aborted',
      abortReason: 'the run is being aborted',
    });
    expect((await harness.run(id)).head.status).toBe('aborted');
    expect(await harness.statuses(id)).toEqual({ child: 'aborted' });
  });

  it('a child run that is cancelled is aborted, and the parent continues', async () => {
    const harness = aHarness(
      () => NO_OUTCOME,
      async (logic, { parent }) => {
        if (parent !== undefined) return await logic.call('work');
        const { call } = logic.call('child');
        await logic.sleep(1000);
        logic.command({ kind: 'cancel', call });
        return 'continued';
      },
    );
    const id = await harness.start({ project: 'examples' });
    const { head } = await harness.finish(id);
    expect(head).toMatchObject({ status: 'completed', result: { text: '"continued"' } });
    expect((await childOf(harness, id)).head.status).toBe('aborted');
  });

  it('a resume of the parent takes over the completed steps of the failed child run', async () => {
    let works = false;
    const harness = aHarness(
      ({ call }) => (works || call === 0 ? call : new Error('broken')),
      async (logic, { parent }) => {
        if (parent === undefined) return await logic.call('child');
        await logic.call('work', 'first');
        return await logic.call('work', 'second');
      },
    );
    const id = await harness.start({ project: 'examples' });
    const failed = await childOf(harness, id);
    expect(harness.submittedSpecs).toHaveLength(2);
    works = true;
    const { revision } = (await harness.run(id)).head;
    await harness.send({ kind: 'run.resume', run: id, revision });
    const resumed = await childOf(harness, id);
    expect((await harness.run(id)).head.status).toBe('completed');
    expect(resumed.info).toMatchObject({ rerunOf: failed.info.id, parent: { run: id } });
    // Only the second step of the child run was executed again.
    expect(harness.submittedSpecs).toHaveLength(3);
    expect(await harness.statuses(resumed.info.id)).toEqual({
      work: 'completed',
      work_1: 'completed',
    });
  });

  it('a late message of an earlier child run changes nothing', async () => {
    const harness = aHarness(() => new Error('broken'));
    const id = await harness.start({ project: 'examples' });
    const failed = await childOf(harness, id);
    const { revision } = (await harness.run(id)).head;
    await harness.send({ kind: 'run.resume', run: id, revision });
    const before = await harness.run(id);
    await harness.send({
      kind: 'child.changed',
      run: id,
      call: 0,
      child: failed.info.id,
      revision: 99,
    });
    expect((await harness.run(id)).head.eventCount).toBe(before.head.eventCount);
  });
});

describe('messages about child runs', () => {
  it('a child run that is launched after its step was stopped is aborted', async () => {
    const delayed: NewRun[] = [];
    const harness = aHarness(
      () => NO_OUTCOME,
      undefined,
      (ports) => {
        const tasks = new Proxy(ports.tasks, {
          get(target, name) {
            const method: unknown = Reflect.get(target, name);
            if (typeof method !== 'function') return method;
            if (name !== 'createRun') return method.bind(target);
            return async (info: NewRun, head: RunHead) => {
              if (info.parent === undefined) return target.createRun(info, head);
              delayed.push(info);
              return { info: { ...info, number: 2 }, head };
            };
          },
        });
        return childRunPorts({ ...ports, tasks });
      },
    );
    const id = await harness.start({ project: 'examples' });
    await harness.send({ kind: 'run.abort', run: id, reason: 'enough' });
    await harness.send({ kind: 'run.sweep', run: id, unknownJobsLost: true });
    expect((await harness.run(id)).head.status).toBe('aborted');
    const [child] = delayed;
    if (child === undefined) throw new Error('no child run was launched');
    await harness.storage.tasks.createRun(child, newHead(child));
    await harness.send({ kind: 'run.created', run: child.id });
    expect((await harness.run(child.id)).head).toMatchObject({
      status: 'aborted',
      abortReason: 'its step was stopped',
    });
  });

  const without =
    (kind: Transition['kind']) =>
    (ports: ControllerPorts): ControllerPorts =>
      childRunPorts({
        ...ports,
        transitions: {
          send: (transitions) =>
            ports.transitions.send(transitions.filter((each) => each.kind !== kind)),
        },
      });

  it('the sweep of the parent finds a child run that ended if its message is lost', async () => {
    const harness = aHarness(undefined, undefined, without('child.changed'));
    const id = await harness.start({ project: 'examples' });
    expect((await childOf(harness, id)).head.status).toBe('completed');
    expect((await harness.run(id)).head.status).toBe('running');
    await harness.send({ kind: 'run.sweep', run: id, unknownJobsLost: false });
    expect((await harness.run(id)).head).toMatchObject({
      status: 'completed',
      result: { text: '7' },
    });
  });

  it('messages that arrive twice change nothing', async () => {
    const harness = aHarness(undefined, undefined, (ports) =>
      childRunPorts({
        ...ports,
        transitions: {
          send: (transitions) => ports.transitions.send([...transitions, ...transitions]),
        },
      }),
    );
    const id = await harness.start({ project: 'examples' });
    expect((await harness.run(id)).head).toMatchObject({ status: 'completed', eventCount: 1 });
    expect(await runCount(harness)).toBe(2);
  });
});

describe('a controller that crashes', () => {
  /** Crashes once, before or after the write or message with this number. */
  class Crash {
    count = 0;
    readonly at: number;
    readonly when: 'before' | 'after';
    constructor(at: number, when: 'before' | 'after') {
      this.at = at;
      this.when = when;
    }

    async around<T>(act: () => Promise<T>): Promise<T> {
      const isDue = ++this.count === this.at;
      if (isDue && this.when === 'before') throw new Error('crashed');
      const result = await act();
      if (isDue && this.when === 'after') throw new Error('crashed');
      return result;
    }
  }

  const crashing =
    (crash: Crash) =>
    (ports: ControllerPorts): ControllerPorts => {
      const { tasks, transitions } = ports;
      const records = new Proxy(tasks, {
        get(target, name) {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== 'function') return method;
          const call = (...args: unknown[]) => Reflect.apply(method, target, args);
          return name === 'commit' || name === 'createRun'
            ? (...args: unknown[]) => crash.around(async () => call(...args))
            : call;
        },
      });
      return childRunPorts({
        ...ports,
        tasks: records,
        transitions: { send: (messages) => crash.around(() => transitions.send(messages)) },
      });
    };

  /** Delivers a batch again after a crash, to another controller. */
  const redelivering = (harness: ControllerHarness): void => {
    const { controller } = harness;
    const handle = controller.handle.bind(controller);
    controller.handle = async (run, batch) => {
      try {
        await handle(run, batch);
      } catch {
        await createController(harness.ports).handle(run, batch);
      }
    };
  };

  it('a crash before or after any write or message starts the child run once, and loses no end', async () => {
    const outcomes: string[] = [];
    for (let at = 1; at <= 40; at += 1)
      for (const when of ['before', 'after'] as const) {
        const crash = new Crash(at, when);
        const harness = aHarness(undefined, undefined, crashing(crash));
        redelivering(harness);
        // The test itself sends the first message of the run.
        const id = await harness.start({ project: 'examples' });
        const { head } = await harness.run(id);
        outcomes.push(`${head.status} ${head.eventCount} ${await runCount(harness)}`);
        if (crash.count < at) break;
      }
    expect(outcomes.length).toBeGreaterThan(20);
    expect([...new Set(outcomes)]).toEqual(['completed 1 2']);
  });
});
