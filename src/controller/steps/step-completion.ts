/**
 * The completion of a step, and its effect on the step's children.
 *
 * 1. The completion of a step is recorded once, as one event of the history, after the post-execute
 *    callback.
 * 2. Completions are counted into children in the order of events. `head.countedEvents` is the
 *    position, so the work that a crashed controller left is found in the history.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import { isCompletionEvent } from '../../model/history.ts';
import { isTerminalStep, type Step } from '../../model/step.ts';
import { allowsChildren, countParent, rootCause } from '../turn/step-counters.ts';
import type { Turn } from '../turn/turn.ts';
import { recordMonitored } from './monitors.ts';
import { publishOrReleaseLease } from './step-cache.ts';

/**
 * Completes a step that is completed, cached, failed permanently or aborted. If it has a
 * post-execute callback, the completion is recorded after that.
 */
export async function completeStep(turn: Turn, step: Step): Promise<void> {
  await publishOrReleaseLease(turn, step);
  recordMonitored(turn, step, step.status === 'cached');
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

/** Skips a step because its parent `blocker` did not succeed. */
export async function skipStep(turn: Turn, step: Step, blocker: Step): Promise<void> {
  const cause = rootCause(blocker);
  await recordCompletion(turn, {
    ...step,
    status: 'skipped',
    cause,
    endedAt: turn.context.clock.now(),
  });
}

/** Skips a step because its pre-execute callback returned false. */
export const skipByCallback = (turn: Turn, step: Step): Promise<void> =>
  recordCompletion(turn, {
    ...step,
    status: 'skipped',
    cause: null,
    endedAt: turn.context.clock.now(),
  });

/** Appends the completion to the history, where the step's children and the logic observe it. */
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
    recorded.cancelled !== true &&
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
  class: 'HeadraceError',
  fields: { attempts: step.attempts.length },
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

/**
 * Marks a failure as handled: the logic awaits the step, or a step that was skipped because of it.
 */
export async function markHandled(turn: Turn, call: number): Promise<void> {
  const step = await turn.requireStep(call);
  if (!step.handled) turn.put({ ...step, handled: true });
}

/**
 * The failure of the awaited step, or the failure because of which it was skipped, reached no
 * handler.
 */
export async function markUnhandled(turn: Turn, call: number): Promise<void> {
  const awaited = await turn.requireStep(call);
  const failed =
    awaited.status === 'skipped' && awaited.cause !== null
      ? await turn.requireStep(awaited.cause)
      : awaited;
  if (failed.handled) turn.put({ ...failed, handled: false });
}

/**
 * Counts the completion at `head.countedEvents` into the children of its step. A child without
 * further incomplete parents becomes ready or is skipped. If the turn is full, it stops between two
 * pages of children; the next call continues there.
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
