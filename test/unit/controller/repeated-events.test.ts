/**
 * Events that notifications report, when the controller crashes around their publication: SQS then
 * delivers the batch again, to another instance.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { StatusEvent } from '../../../src/ports/events.ts';
import { ControllerHarness } from './harness.ts';
import type { Script } from './logic.ts';

const COMPLETES: Script = { components: {}, main: async () => undefined };
const WAITS: Script = {
  components: {},
  main: async (logic) => void (await logic.waitForSignal('approve')),
};

/** Runs whose instance of the controller crashes when it publishes, `before` or `after` that. */
async function aRun(script: Script, crash: 'before' | 'after' | 'never') {
  const published: StatusEvent[] = [];
  let crashes = crash !== 'never';
  const harness = new ControllerHarness(script, undefined, undefined, {}, (ports) => ({
    ...ports,
    events: {
      publish: async (events) => {
        const crashesNow = crashes && events.some((event) => isReported(event));
        if (!crashesNow || crash === 'after') published.push(...events);
        if (!crashesNow) return;
        crashes = false;
        throw new Error('the instance crashed');
      },
    },
  }));
  const info = harness.info();
  await harness.storage.tasks.createRun(info, newHead(info));
  const created: Transition = { kind: 'run.created', run: info.id };
  const deliver = (
    isRepeated: boolean,
    controller = createController(harness.ports),
    transitions: readonly Transition[] = [created],
  ) => controller.handle(info.id, transitions, { isRepeated, publishesAgain: true });
  return { harness, run: info.id, created, deliver, published };
}

const isReported = (event: StatusEvent): boolean =>
  event.kind === 'signal' || (event.kind === 'run' && event.status !== 'running');
const reported = (events: readonly StatusEvent[]) => events.filter(isReported);

describe('events when the controller crashes', () => {
  it.each([
    ['before', 1],
    ['after', 2],
  ] as const)(
    'the end of a run whose controller crashes %s its publication is published, and a repetition is equal',
    async (crash, times) => {
      const { harness, deliver, published, run } = await aRun(COMPLETES, crash);
      await expect(deliver(false)).rejects.toThrow('the instance crashed');
      expect((await harness.run(run)).head.status).toBe('completed');
      harness.now += 60_000;
      await deliver(true);
      const [first, second = first] = reported(published);
      expect(reported(published)).toHaveLength(times);
      expect(first).toMatchObject({ kind: 'run', run, status: 'completed', at: 1_000_000 });
      expect(second).toEqual(first);
    },
  );

  it.each([
    ['before', 1],
    ['after', 2],
  ] as const)(
    'a run that waits for a signal is reported if its controller crashes %s the publication',
    async (crash, times) => {
      const { deliver, published, run } = await aRun(WAITS, crash);
      await expect(deliver(false)).rejects.toThrow('the instance crashed');
      await deliver(true);
      expect(reported(published)).toHaveLength(times);
      for (const event of reported(published))
        expect(event).toMatchObject({ kind: 'signal', run, name: 'approve' });
    },
  );

  it('an instance publishes the end of a run again once for all messages of a repeated batch', async () => {
    const { harness, deliver, published } = await aRun(COMPLETES, 'before');
    await expect(deliver(false)).rejects.toThrow();
    const controller = createController(harness.ports);
    for (let message = 0; message < 3; message += 1) await deliver(true, controller);
    expect(reported(published)).toHaveLength(1);
  });

  it('a first delivery to a finished run publishes nothing, and neither does an engine that does not request it', async () => {
    const { harness, deliver, published, created, run } = await aRun(COMPLETES, 'never');
    await deliver(false);
    await deliver(false);
    await createController(harness.ports).handle(run, [created]);
    expect(reported(published)).toHaveLength(1);
  });

  it('an event is published before another side effect of its commit can fail', async () => {
    const { harness, deliver, published } = await aRun(COMPLETES, 'never');
    const evaluator = { ...harness.ports.evaluator, drop: () => undefined };
    let commits = 0;
    const controller = createController({
      ...harness.ports,
      evaluator: {
        ...evaluator,
        drop: () => {
          commits += 1;
          if (commits === 1) throw new Error('slow down');
        },
      },
    });
    await expect(deliver(false, controller)).rejects.toThrow('slow down');
    expect(reported(published)).toHaveLength(1);
  });
});
