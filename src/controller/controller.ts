/**
 * The controller: one batch of a run's transitions in, writes and launches out.
 *
 * 1. It is the only writer of runs and steps (rule 1). A batch that fails is delivered again and decides the same.
 * 2. What a dead controller wrote but perhaps did not do (launches, terminations) is done before anything else (rule 2).
 * 3. A turn drains: all that follows from its batch happens in it, in bounded commits; one that outgrows its time goes on in the next (rule 7).
 *
 * @module
 */

import type { RunId } from '../model/ids.ts';
import { isTerminalRun } from '../model/run.ts';
import type { Transition } from '../model/transition.ts';
import {
  type ControllerContext,
  type ControllerPorts,
  type ControllerSettings,
  DEFAULT_SETTINGS,
} from './context.ts';
import { canEvaluateNow, evaluateLogic } from './logic/evaluation.ts';
import { onEvaluationClaimed, stopWaitingForAnswer } from './logic/external-evaluation.ts';
import { applyPendingRequests } from './restart/run-requests.ts';
import {
  completeRunIfFinished,
  failStuckRun,
  isStuck,
  mustStop,
  startRun,
  stopRun,
  stopSteps,
} from './run/run-lifecycle.ts';
import { changeTags } from './run/run-tags.ts';
import { sweep } from './run/sweep.ts';
import { onLeaseEnded, onTimer } from './run/timers.ts';
import { onFinished, onJobEnded, onReported, onStarted } from './steps/job-messages.ts';
import { tryLaunch } from './steps/scheduling.ts';
import { countNextEvent } from './steps/step-completion.ts';
import { commitAndLaunch, launchRecordedGroups } from './turn/launch.ts';
import { Turn } from './turn/turn.ts';

export interface Controller {
  /** Handles a batch of one run's transitions. Throws what a port throws: the batch is then to be delivered again. */
  handle(run: RunId, transitions: readonly Transition[]): Promise<void>;
}

export function createController(
  ports: ControllerPorts,
  settings: Partial<ControllerSettings> = {},
): Controller {
  const context: ControllerContext = { ...ports, settings: { ...DEFAULT_SETTINGS, ...settings } };
  /** The revision of each run whose launches and terminations this process is known to have done. */
  const sideEffectRevisions = new Map<RunId, number>();

  return {
    async handle(id, batch) {
      const found = await context.tasks.run(id);
      if (found === undefined) return;
      const { run, transitions } = await applyPendingRequests(context, found, batch);
      const turn = new Turn(context, run);
      try {
        if (sideEffectRevisions.get(id) !== run.head.revision && !abortsCrashedRun(transitions))
          await repeatSideEffects(turn);
        await turn.load([
          ...new Set(
            transitions.flatMap((transition) => ('call' in transition ? [transition.call] : [])),
          ),
        ]);
        for (const transition of transitions) await dispatch(turn, transition);
        await drain(turn);
        if (isTerminalRun(turn.head.status)) sideEffectRevisions.delete(id);
        else sideEffectRevisions.set(id, turn.head.revision);
      } catch (error) {
        sideEffectRevisions.delete(id);
        context.evaluator.drop(id);
        throw error;
      }
    },
  };
}

/** What the last turn wrote it may have died before doing: it is done again, which is harmless. */
async function repeatSideEffects(turn: Turn): Promise<void> {
  await launchRecordedGroups(turn);
  if (turn.head.status === 'aborting')
    await stopSteps(turn, 'the run is being aborted', () => false);
}

/** A dead engine's run is to be aborted: what it had not launched yet stays so. */
const abortsCrashedRun = (transitions: readonly Transition[]): boolean =>
  transitions.some(({ kind }) => kind === 'run.abort') &&
  transitions.some((transition) => transition.kind === 'run.sweep' && transition.unknownJobsLost);

async function dispatch(turn: Turn, transition: Transition): Promise<void> {
  if (transition.kind === 'run.tags') return changeTags(turn, transition);
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
    case 'run.sweep':
      startRun(turn);
      if (turn.head.status === 'aborting')
        await stopSteps(turn, 'the run is being aborted', () => false);
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
    case 'job.ended':
      return onJobEnded(turn, transition);
    case 'timer.fired':
      // A run whose `run.created` was lost begins with its sweep.
      if (transition.timer === 'sweep') startRun(turn);
      return onTimer(turn, transition);
    case 'lease.ended':
      return onLeaseEnded(turn, transition);
    case 'logic.claimed':
      return onEvaluationClaimed(turn, transition);
    case 'logic.answered':
      return stopWaitingForAnswer(turn);
  }
}

/** Does all that follows, until nothing does. */
async function drain(turn: Turn): Promise<void> {
  const { settings, clock } = turn.context;
  const deadline = clock.now() + settings.drainTimeoutMs;
  const isFull = (): boolean => turn.writeCount >= settings.maxCommitWrites;
  while (true) {
    if (!(await advance(turn, isFull))) {
      await commitAndLaunch(turn);
      if (!hasWork(turn)) return;
    } else if (isFull() && turn.ready.length === 0) {
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

/** One piece of work; false if there is none. */
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
