import { expect, it } from 'vitest';
import { component } from '../../../src/sdk/component.ts';
import { cancel, cancelOnAbort, timeout } from '../../../src/sdk/logic-functions.ts';
import { currentStep } from '../../../src/sdk/step-runtime.ts';
import { double, report } from './debug-harness.ts';

const stopped: string[] = [];
const endless = component({}, async function endless(_after?: unknown) {
  const { signal, name } = currentStep();
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  stopped.push(name);
  return 1;
});

it('in debug mode, timeout aborts a running step, and skips the steps that depend on it', async () => {
  const run = await report(async () => {
    const slow = endless();
    const child = double(slow as never);
    try {
      await timeout(slow, 20);
    } catch (error) {
      return [
        error instanceof Error && error.name,
        await child.then(
          () => 1,
          (error) => (error instanceof Error ? error.name : error),
        ),
      ];
    }
    return undefined;
  });
  expect(run.result).toEqual(['StepCancelledError', 'StepSkippedError']);
  expect(run.status).toBe('completed');
  expect(run.states).toEqual({ endless: 'aborted', double: 'skipped' });
  expect(run.steps[0]?.attempts).toMatchObject([{ status: 'aborted' }]);
  expect(stopped).toEqual(['endless']);
});

it('in debug mode, a pending step that is cancelled does not start, and does not fail the run', async () => {
  const run = await report(async () => {
    const slow = endless();
    const next = endless();
    cancel(next);
    cancel(slow);
    cancel(slow);
    return await double(2);
  });
  expect(run).toMatchObject({
    status: 'completed',
    result: 4,
    states: { endless: 'aborted', endless_1: 'aborted', double: 'completed' },
  });
});

it('in debug mode, a step that completes in time keeps its value', async () => {
  const run = await report(async () => {
    const value = double(2);
    const first = await timeout(value, '1d');
    cancel(value);
    return [first, await value];
  });
  expect(run).toMatchObject({
    status: 'completed',
    result: [4, 4],
    states: { double: 'completed' },
  });
});

it('in debug mode, an AbortSignal cancels a running step and a pending one, and no step that is complete', async () => {
  const run = await report(async () => {
    const stop = new AbortController();
    const done = cancelOnAbort(double(2), stop.signal);
    const value = await done;
    const slow = cancelOnAbort(endless(), stop.signal);
    const next = cancelOnAbort(endless(slow as never), stop.signal);
    stop.abort();
    const late = cancelOnAbort(endless(), stop.signal);
    const names = await Promise.allSettled([slow, next, late]);
    return [
      value,
      await done,
      ...names.map((each) => each.status === 'rejected' && each.reason.name),
    ];
  });
  expect(run).toMatchObject({
    status: 'completed',
    result: [4, 4, 'StepCancelledError', 'StepCancelledError', 'StepCancelledError'],
    states: { double: 'completed', endless: 'aborted', endless_1: 'aborted', endless_2: 'aborted' },
  });
});
