/**
 * The rules of child runs: checked when a world has run.
 *
 * @module
 */
import { childRunId } from '../../src/model/child-run-ids.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { Attempt, Step } from '../../src/model/step.ts';
import { describeStep, type MirroredRun } from './mirror.ts';
import { INPUTS } from './program.ts';
import { demand } from './violation.ts';

/** The most that a clock of a world is fast or slow. */
const MAX_SKEW_MS = 500;

export interface ChildRunsOfWorld {
  readonly runs: ReadonlyMap<RunId, MirroredRun>;
  /** An abort of the run was requested. */
  wasStopped(run: RunId): boolean;
}

/** The attempts of a step agree with their child runs. */
export function judgeChildRuns(run: MirroredRun, step: Step, world: ChildRunsOfWorld): void {
  if (run.adoptedCalls.has(step.call)) return;
  for (const attempt of step.attempts) judgeAttempt(run, step, attempt, world);
}

function judgeAttempt(
  run: MirroredRun,
  step: Step,
  attempt: Attempt,
  world: ChildRunsOfWorld,
): void {
  const child = world.runs.get(childRunId(attempt.job));
  const where = (): string =>
    `${describeStep(step)} of run ${run.index}, attempt ${attempt.number}: the attempt is ${attempt.status}, its child run ${child?.index} is ${child?.head.status ?? 'missing'}; ${attempt.reason}`;
  if (attempt.status === 'completed' || attempt.status === 'failed') {
    const statuses = attempt.status === 'completed' ? ['completed'] : ['failed', 'aborted'];
    demand(
      child !== undefined && statuses.includes(child.head.status),
      'an attempt has the outcome of its child run',
      where,
    );
  }
  if (attempt.status === 'completed' && attempt === step.attempts.at(-1))
    demand(
      JSON.stringify(step.values) === JSON.stringify([child?.head.result]),
      'a step has the result of its child run',
      () => `${where()}: ${JSON.stringify(step.values)}, ${JSON.stringify(child?.head.result)}`,
    );
  if (attempt.status === 'aborted' && child !== undefined)
    demand(
      world.wasStopped(child.info.id) || endedBefore(child, attempt),
      'the child run of a step that was stopped is stopped',
      where,
    );
}

/** The child run had ended by itself, which its parent did not know when the step was stopped. */
const endedBefore = ({ head }: MirroredRun, { endedAt }: Attempt): boolean =>
  head.endedAt !== null && endedAt !== undefined && head.endedAt <= endedAt + 2 * MAX_SKEW_MS;

/** @param args the values that the call passed: a program and inputs */
export function judgeChildArguments(
  run: MirroredRun,
  step: Step,
  [program, ...inputs]: readonly unknown[],
  { runs }: Pick<ChildRunsOfWorld, 'runs'>,
): void {
  if (run.adoptedCalls.has(step.call)) return;
  const named = Object.fromEntries(INPUTS.map((name, index) => [name, inputs[index]]));
  const expected = JSON.stringify({ program, ...named });
  for (const { job } of step.attempts) {
    const child = runs.get(childRunId(job));
    if (child === undefined) continue;
    demand(
      JSON.stringify(child.info.args) === expected,
      'a child run has the arguments of its call',
      () =>
        `${describeStep(step)} of run ${run.index}: ${JSON.stringify(child.info.args)} against ${expected}`,
    );
  }
}

/** A child run is that of an attempt on record. */
export function judgeParent(
  { info: { id, parent }, index }: MirroredRun,
  { runs }: Pick<ChildRunsOfWorld, 'runs'>,
): void {
  if (parent === undefined) return;
  const parentRun = runs.get(parent.run);
  const steps = [...(parentRun?.steps.values() ?? []), ...(parentRun?.archived.values() ?? [])];
  const isRecorded = steps.some(({ attempts }) =>
    attempts.some(({ job }) => job.name === parent.job.name && job.index === parent.job.index),
  );
  demand(
    id === childRunId(parent.job) &&
      (isRecorded || parentRun === undefined || parentRun.head.generation > 0),
    'a child run belongs to an attempt',
    () => `run ${index} has the parent ${JSON.stringify(parent)}`,
  );
}
