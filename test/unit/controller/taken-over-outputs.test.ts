import { describe, expect, it } from 'vitest';
import { createRerun } from '../../../src/controller/restart/rerun.ts';
import { resumeRun } from '../../../src/controller/restart/resume.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import {
  readRunPoints,
  readStepPoints,
  recordedOutputs,
} from '../../../src/ports/reported-outputs.ts';
import { anArtifact } from '../../conformance/records.ts';
import { ControllerHarness, type JobOutcome } from './harness.ts';
import type { Logic, Script } from './logic.ts';

const TRAIN: Script['components'][string] = {
  cache: true,
  monitorMetrics: [
    [
      ['loss', 'train'],
      ['quality', 'loss'],
    ],
  ],
  monitorArtifacts: [['notes', 'trained notes']],
  monitorModels: [],
};

/** Two trainings and a step after them. Each training reports its argument as its loss. */
const SCRIPT: Script = {
  components: { train: TRAIN, best: {} },
  main: async (logic) => {
    const first = logic.call('train', 1);
    const second = logic.call('train', 2);
    await first;
    await second;
    return logic.call('best', first, second);
  },
};

function aHarness(
  script: Script = SCRIPT,
  outcome: JobOutcome = () => 1,
  storage?: ControllerHarness['storage'],
) {
  const harness = new ControllerHarness(script, outcome, storage);
  harness.reportOf = ({ step, attempt }: StepSpec) => ({
    points: step.startsWith('train')
      ? [0, 1].map((iteration) => ({
          title: 'loss',
          series: 'train',
          iteration,
          value: (step === 'train' ? 1 : 2) + 10 * attempt,
          at: 1,
        }))
      : [],
    texts: [],
    artifacts: step.startsWith('train') ? [anArtifact('notes')] : [],
    models: [],
    onRun: { artifacts: step === 'train' ? [anArtifact('uploaded')] : [], models: [] },
  });
  return harness;
}

const pointsOf = async ({ ports, storage }: ControllerHarness, run: RunId) =>
  (await readRunPoints({ tasks: ports.tasks, queries: storage.tasks }, run)).map(
    ({ step, title, series, iteration, value }) =>
      `${step} ${title}/${series} ${iteration} ${value}`,
  );

const EXPECTED_POINTS = [
  'train quality/loss 0 11',
  'train quality/loss 1 11',
  'train_1 quality/loss 0 12',
  'train_1 quality/loss 1 12',
];

const runArtifacts = async ({ storage }: ControllerHarness, run: RunId) =>
  (await storage.tasks.runArtifacts(run, { limit: 10 })).map(({ name }) => name);

async function rerunOf(
  harness: ControllerHarness,
  source: RunId,
  id: string,
  step: string,
  sameCode: boolean,
) {
  const info = { ...harness.info({}, id), rerunOf: source };
  await createRerun(harness.ports, source, info, { step, sameCode });
  await harness.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
  expect((await harness.finish(info.id)).head.status).toBe('completed');
  return info.id;
}

