/**
 * Routes Batch's events and delayed messages that are due to the queue of transitions.
 *
 * 1. A completion that the records already show is dropped. Most are, because the step's own last
 *    message arrived before.
 * 2. A success whose result is not on record is delayed and checked again: the result is probably
 *    on its way. Only then does the run receive it.
 * 3. The completion of an array decides nothing, but starts a sweep that checks whether the
 *    completions of all its members arrived.
 * 4. Events may arrive twice, late and in any order. The same completion is the same message, and a
 *    completion of an earlier attempt is dropped.
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

/** An authentic message whose transition this version does not know. */
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
  /** Handles an event of Batch. */
  onBatchEvent(event: unknown): Promise<void>;
  /** Handles the text of a message from the queue of delays. */
  onDelayedMessage(body: string): Promise<void>;
}

/** Longer than the delivery of a message. A message that SQS refused is in the store by then. */
const RESULT_DELAY_MS = 20_000;
const ARRAY_SWEEP_DELAY_MS = 60_000;
/** SQS counts delays in seconds. */
const EARLY_TOLERANCE_MS = 1000;
const MAX_CACHED_GROUPS = 200;

export const createTransitionRouter = (options: RouterOptions): TransitionRouter =>
  new RecordsRouter(options);

class RecordsRouter implements TransitionRouter {
  readonly #options: RouterOptions;
  /** Groups never change, and the completions of an array's members all need the same group. */
  readonly #groups = new Map<string, Group>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  async onBatchEvent(event: unknown): Promise<void> {
    const { transitions, delayQueue, clock, log } = this.#options;
    const evaluator = readEvaluatorCompletion(event);
    if (evaluator !== undefined)
      return transitions.send([
        { kind: 'logic.answered', run: evaluator.run, subject: evaluator.job },
      ]);
    const completion = readJobCompletion(event);
    if (completion === undefined)
      return log.warn('event ignored', { reason: 'it is no completion of a job of Headrace' });
    if (completion.job === undefined)
      return delayQueue.send([
        {
          transition: { kind: 'run.sweep', run: completion.run, unknownJobsLost: false },
          at: clock.now() + ARRAY_SWEEP_DELAY_MS,
        },
      ]);
    const ended = await this.#transitionOf(completion, completion.job);
    if (ended === undefined) return;
    if (completion.succeeded)
      await delayQueue.send([{ transition: ended, at: clock.now() + RESULT_DELAY_MS }]);
    else await transitions.send([ended]);
  }

  async onDelayedMessage(body: string): Promise<void> {
    const { transitions, delayQueue, secret, clock, log } = this.#options;
    const opened = open(body, secret);
    // SQS moves the message to the dead letters, from which a version that knows it can read it.
    if (!opened.ok && opened.isAuthentic) throw new UnknownTransitionError(opened.reason);
    if (!opened.ok) return log.warn('message dropped', { reason: opened.reason });
    const { transition, at = 0, deferrals } = opened;
    if (at - clock.now() > EARLY_TOLERANCE_MS)
      return delayQueue.send([{ transition, at, deferrals }]);
    if (transition.kind === 'job.ended' && !(await this.#isAttemptOpen(transition))) return;
    await transitions.send(
      [transition] satisfies readonly Transition[],
      deduplicationDiscriminator(at),
      deferrals,
    );
  }

  /** The transition of a member's completion; undefined if the run does not need it. */
  async #transitionOf(
    { run, containerId, exitCode, signal, fault, reason, at }: JobCompletion,
    submittedAs: JobIndex,
  ): Promise<TransitionOf<'job.ended'> | undefined> {
    const group = await this.#groupOf(run, submittedAs.name);
    const member = group?.members[submittedAs.index];
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
    return (await this.#isAttemptOpen(ended)) ? ended : undefined;
  }

  /** Whether the run still needs the completion of this attempt. */
  async #isAttemptOpen(ended: TransitionOf<'job.ended'>): Promise<boolean> {
    const { run, call, attempt, job, submittedAs } = ended;
    const [step] = await this.#options.tasks.steps(run, [call]);
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

  async #groupOf(run: RunId, name: string): Promise<Group | undefined> {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const group = await this.#options.tasks.group(run, name);
    if (group === undefined) return undefined;
    if (this.#groups.size >= MAX_CACHED_GROUPS) this.#groups.clear();
    this.#groups.set(name, group);
    return group;
  }
}
