/**
 * How a step ends, and what its end means to its children.
 *
 * 1. A step's end is told once: by one event of the history, after its post-execute callback.
 * 2. Children are counted in the order of events; `head.counted` is how far that came, so a dead controller's work is found in the history.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import { isCompletionEvent } from '../../model/history.ts';
import { isTerminalStep, type Step } from '../../model/step.ts';
import { allowsChildren, countParent, rootCause } from '../turn/step-counters.ts';
import type { Turn } from '../turn/turn.ts';
import { copyMonitoredOutputs } from './monitors.ts';
import { publishOrReleaseLease } from './step-cache.ts';

/** The step ended by itself: completed, cached, failed for good, or aborted. Its post-execute callback comes first. */
export async function completeStep(turn: Turn, step: Step): Promise<void> {
  await publishOrReleaseLease(turn, step);
  copyMonitoredOutputs(turn, step);
  const terminalStep: Step = { ...step, holdsLease: false, endedAt: turn.context.clock.now() };
  const hasCallback =
    step.status !== 'aborted' &&
    turn.head.status !== 'aborting' &&
    turn.declaration(step).callbacks.includes('postExecute');
  if (!hasCallback) return recordCompletion(turn, terminalStep);
  turn.requestCallback(turn.put({ ...terminalStep, waitingFor: 'postExecute' }), {
    kind: 'postExecute',
  });
}

/** Skipped because `blocker` did not succeed. */
export async function skipStep(turn: Turn, step: Step, blocker: Step): Promise<void> {
  const cause = rootCause(blocker);
  await recordCompletion(turn, {
    ...step,
    status: 'skipped',
    cause,
    endedAt: turn.context.clock.now(),
  });
}

/** Skipped because its own pre-execute callback said so. */
export const skipByCallback = (turn: Turn, step: Step): Promise<void> =>
  recordCompletion(turn, {
    ...step,
    status: 'skipped',
    cause: null,
    endedAt: turn.context.clock.now(),
  });

/** Puts the end into the history: from here on its children and the logic know. */
export async function recordCompletion(turn: Turn, step: Step): Promise<void> {
  const { continueBehaviour } = turn.declaration(step);
  const tolerated =
    step.status === 'failed'
      ? continueBehaviour.continueOnFail
      : step.status === 'aborted'
        ? continueBehaviour.continueOnAbort
        : false;
  const recorded = turn.put({
    ...step,
    waitingFor: 'none',
    tolerated,
    handled: step.handled || step.awaited,
  });
  turn.append(await completionEventOf(turn, recorded));
  if (recorded.awaited) {
    turn.head.evaluationDue = true;
    if (recorded.cause !== null) await markHandled(turn, recorded.cause);
  }
  const failed = recorded.status === 'failed' || recorded.status === 'aborted';
  if (
    failed &&
    !tolerated &&
    turn.info.declaration.abortOnFailure &&
    turn.head.status === 'running'
  ) {
    turn.head.abortOutcome = { status: 'failed', error: abortOnFailureError(recorded) };
  }
}

const abortOnFailureError = (step: Step): ErrorRecord => ({
  name: 'StepFailedError',
  message: `step ${step.name} ${step.status}, and the pipeline has abortOnFailure`,
  step: step.name,
  ...(step.error === null ? {} : { cause: step.error }),
});

async function completionEventOf(turn: Turn, step: Step): Promise<Parameters<Turn['append']>[0]> {
  const { call, name } = step;
  switch (step.status) {
    case 'completed':
    case 'cached':
      return { kind: 'completed', call, values: step.values ?? [] };
    case 'failed':
      return {
        kind: 'failed',
        call,
        step: name,
        error: step.error ?? { name: 'Error', message: 'no reason is on record' },
        attempts: step.attempts.length,
      };
    case 'aborted':
      return { kind: 'aborted', call, step: name };
    case 'skipped':
      return {
        kind: 'skipped',
        call,
        step: name,
        cause: step.cause === null ? null : (await turn.requireStep(step.cause)).name,
      };
    default:
      throw new Error(`step ${name} is ${step.status}: it has no completion to record`);
  }
}

/** Somebody looks at a failed step, or at one skipped because of it: it is for the logic to judge. */
export async function markHandled(turn: Turn, call: number): Promise<void> {
  const step = await turn.requireStep(call);
  if (!step.handled) turn.put({ ...step, handled: true });
}

/**
 * Counts the end that event `head.counted` tells into its children: whose last parent it was become ready, or are skipped.
 * Stops between two pages of a step with very many children when the turn is `full`; the next call goes on there.
 */
export async function countNextEvent(turn: Turn, isFull: () => boolean): Promise<void> {
  const { head } = turn;
  const event = await turn.event(head.countedEvents);
  turn.markHeadChanged();
  if (event !== undefined && isCompletionEvent(event)) {
    const parent = await turn.requireStep(event.call);
    const blocker = allowsChildren(parent, turn.declaration(parent)) ? undefined : parent;
    for await (const { calls, onRecord } of turn.children(event.call, head.lastCountedChild)) {
      await turn.load(calls);
      for (const call of calls)
        await countIntoChild(turn, await turn.requireStep(call), head.countedEvents, blocker);
      if (onRecord) head.lastCountedChild = calls.at(-1) ?? head.lastCountedChild;
      if (isFull()) return;
    }
  }
  head.countedEvents += 1;
  head.lastCountedChild = -1;
}

async function countIntoChild(
  turn: Turn,
  child: Step,
  event: number,
  blocker: Step | undefined,
): Promise<void> {
  const counted = countParent(child, event);
  if (counted === undefined || isTerminalStep(child.status)) return;
  if (blocker !== undefined) return skipStep(turn, counted, blocker);
  turn.put(counted);
  if (counted.unmetParents === 0) turn.ready.push(counted.call);
}
