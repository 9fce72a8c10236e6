/**
 * Time limits, working directory and time zone of debug mode. The values of steps: the programs in
 * `test/modes/programs/travel.ts`.
 */
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import inspector from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { component } from '../../../src/sdk/component.ts';
import { currentStep } from '../../../src/sdk/step-runtime.ts';
import { report } from './debug-harness.ts';

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('time limits in debug mode', () => {
  it('a step that watches its signal is aborted at its limit and may end in its own way', async () => {
    const ended: unknown[] = [];
    const watches = component({ timeoutSeconds: 0.02 }, async function watches() {
      const { signal } = currentStep();
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      ended.push(signal.reason);
    });
    const { status, steps } = await report(() => watches());
    expect(status).toBe('failed');
    expect(ended).toEqual([expect.objectContaining({ name: 'StepTimeoutError' })]);
    expect(steps[0]?.error).toBe(ended[0]);
  });

  it('a step that never yields fails when it returns after its limit', async () => {
    const spins = component({ timeoutSeconds: 0.01 }, function spins() {
      const end = performance.now() + 30;
      while (performance.now() < end);
      return 'late';
    });
    const { steps } = await report(() => spins());
    expect(steps[0]).toMatchObject({ status: 'failed', error: { name: 'StepTimeoutError' } });
  });

  it('an attempt that exceeds its limit is retried', async () => {
    const once = component({ timeoutSeconds: 0.02, retryOnFailure: 1 }, async function once() {
      if (currentStep().attempt === 1) await later(60_000);
      return currentStep().attempt;
    });
    expect((await report(async () => await once())).result).toBe(2);
  });

  it('a run that exceeds its limit fails and aborts its running step', async () => {
    const waits = component({}, () => later(60_000));
    const run = await report(() => waits(), { timeoutSeconds: 0.02 });
    expect(run).toMatchObject({ status: 'failed', error: { name: 'RunTimeoutError' } });
    expect(run.states).toEqual({ waits: 'aborted' });
  });

  it('limits have no effect while a debugger is attached', async () => {
    inspector.open(0, '127.0.0.1');
    onTestFinished(() => inspector.close());
    const waits = component({ timeoutSeconds: 0.01 }, () => later(40));
    expect(await report(() => waits())).toMatchObject({ status: 'completed' });
  });
});

describe('the surroundings of debug mode', () => {
  it('a step is in its working directory and in UTC, and the process gets its own back', async () => {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'headrace-root-')));
    const { TZ } = process.env;
    onTestFinished(async () => {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
      await rm(root, { recursive: true });
    });
    process.env.TZ = 'Asia/Tokyo';
    await mkdir(join(root, 'data'));
    const before = process.cwd();
    const where = (): unknown => [process.cwd(), new Date(0).getHours()];
    const inRoot = component({}, () => where());
    const inData = component({ workingDir: 'data' }, () => where());
    const run = await report(
      async () => [await inRoot(), await inData(), await inRoot()],
      {},
      { root },
    );
    expect(run.result).toEqual([
      [root, 0],
      [join(root, 'data'), 0],
      [root, 0],
    ]);
    expect([process.cwd(), new Date(0).getHours()]).toEqual([before, 9]);
  });

  it('a working directory that does not exist fails the step with the error of the runner', async () => {
    const lost = component({ workingDir: 'no/such/folder' }, () => 1);
    const { steps } = await report(() => lost());
    expect(steps[0]).toMatchObject({
      status: 'failed',
      error: {
        name: 'StepCodeError',
        message: expect.stringMatching(
          /the working directory .*no\/such\/folder cannot be entered/,
        ),
      },
    });
  });
});
