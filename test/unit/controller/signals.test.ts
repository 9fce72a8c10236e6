import { expect, it } from 'vitest';
import { createRerun } from '../../../src/controller/restart/rerun.ts';
import { resumeRun } from '../../../src/controller/restart/resume.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { MAX_RUN_SIGNALS } from '../../../src/model/limits.ts';
import { ControllerHarness } from './harness.ts';
import type { Script } from './logic.ts';

const approval: Script = {
  components: { a: {} },
  main: async (logic) => {
    await logic.call('a');
    return await logic.waitForSignal('approve');
  },
};

const signal = (run: RunId, id: string, value: unknown = null, name = 'approve') => ({
  kind: 'run.signal' as const,
  run,
  id,
  name,
  value: JSON.stringify(value),
});

const resultOf = async (harness: ControllerHarness, run: RunId) =>
  (await harness.run(run)).head.result;

const text = (value: unknown) => ({ format: 'json', text: JSON.stringify(value) });

it('a run that waits for a signal has no timer but its sweep, is not stuck, and shows what it waits for', async () => {
  const harness = new ControllerHarness(approval);
  const run = await harness.start();
  expect((await harness.run(run)).head).toMatchObject({
    status: 'running',
    signals: { awaited: ['approve'] },
  });
  expect(harness.statusEvents.at(-1)).toMatchObject({ kind: 'signal', name: 'approve' });
  const timers = harness.storage.timers.due([run], Number.POSITIVE_INFINITY, 10);
  expect(timers.map(({ kind }) => kind)).toEqual(['sweep']);
  for (let sweeps = 0; sweeps < 3; sweeps += 1) await harness.fireNextTimer(run);
  await harness.send(signal(run, 'one', { by: 'Ann' }));
  expect((await harness.run(run)).head).toMatchObject({
    status: 'completed',
    signals: { awaited: [] },
  });
  expect(await resultOf(harness, run)).toEqual(text({ by: 'Ann' }));
});

it('a signal that arrives before the wait is kept, even before the run starts', async () => {
  const harness = new ControllerHarness({
    components: { a: {} },
    main: async (logic) => {
      const first = await logic.waitForSignal('approve');
      await logic.call('a');
      return [first, await logic.waitForSignal('approve')];
    },
  });
  const { newHead } = await import('../../../src/controller/run/run-head.ts');
  const info = harness.info();
  await harness.storage.tasks.createRun(info, newHead(info));
  await harness.send(signal(info.id, 'one', 1), signal(info.id, 'two', 2));
  expect(await resultOf(harness, info.id)).toEqual(text([1, 2]));
});

it('a signal that arrives twice counts once', async () => {
  const harness = new ControllerHarness({
    components: {},
    main: async (logic) => [
      await logic.waitForSignal('approve'),
      await logic.waitForSignal('approve'),
    ],
  });
  const run = await harness.start();
  await harness.send(signal(run, 'one', 1));
  await harness.send(signal(run, 'one', 1));
  expect((await harness.run(run)).head.status).toBe('running');
  await harness.send(signal(run, 'two', 2));
  expect(await resultOf(harness, run)).toEqual(text([1, 2]));
});

it('a signal for a run that has ended changes nothing', async () => {
  const harness = new ControllerHarness({ components: {}, main: async () => 1 });
  const run = await harness.start();
  const { head } = await harness.run(run);
  await harness.send(signal(run, 'late'));
  expect((await harness.run(run)).head).toEqual(head);
});

it('a run receives a limited number of signals, and warns of those that it ignores', async () => {
  const harness = new ControllerHarness(approval, () => new Error('fails'));
  const waiting = new ControllerHarness({
    components: {},
    main: async (logic) => await logic.waitForSignal('other'),
  });
  const run = await waiting.start();
  for (let n = 0; n <= MAX_RUN_SIGNALS; n += 1) await waiting.send(signal(run, `id ${n}`));
  expect((await waiting.run(run)).head.signals?.received).toHaveLength(MAX_RUN_SIGNALS);
  expect(waiting.statusEvents.at(-1)).toMatchObject({ kind: 'log', level: 'warn' });
  expect(harness.submittedSpecs).toEqual([]);
});

it('a resumed run keeps the signals that it received, also those after the cut', async () => {
  let broken = true;
  const harness = new ControllerHarness(
    {
      components: { a: {}, b: {} },
      main: async (logic) => {
        const first = await logic.waitForSignal('before');
        const a = logic.call('a');
        try {
          await a;
        } catch (error) {
          await logic.waitForSignal('after');
          throw error;
        }
        return [first, await logic.waitForSignal('after')];
      },
    },
    () => (broken ? new Error('broken') : 1),
  );
  const run = await harness.start();
  await harness.send(signal(run, 'one', 1, 'before'));
  await harness.send(signal(run, 'two', 2, 'after'));
  expect((await harness.run(run)).head.status).toBe('failed');
  broken = false;
  await resumeRun(harness.ports, run);
  await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
  expect(await resultOf(harness, run)).toEqual(text([1, 2]));
  await harness.send(signal(run, 'one', 1, 'before'));
  expect((await harness.run(run)).head.signals?.received).toHaveLength(2);
});

it('a resumed run that still waits for a signal knows that it does', async () => {
  const harness = new ControllerHarness(approval);
  const run = await harness.start();
  await harness.send({ kind: 'run.abort', run, reason: 'later' });
  expect((await harness.run(run)).head).toMatchObject({
    status: 'aborted',
    signals: { awaited: [] },
  });
  await resumeRun(harness.ports, run);
  await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
  expect((await harness.run(run)).head).toMatchObject({
    status: 'running',
    signals: { awaited: ['approve'] },
  });
  await harness.send(signal(run, 'one', true));
  expect(await resultOf(harness, run)).toEqual(text(true));
});

it('a rerun inherits the signals before its first step, and receives later ones anew', async () => {
  const harness = new ControllerHarness({
    components: { a: {}, b: {} },
    main: async (logic) => {
      const first = await logic.waitForSignal('before');
      await logic.call('b', await logic.call('a'));
      return [first, await logic.waitForSignal('after')];
    },
  });
  const run = await harness.start();
  await harness.send(signal(run, 'one', 1, 'before'));
  await harness.send(signal(run, 'two', 2, 'after'));
  expect(await resultOf(harness, run)).toEqual(text([1, 2]));
  const info = { ...harness.info({}, '2'.repeat(26)), rerunOf: run };
  await createRerun(harness.ports, run, info, { step: 'b', sameCode: true });
  await harness.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
  expect((await harness.run(info.id)).head).toMatchObject({
    status: 'running',
    signals: { awaited: ['after'], received: [] },
  });
  await harness.send(signal(info.id, 'three', 3, 'after'));
  expect(await resultOf(harness, info.id)).toEqual(text([1, 3]));
});
