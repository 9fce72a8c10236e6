import { describe, expect, it } from 'vitest';
import {
  attemptStartId,
  countedPoints,
  stepReportId,
  takenOverId,
} from '../../../src/model/run-reports.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import { anArtifact } from '../../conformance/records.ts';
import { ControllerHarness } from './harness.ts';

/** A step of which each attempt but the last one fails, after it reported under its number. */
async function aRetriedStep(attempts: number) {
  const harness = new ControllerHarness(
    {
      components: {
        train: {
          retryOnFailure: attempts - 1,
          retryBackoff: { initialSeconds: 0, factor: 1, maxSeconds: 0 },
          monitorMetrics: [['loss', 'train']],
        },
      },
      main: async (logic) => void (await logic.call('train')),
    },
    (spec: StepSpec) => (spec.attempt < attempts ? new Error('bad') : 1),
  );
  return harness;
}

const point = (value: number) => ({
  title: 'loss',
  series: 'train',
  iteration: 0,
  value,
  at: 1,
});

describe('outputs of a failed attempt', () => {
  it('belong to that attempt; the step has those of the last one', async () => {
    const harness = await aRetriedStep(3);
    harness.reportOf = ({ attempt }) => ({
      points: [point(attempt)],
      texts: [],
      artifacts: [anArtifact('notes'), anArtifact(`only${attempt}`)],
      models: [],
      onRun: { artifacts: [], models: [] },
    });
    const id = await harness.start();
    await harness.finish(id);
    const [step] = await harness.storage.tasks.steps(id, [0]);
    expect(step?.status).toBe('completed');
    expect(step?.artifacts.map(({ name }) => name)).toEqual(['notes', 'only3']);
    expect(step?.attempts.map(({ artifacts }) => artifacts?.map(({ name }) => name))).toEqual([
      ['notes', 'only1'],
      ['notes', 'only2'],
      undefined,
    ]);
  });

  it('uploads to the run are on the run only once their attempt completes', async () => {
    const harness = await aRetriedStep(3);
    harness.reportOf = ({ attempt }) => ({
      points: [],
      texts: [],
      artifacts: [anArtifact('own')],
      models: [],
      onRun: { artifacts: [anArtifact('summary'), anArtifact(`only${attempt}`)], models: [] },
    });
    const id = await harness.start();
    await harness.finish(id);
    const onRun = await harness.storage.tasks.runArtifacts(id, { limit: 10 });
    expect(onRun.map(({ name }) => name)).toEqual(['only3', 'summary']);
    const [step] = await harness.storage.tasks.steps(id, [0]);
    expect(step?.artifacts.map(({ name }) => name)).toEqual(['own']);
    // A run that takes over the result has the uploads to the run, too.
    expect(step?.runOutputs?.artifacts.map(({ name }) => name)).toEqual(['summary', 'only3']);
    expect(step?.attempts[0]?.artifacts?.map(({ name }) => name)).toEqual([
      'summary',
      'only1',
      'own',
    ]);
  });

  it('uploads to the run of a step that fails for good are on the step', async () => {
    const harness = new ControllerHarness(
      { components: { train: {} }, main: async (logic) => void (await logic.call('train')) },
      () => new Error('bad'),
    );
    harness.reportOf = () => ({
      points: [],
      texts: [],
      artifacts: [],
      models: [],
      onRun: { artifacts: [anArtifact('summary')], models: [] },
    });
    const id = await harness.start();
    await harness.finish(id);
    expect(await harness.storage.tasks.runArtifacts(id, { limit: 10 })).toEqual([]);
    const [step] = await harness.storage.tasks.steps(id, [0]);
    expect(step).toMatchObject({ status: 'failed', artifacts: [{ name: 'summary' }] });
  });

  it('monitored points of the run are those of the attempt that counts', async () => {
    const harness = await aRetriedStep(2);
    harness.reportOf = ({ attempt }) => ({
      points: [point(attempt)],
      texts: [],
      artifacts: [],
      models: [],
      onRun: { artifacts: [], models: [] },
    });
    const id = await harness.start();
    await harness.finish(id);
    const { points } = await harness.storage.tasks.runPoints(id);
    expect(points.map(({ value }) => value)).toEqual([2]);
  });
});

describe('the points of a run', () => {
  const attempt = (generation: number, number: number) => ({
    call: 3,
    generation,
    attempt: number,
  });
  const reports = [
    { id: 'logic.0.1', points: [point(0)] },
    { id: stepReportId(attempt(0, 2), 0), points: [point(1)] },
    { id: attemptStartId(attempt(1, 1)), points: [] },
    { id: stepReportId(attempt(0, 2), 1), points: [point(2)] },
    { id: stepReportId(attempt(1, 1), 0), points: [point(3)] },
  ];

  it('a report of a replaced attempt that arrives late does not count, also after a resume', () => {
    expect(countedPoints(reports).points.map(({ value }) => value)).toEqual([0, 3]);
  });

  it('a marker that is recorded twice changes nothing', () => {
    expect(
      countedPoints([...reports, ...reports.slice(2, 3)]).points.map(({ value }) => value),
    ).toEqual([0, 3]);
  });

  it('each point names the call that reported it; a marker names a call that took over its points', () => {
    const taken = takenOverId(attempt(2, 1));
    expect(countedPoints([...reports, { id: taken, points: [] }])).toEqual({
      points: [{ ...point(0), call: null }],
      takenOver: [3],
    });
    expect(countedPoints(reports)).toMatchObject({
      points: [{ call: null }, { call: 3 }],
      takenOver: [],
    });
  });

  it('a marker of a result that was taken over does not count once the step is executed again', () => {
    const markers = [takenOverId(attempt(0, 1)), attemptStartId(attempt(1, 1))];
    for (const order of [markers, [...markers].reverse()])
      expect(countedPoints(order.map((id) => ({ id, points: [] }))).takenOver).toEqual([]);
  });
});
