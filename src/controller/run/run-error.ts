/**
 * The error of a run that failed: its root cause first.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import type { Step } from '../../model/step.ts';
import type { Turn } from '../turn/turn.ts';

/**
 * The error with which the logic ended. Where it awaited a step that was skipped because another
 * one failed, the failure comes first. A step's error is the recorded one, with its positions.
 */
export async function errorOfLogic(turn: Turn, thrown: ErrorRecord): Promise<ErrorRecord> {
  const step = await stepOf(turn, thrown);
  if (step === undefined) return thrown;
  if (thrown.name === 'StepFailedError')
    return step.error === null ? thrown : { ...thrown, cause: step.error };
  if (thrown.name !== 'StepSkippedError' || step.cause === null) return thrown;
  const root = await turn.step(step.cause);
  if (root === undefined || (root.status !== 'failed' && root.status !== 'aborted')) return thrown;
  return stepError(root, `${step.name} was skipped because of it`);
}

/** Names one step whose failure was not handled, and counts the others. */
export async function unhandledFailuresError(turn: Turn): Promise<ErrorRecord> {
  const { unhandledFailures, failedStep } = turn.head;
  const step = failedStep === null ? undefined : await turn.step(failedStep);
  const others = step === undefined ? unhandledFailures : unhandledFailures - 1;
  const otherSteps =
    others === 0
      ? ''
      : `${others} ${step === undefined ? '' : 'more '}step${others === 1 ? '' : 's'}`;
  if (step === undefined)
    return {
      name: 'StepFailedError',
      message: `${otherSteps} failed, and nothing in the pipeline handled it`,
      class: 'HeadraceError',
    };
  return stepError(step, otherSteps === '' ? undefined : `and ${otherSteps} failed`);
}

const ERROR_NAMES = {
  failed: 'StepFailedError',
  aborted: 'StepAbortedError',
  cancelled: 'StepCancelledError',
} as const;

function stepError(step: Step, note: string | undefined): ErrorRecord {
  const description = `step ${step.name} ${step.status}${step.error === null ? '' : `: ${step.error.message}`}`;
  return {
    name: ERROR_NAMES[
      step.status === 'aborted' ? (step.cancelled === true ? 'cancelled' : 'aborted') : 'failed'
    ],
    message: note === undefined ? description : `${description} (${note})`,
    step: step.name,
    class: 'HeadraceError',
    ...(step.status === 'failed' ? { fields: { attempts: step.attempts.length } } : {}),
    ...(step.error === null ? {} : { cause: step.error }),
  };
}

/** The step that the error names. */
async function stepOf(turn: Turn, { step: name }: ErrorRecord): Promise<Step | undefined> {
  if (name === undefined) return undefined;
  for (const call of await turn.callsNamed(name)) {
    const step = await turn.step(call);
    if (step?.name === name) return step;
  }
  return undefined;
}
