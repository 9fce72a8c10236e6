import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createClient } from '../../../src/client/client.ts';
import { bearer } from '../../../src/client/signing.ts';
import { RemoteSource } from '../../../src/launch/remote/remote-source.ts';
import type { Step } from '../../../src/model/step.ts';
import { aCompletedStep, anAttempt, aPlot, aReport } from '../../conformance/records.ts';
import { aRun, commit, pages } from './answers-harness.ts';
import { type ApiHarness, anApi, registered } from './harness.ts';

/** A step with plots of these iterations, by attempt. */
const aStepWithPlots = (call: number, ...attempts: readonly (readonly number[])[]) => ({
  step: aCompletedStep(call, {
    name: `train_${call}`,
    attempts: attempts.map((plots, index) => ({
      ...anAttempt(index + 1),
      ...(plots.length === 0 ? {} : { hasPlots: true as const }),
    })),
  }),
  reports: attempts.map((plots, index) => ({
    ...aReport(call, index + 1, 0, []),
    plots: plots.map(aPlot),
  })),
});

async function aRunWith(
  steps: readonly ReturnType<typeof aStepWithPlots>[],
): Promise<{ readonly harness: ApiHarness; readonly id: string }> {
  const harness = await anApi();
  await registered(harness);
  const id = await aRun(harness);
  await commit(harness, id, {
    created: steps.map(({ step }): Step => step),
    reports: steps.flatMap(({ reports }) => reports),
  });
  return { harness, id };
}

describe('the plots of a run', () => {
  it('plots of all steps and attempts are listed in the order of calls, whatever the size of a page', async () => {
    const { harness, id } = await aRunWith([
      aStepWithPlots(0, [1], [2, 3]),
      aStepWithPlots(1, []),
      aStepWithPlots(2, [4, 5]),
    ]);
    for (const limit of [1, 2, 3, 5, 200]) {
      const path = `/v1/runs/${id}/plots?limit=${limit}`;
      expect((await pages(harness, path, 'iteration')).flat()).toEqual([1, 2, 3, 4, 5]);
      expect((await pages(harness, path, 'step')).flat()).toEqual([
        'train_0',
        'train_0',
        'train_0',
        'train_2',
        'train_2',
      ]);
      expect((await pages(harness, path, 'attempt')).flat()).toEqual([1, 2, 2, 1, 1]);
    }
    const { status } = await harness.request('GET', '/v1/runs/01api000000000000000000099/plots');
    expect(status).toBe(404);
  });

  it('the plots of 2,500 steps are listed with a bounded number of steps in each request', async () => {
    const { harness, id } = await aRunWith(
      Array.from({ length: 2500 }, (_, call) => aStepWithPlots(call, call === 2499 ? [7] : [])),
    );
    const read = vi.spyOn(harness.storage.tasks, 'allSteps');
    expect(await pages(harness, `/v1/runs/${id}/plots?limit=5`, 'call')).toEqual([[], [2499]]);
    expect(read.mock.calls.length).toBeLessThan(16);
  });

  it('a reader of all plots sends one request for a run with many steps', async () => {
    const { harness, id } = await aRunWith(
      Array.from({ length: 50 }, (_, call) => aStepWithPlots(call, [call])),
    );
    const paths: string[] = [];
    vi.stubGlobal('fetch', async (url: string | URL) => {
      const { pathname, search } = new URL(url);
      paths.push(pathname);
      const { status, body } = await harness.request('GET', `${pathname}${search}`);
      return new Response(JSON.stringify(body), {
        status,
        headers: { 'content-type': 'application/json' },
      });
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    const client = createClient({ endpoint: 'https://api.test', sign: bearer(() => 'token') });
    const source = new RemoteSource(client, { metrics: false, plots: true });
    const { info } = await source.run(id);
    const steps = await source.queries.allSteps(info.id, 50, 0);
    paths.length = 0;
    const found: number[] = [];
    for (const step of steps)
      found.push(...(await source.reported.plots(info.id, step)).map(({ iteration }) => iteration));
    expect(found).toEqual(Array.from({ length: 50 }, (_, call) => call));
    expect(paths).toEqual([`/v1/runs/${id}/plots`]);
  });
});
