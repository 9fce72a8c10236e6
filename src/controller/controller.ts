/**
 * The controller: handles one batch of transitions of a run, and produces commits and launches.
 *
 * A batch is handled in a `Turn`, the unit of work. Decisions are functions that read a run through
 * the turn and record changes in it; some of them are pure (`turn/attempts.ts`,
 * `turn/step-counters.ts`, `turn/groups.ts`). All IO is behind the ports of `context.ts`.
 *
 * 1. The controller is the only writer of runs and steps (rule 1). A batch that fails is delivered
 *    again, and the same decisions are made.
 * 2. Side effects of the last commit (launches, terminations) are repeated first, because the
 *    process that wrote the commit may have crashed before it carried them out (rule 2). Launches
 *    whose jobs cannot be found are repeated only if the batch may follow such a crash, and so are
 *    events (`run/repeated-events.ts`).
 * 3. A turn drains: it handles everything that follows from its batch, in bounded commits. A drain
 *    that exceeds its time continues in the next turn (rule 7).
 * 4. A run fails if a record of it can never be stored, or if a batch fails because of a defect
 *    each time, and the batch is dropped.
 *
 * @module
 */

import type { RunId } from '../model/ids.ts';
import { isTerminalRun } from '../model/run.ts';
import type { Transition } from '../model/transition.ts';
import { RecordRejectedError } from '../ports/tasks.ts';
import { onChildChanged, reportToParent, stopOrphan } from './children/child-run-steps.ts';
import {
  type ControllerContext,
  type ControllerPorts,
  type ControllerSettings,
  DEFAULT_SETTINGS,
} from './context.ts';
import { canEvaluateNow, evaluateLogic } from './logic/evaluation.ts';
import { onEvaluationClaimed, stopWaitingForAnswer } from './logic/external-evaluation.ts';
import { receiveSignal } from './logic/signals.ts';
import { applyPendingRequests } from './restart/run-requests.ts';
import { publishAgain } from './run/repeated-events.ts';
import { changeAnnotations } from './run/run-annotations.ts';
import {
  completeRunIfFinished,
  endOverdueRun,
  failStuckRun,
  isStuck,
  mustStop,
  startRun,
  stopRun,
  stopSteps,
} from './run/run-lifecycle.ts';
import { changeTags } from './run/run-tags.ts';
import { reasonToStop } from './run/stop-reason.ts';
import { sweep } from './run/sweep.ts';
import { onLeaseEnded, onTimer } from './run/timers.ts';
import {
  onFinished,
  onJobEnded,
  onJobWaiting,
  onReported,
  onStarted,
} from './steps/job-messages.ts';
import { acquireSlots, onLimitGranted, releaseSlots } from './steps/limits.ts';
import { onRedelivered } from './steps/redelivery.ts';
import { tryLaunch } from './steps/scheduling.ts';
import { countNextEvent } from './steps/step-completion.ts';
import { commitAndLaunch, type Delivery, launchRecordedGroups } from './turn/launch.ts';
import { Turn } from './turn/turn.ts';

export interface Controller {
  /**
   * Handles a batch of one run's transitions. An error of a port is thrown: deliver the batch
   * again.
   */
  handle(run: RunId, transitions: readonly Transition[], options?: HandleOptions): Promise<void>;
  /** Fails the run as it is on record, because a batch of it cannot be handled (4). */
  fail(run: RunId, error: Error): Promise<void>;
}

export interface HandleOptions {
  /**
   * Whether a turn may have failed since the last one that completed. False only if batches of the
   * run are delivered one after the other, a failed one before any later one, and this one for the
   * first time. Default: true.
   */
  readonly isRepeated?: boolean;
  /**
   * If the batch is repeated, events that notifications report are published again: a turn that
   * failed may not have published them. Default: false, for callers that publish within their process.
   */
  readonly publishesAgain?: boolean;
  /** All transitions of the run that were received, also those behind the batch. */
  readonly received?: readonly Transition[];
}

export function createController(
  ports: ControllerPorts,
  settings: Partial<ControllerSettings> = {},
): Controller {
  const context: ControllerContext = { ...ports, settings: { ...DEFAULT_SETTINGS, ...settings } };
  /** By run, the revision whose side effects this process has carried out. */
  const sideEffectRevisions = new Map<RunId, number>();

  return {
    async handle(id, batch, { isRepeated = true, publishesAgain = false, received = batch } = {}) {
      const found = await context.tasks.run(id);
      if (found === undefined) return;
      const { run, transitions } = await applyPendingRequests(context, found, batch);
      const turn = new Turn(context, run);
      const wasQueued = run.head.status === 'queued';
      const mayHaveFailed = sideEffectRevisions.get(id) !== run.head.revision;
      const republishes = isRepeated && publishesAgain;
      try {
        if (mayHaveFailed && !abortsCrashedRun(transitions))
          await repeatSideEffects(turn, { received, isRepeated });
        if (mayHaveFailed && republishes) await publishAgain(turn);
        await turn.load([
          ...new Set(
            transitions.flatMap((transition) => ('call' in transition ? [transition.call] : [])),
          ),
        ]);
        for (const transition of transitions) await dispatch(turn, transition);
        endOverdueRun(turn);
        await drain(turn);
        await reportToParent(context, turn, wasQueued && turn.head.status !== 'queued');
        // The next message of a repeated batch finds that nothing is left to publish.
        if (isTerminalRun(turn.head.status) && !republishes) sideEffectRevisions.delete(id);
        else sideEffectRevisions.set(id, turn.head.revision);
      } catch (error) {
        sideEffectRevisions.delete(id);
        context.evaluator.drop(id);
        if (!(error instanceof RecordRejectedError)) throw error;
        await failRun(context, id, error);
      }
    },
    async fail(id, error) {
      context.evaluator.drop(id);
      sideEffectRevisions.delete(id);
      await failRun(context, id, error);
    },
  };
}

