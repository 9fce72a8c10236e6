import { describe, expect, it } from 'vitest';
import { keepPlan, type PlannedCalls } from '../../../../console/src/forms/keep-plan.ts';
import type { StepStatus } from '../../../../src/model/step.ts';

const run = (
  ...steps: readonly (readonly [component: string, status: StepStatus])[]
): PlannedCalls => ({
  callCount: steps.length,
  statusOf: (call) => steps[call]?.[1] ?? 'pending',
  componentOf: (call) => steps[call]?.[0] ?? '',
});

const failedRun = run(
  ['load', 'completed'],
  ['prep', 'cached'],
  ['prep', 'completed'],
  ['train', 'completed'],
  ['train', 'failed'],
  ['report', 'skipped'],
  ['report', 'superseded'],
);

describe('what a restart keeps', () => {
  it('a resume keeps completed and cached steps and executes failed and skipped ones again', () => {
    expect(keepPlan(failedRun, { kind: 'resume' })).toEqual({
      kept: [
        { component: 'load', calls: 1 },
        { component: 'prep', calls: 2 },
        { component: 'train', calls: 1 },
      ],
      again: [
        { component: 'train', calls: 1 },
        { component: 'report', calls: 1 },
      ],
      keptCalls: 4,
      againCalls: 2,
    });
  });

  it('a rerun from a step keeps what completed before its first call', () => {
    expect(keepPlan(failedRun, { kind: 'rerun', from: 3 })).toMatchObject({
      keptCalls: 3,
      againCalls: 3,
    });
  });

  it('a rerun without a step keeps nothing', () => {
    expect(keepPlan(failedRun, { kind: 'rerun', from: undefined })).toMatchObject({
      kept: [],
      againCalls: 6,
    });
  });

  it('a rerun of mended code keeps every completed step', () => {
    expect(keepPlan(failedRun, { kind: 'keepCompleted' })).toMatchObject({ keptCalls: 4 });
  });
});
