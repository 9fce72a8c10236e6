/**
 * The load of the queues of an engine on this machine.
 *
 * @module
 */
import { expect, it } from 'vitest';
import type { Transition } from '../../../src/model/transition.ts';
import { runId } from '../../conformance/records.ts';
import { startEngine, withRunner } from './harness.ts';

withRunner();

const ENDLESS = 'export default () => new Promise(() => setInterval(() => undefined, 1000));';

const startedOf = (call: number) => (sent: readonly Transition[]) =>
  sent.find((one) => one.kind === 'started' && one.call === call);

it('steps run up to the limit of their queue, the others wait, and the load has both', async () => {
  let now = 1000;
  const engine = await startEngine({ queues: { narrow: 1 }, clock: { now: () => now } });
  const specs = await Promise.all(
    [1, 2, 2].map((run, call) => engine.step(ENDLESS, { call, run: runId(run) })),
  );
  const [first, ...others] = specs;
  if (first === undefined) throw new Error('no step');
  await engine.submit('first', [first], 'narrow');
  await engine.until(startedOf(0));
  now = 2000;
  await engine.submit('others', others, 'narrow');
  now = 3000;
  const { queueLoads } = engine.jobs;

  expect(queueLoads.busyQueues()).toEqual(['narrow']);
  const loads = await queueLoads.loads(['narrow', 'idle']);
  const common = { starting: 0, vcpus: null, partial: false, measuredAt: 3000 };
  expect(loads.get('narrow')).toEqual({ running: 1, waiting: 2, waitingSince: 2000, ...common });
  expect(loads.get('idle')).toEqual({ running: 0, waiting: 0, waitingSince: null, ...common });
  expect(await queueLoads.waiters('narrow')).toEqual({
    items: [{ run: runId(2), waiting: 2, since: 2000 }],
    partial: false,
    measuredAt: 3000,
  });

  await engine.jobs.terminate({ name: 'others', index: 0 }, 'the run was aborted');
  expect((await queueLoads.loads(['narrow'])).get('narrow')?.waiting).toBe(1);
  await engine.jobs.terminate({ name: 'first', index: 0 }, 'the run was aborted');
  await engine.until(startedOf(2));
  expect((await queueLoads.loads(['narrow'])).get('narrow')).toMatchObject({
    running: 1,
    waiting: 0,
    waitingSince: null,
  });
  expect(await queueLoads.waiters('narrow')).toMatchObject({ items: [] });
});