/** Fails the run as it is on record, without the changes that the store refuses (4). */
async function failRun(
  context: ControllerContext,
  id: RunId,
  { name, message }: Pick<RecordRejectedError, 'name' | 'message'>,
): Promise<void> {
  const run = await context.tasks.run(id);
  if (run === undefined || isTerminalRun(run.head.status)) return;
  const turn = new Turn(context, run);
  turn.head.abortOutcome ??= { status: 'failed', error: { name, message } };
  turn.markHeadChanged();
  await drain(turn);
  await reportToParent(context, turn, false);
}

/** Repeats the side effects of the last commit (2), which is harmless. */
async function repeatSideEffects(turn: Turn, delivery: Delivery): Promise<void> {
  await launchRecordedGroups(turn, delivery);
  await releaseSlots(turn, turn.head.endedSlots ?? []);
  if (turn.head.status === 'aborting') await stopSteps(turn, reasonToStop(turn), () => false);
}

/** The run of a crashed engine is to be aborted: its unlaunched groups are not launched. */
const abortsCrashedRun = (transitions: readonly Transition[]): boolean =>
  transitions.some(({ kind }) => kind === 'run.abort') &&
  transitions.some((transition) => transition.kind === 'run.sweep' && transition.unknownJobsLost);

async function dispatch(turn: Turn, transition: Transition): Promise<void> {
  if (transition.kind === 'run.tags') return changeTags(turn, transition);
  if (transition.kind === 'run.annotations') return changeAnnotations(turn, transition);
  if (transition.kind === 'limit.granted') return onLimitGranted(turn, transition);
  if (transition.kind === 'child.changed' && (await stopOrphan(turn, transition))) return;
  if (isTerminalRun(turn.head.status))
    return turn.afterCommit(async () => turn.context.evaluator.drop(turn.id));
  switch (transition.kind) {
    case 'run.created':
      return startRun(turn);
    case 'run.abort':
      if (transition.generation !== undefined && transition.generation !== turn.head.generation)
        return;
      turn.head.abortReason ??= transition.reason;
      return turn.markHeadChanged();
    case 'run.signal':
      startRun(turn);
      return receiveSignal(turn, transition);
    case 'run.sweep':
      startRun(turn);
      if (turn.head.status === 'aborting') await stopSteps(turn, reasonToStop(turn), () => false);
      return sweep(turn, transition.unknownJobsLost);
    case 'run.continue':
    case 'run.resume':
      return;
    case 'started':
      return onStarted(turn, transition);
    case 'reported':
      return onReported(turn, transition);
    case 'finished':
      return onFinished(turn, transition);
    case 'redelivered':
      return onRedelivered(turn, transition);
    case 'job.ended':
      return onJobEnded(turn, transition);
    case 'job.waiting':
      return onJobWaiting(turn, transition);
    case 'timer.fired':
      // If `run.created` was lost, the run starts with its first sweep.
      if (transition.timer === 'sweep') startRun(turn);
      return onTimer(turn, transition);
    case 'child.changed':
      return onChildChanged(turn, transition);
    case 'lease.ended':
      return onLeaseEnded(turn, transition);
    case 'logic.claimed':
      return onEvaluationClaimed(turn, transition);
    case 'logic.answered':
      return stopWaitingForAnswer(turn);
  }
}

/** Works until nothing is left to do, or the time of the drain is over (3). */
async function drain(turn: Turn): Promise<void> {
  const { settings, clock } = turn.context;
  const deadline = clock.now() + settings.drainTimeoutMs;
  const isFull = (): boolean => turn.writeCount >= settings.maxCommitWrites;
  while (true) {
    if (!(await advance(turn, isFull))) {
      await commitAndLaunch(turn);
      if (!hasWork(turn)) return;
    } else if (isFull() && turn.ready.length + turn.slotRequests.size === 0) {
      await commitAndLaunch(turn);
      if (clock.now() > deadline)
        return turn.context.transitions.send([
          { kind: 'run.continue', run: turn.id, cursor: `${turn.head.revision}` },
        ]);
    }
  }
}

const hasWork = (turn: Turn): boolean =>
  isRunning(turn) &&
  (turn.head.countedEvents < turn.head.eventCount || canEvaluateNow(turn) || mustStop(turn));

const isRunning = ({ head }: Turn): boolean => head.status === 'running';

/** Does one piece of work; false if there is none. */
async function advance(turn: Turn, isFull: () => boolean): Promise<boolean> {
  const { head, ready } = turn;
  if (mustStop(turn)) {
    await commitAndLaunch(turn);
    await stopRun(turn, isFull);
    return true;
  }
  if (!isRunning(turn)) {
    await completeRunIfFinished(turn);
    return false;
  }
  const call = ready.shift();
  if (call !== undefined) {
    await tryLaunch(turn, call);
    return true;
  }
  if (turn.slotRequests.size > 0) {
    await acquireSlots(turn);
    return true;
  }
  if (head.countedEvents < head.eventCount) {
    await countNextEvent(turn, isFull);
    return true;
  }
  if (canEvaluateNow(turn)) {
    await evaluateLogic(turn);
    return true;
  }
  await completeRunIfFinished(turn);
  if (!isStuck(turn)) return false;
  await commitAndLaunch(turn);
  await failStuckRun(turn);
  return true;
}