describe('monitored outputs of a run', () => {
  it('points of two calls that a monitor gives one name stay apart by step', async () => {
    const harness = aHarness();
    const run = await harness.start();
    expect(await pointsOf(harness, run)).toEqual(EXPECTED_POINTS);
  });

  it('a run whose steps are all cached has the points and artifacts of their origin', async () => {
    const first = aHarness();
    const run = await first.start();
    const second = aHarness(SCRIPT, () => 1, first.storage);
    const cached = second.info({}, '2'.repeat(26));
    await second.start({}, cached.id);
    const steps = await second.steps(cached.id);
    expect(steps.map(({ status }) => status)).toEqual(['cached', 'cached', 'completed']);
    expect(await pointsOf(second, cached.id)).toEqual(EXPECTED_POINTS);
    expect(await runArtifacts(second, cached.id)).toEqual(['trained notes', 'uploaded']);
    const records = { tasks: second.ports.tasks, queries: second.storage.tasks };
    const [step] = steps;
    if (step === undefined) throw new Error('no step');
    expect((await readStepPoints(records, cached.id, step)).map(({ value }) => value)).toEqual([
      11, 11,
    ]);
    // The origin is removed: the step stays, and its points are gone.
    await first.storage.tasks.remove(run);
    expect(await readStepPoints(records, cached.id, step)).toEqual([]);
    expect(await pointsOf(second, cached.id)).toEqual([]);
    expect(await recordedOutputs(records).originRun(run)).toBeUndefined();
  });

  for (const sameCode of [true, false])
    it(`a rerun ${sameCode ? 'with the stored code' : 'with new code'} has the points and artifacts of the steps that it takes over, and names their run`, async () => {
      const harness = aHarness();
      const source = await harness.start();
      const run = await rerunOf(harness, source, '2'.repeat(26), 'best', sameCode);
      expect(await pointsOf(harness, run)).toEqual(EXPECTED_POINTS);
      expect(await runArtifacts(harness, run)).toEqual(['trained notes', 'uploaded']);
      expect((await harness.steps(run)).map(({ adoptedFrom }) => adoptedFrom)).toEqual([
        { run: source, step: 'train' },
        { run: source, step: 'train_1' },
        undefined,
      ]);
      expect(
        harness.statusEvents.filter(
          (event) => event.kind === 'step' && event.run === run && event.adoptedFrom !== undefined,
        ).length,
      ).toBe(sameCode ? 0 : 2);
      // A rerun of the rerun names the run that executed the step.
      const second = await rerunOf(harness, run, '3'.repeat(26), 'best', sameCode);
      expect((await harness.steps(second)).map(({ adoptedFrom }) => adoptedFrom?.run)).toEqual([
        source,
        source,
        undefined,
      ]);
      expect(await pointsOf(harness, second)).toEqual(EXPECTED_POINTS);
    });

  it('a step that runs again in a rerun is not taken over, and has its own points only', async () => {
    const harness = aHarness();
    const source = await harness.start();
    const first = await rerunOf(harness, source, '2'.repeat(26), 'best', true);
    const again: Script = {
      main: SCRIPT.main,
      components: { train: { ...TRAIN, cache: false }, best: {} },
    };
    const uncached = aHarness(again);
    const other = await uncached.start();
    const run = await rerunOf(uncached, other, '4'.repeat(26), 'train_1', true);
    expect((await uncached.steps(run)).map(({ adoptedFrom }) => adoptedFrom?.run)).toEqual([
      other,
      undefined,
      undefined,
    ]);
    expect((await pointsOf(uncached, run)).sort()).toEqual(EXPECTED_POINTS);
    expect(first).not.toBe(run);
  });

  it('a step that a resume calls under another number keeps its points, once', async () => {
    let broken = true;
    const harness = aHarness(
      {
        components: { train: { ...TRAIN, cache: false }, best: {}, notify: {} },
        main: async (logic) => {
          try {
            await logic.call('best');
          } catch (error) {
            await logic.call('notify');
            await logic.call('train', 1);
            throw error;
          }
          return logic.call('train', 1);
        },
      },
      (spec) => (spec.step === 'best' && broken ? new Error('broken') : 1),
    );
    const run = await harness.start();
    broken = false;
    await resumeRun(harness.ports, run);
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect(await pointsOf(harness, run)).toEqual(EXPECTED_POINTS.slice(0, 2));
  });
});

const report = (logic: Logic, iteration: number): void =>
  logic.command({
    kind: 'point',
    title: 'progress',
    series: 'done',
    iteration,
    value: iteration + 1,
  });

describe('outputs of the logic', () => {
  it('a rerun with the stored code has what the logic reported before its first step', async () => {
    const harness = aHarness({
      components: { a: {}, b: {} },
      main: async (logic) => {
        report(logic, 0);
        await logic.call('a');
        report(logic, 1);
        await logic.call('b');
        report(logic, 2);
      },
    });
    const source = await harness.start();
    const run = await rerunOf(harness, source, '2'.repeat(26), 'b', true);
    expect(await pointsOf(harness, run)).toEqual([
      'null progress/done 0 1',
      'null progress/done 1 2',
      'null progress/done 2 3',
    ]);
  });
});
