/**
 * From Batch's events and from messages whose time has come to the queue of transitions.
 *
 * 1. What the records show as over is dropped: most ends of jobs are, because the step's own last word came before.
 * 2. A success whose result is not on record waits a little and is looked at again: the result is on its way. Only then does the run hear of it.
 * 3. The end of an array decides nothing; but somebody looks whether the ends of all of its members came.
 * 4. Events may come twice, late and in any order: the same end is the same message, and an end of an older attempt is dropped.
 *
 * @module
 */
import { HeadraceError } from '../../model/errors.ts';
import { isSameJob, type JobIndex, type RunId } from '../../model/ids.ts';
import { isTerminalStep } from '../../model/step.ts';
import type { Transition, TransitionOf } from '../../model/transition.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Group, Tasks } from '../../ports/tasks.ts';
import {
  type JobCompletion,
  readEvaluatorCompletion,
  readJobCompletion,
} from '../jobs/batch-events.ts';
import type { Log } from '../observability/log.ts';
import { type DelayQueue, deduplicationDiscriminator } from '../timers/timer-scheduler.ts';
import { open } from './envelope.ts';
import type { SqsTransitions } from './transition-queue.ts';

/** A message of ours that this version does not know. */
export class UnknownTransitionError extends HeadraceError {}

export interface RouterOptions {
  readonly tasks: Pick<Tasks, 'group' | 'steps'>;
  readonly transitions: SqsTransitions;
  readonly delayQueue: DelayQueue;
  readonly secret: Buffer;
  readonly clock: Clock;
  readonly log: Log;
}

export interface TransitionRouter {
  /** An event of Batch. */
  onBatchEvent(event: unknown): Promise<void>;
  /** The text of a message from the queue of delays. */
  onDelayedMessage(body: string): Promise<void>;
}

/** A message travels for less; one that SQS refused for minutes is in the store by then. */
const RESULT_DELAY_MS = 20_000;
const ARRAY_SWEEP_DELAY_MS = 60_000;
/** A delay is counted in seconds. */
const EARLY_TOLERANCE_MS = 1000;
const MAX_CACHED_GROUPS = 200;

export function createTransitionRouter({
  tasks,
  transitions,
  delayQueue,
  secret,
  clock,
  log,
}: RouterOptions): TransitionRouter {
  /** Groups never change: the ends of an array's members ask for one of them, thousands of times. */
  const groups = new Map<string, Group>();

  async function groupOf(run: RunId, name: string): Promise<Group | undefined> {
    const known = groups.get(name);
    if (known !== undefined) return known;
    const group = await tasks.group(run, name);
    if (group === undefined) return undefined;
    if (groups.size >= MAX_CACHED_GROUPS) groups.clear();
    groups.set(name, group);
    return group;
  }

  /** Whether the run still has to hear of the end of this attempt. */
  async function isAttemptOpen({
    run,
    call,
    attempt,
    job,
    submittedAs,
  }: TransitionOf<'job.ended'>): Promise<boolean> {
    const [step] = await tasks.steps(run, [call]);
    const last = step?.attempts.at(-1);
    if (
      step === undefined ||
      last === undefined ||
      isTerminalStep(step.status) ||
      step.status === 'pending'
    )
      return false;
    if (submittedAs !== undefined && !isSameJob(submittedAs, last.job)) return false;
    return last.number === attempt && (last.owner === undefined || last.owner === job);
  }

  async function completionOf(
    { run, containerId, exitCode, signal, fault, reason, at }: JobCompletion,
    submittedAs: JobIndex,
  ): Promise<TransitionOf<'job.ended'> | undefined> {
    const member = (await groupOf(run, submittedAs.name))?.members[submittedAs.index];
    if (member === undefined) return undefined;
    const { call, attempt } = member;
    const ended = {
      kind: 'job.ended' as const,
      run,
      call,
      attempt,
      job: containerId,
      submittedAs,
      exitCode,
      signal,
      fault,
      reason,
      at,
    };
    return (await isAttemptOpen(ended)) ? ended : undefined;
  }

  return {
    async onBatchEvent(event) {
      const evaluator = readEvaluatorCompletion(event);
      if (evaluator !== undefined)
        return transitions.send([
          { kind: 'logic.answered', run: evaluator.run, subject: evaluator.job },
        ]);
      const completion = readJobCompletion(event);
      if (completion === undefined)
        return log.warn('event ignored', { reason: 'it tells of no end of a job of ours' });
      if (completion.job === undefined)
        return delayQueue.send([
          {
            transition: { kind: 'run.sweep', run: completion.run, unknownJobsLost: false },
            at: clock.now() + ARRAY_SWEEP_DELAY_MS,
          },
        ]);
      const ended = await completionOf(completion, completion.job);
      if (ended === undefined) return;
      if (completion.succeeded)
        await delayQueue.send([{ transition: ended, at: clock.now() + RESULT_DELAY_MS }]);
      else await transitions.send([ended]);
    },

    async onDelayedMessage(body) {
      const opened = open(body, secret);
      // It is tried again, and then dead: whoever knows it can take it from there.
      if (!opened.ok && opened.isAuthentic) throw new UnknownTransitionError(opened.reason);
      if (!opened.ok) return log.warn('message dropped', { reason: opened.reason });
      const { transition, at = 0 } = opened;
      if (at - clock.now() > EARLY_TOLERANCE_MS) return delayQueue.send([{ transition, at }]);
      if (transition.kind === 'job.ended' && !(await isAttemptOpen(transition))) return;
      await transitions.send(
        [transition] satisfies readonly Transition[],
        deduplicationDiscriminator(at),
      );
    },
  };
}
