/**
 * Routes Batch's events and delayed messages that are due to the queue of transitions.
 *
 * 1. A completion that the records already show is dropped. Many are, because the step's own last
 *    message arrived before.
 * 2. Only jobs that failed are reported (`batch-events.ts`). A success without a result, which no
 *    known fault causes, is found by the sweep of the run.
 * 3. The completion of an array decides nothing, but starts a sweep that checks whether the
 *    completions of all its members arrived.
 * 4. Events may arrive twice, late and in any order. The same completion is the same message, and a
 *    completion of an earlier attempt is dropped.
 * 5. A queue may count as blocked while it starts machines. The reason is delayed, and dropped if
 *    the job has started by then.
 * 6. Messages are handled in batches, one read and as few requests as possible for each run: a
 *    fan-out of thousands ends at once. The messages of a run that fails are received again; they
 *    may then be sent twice, which is harmless.
 *
 * @module
 */
import { HeadraceError } from '../../model/errors.ts';
import { isSameJob, type RunId } from '../../model/ids.ts';
import { isTerminalStep, type Step } from '../../model/step.ts';
import type { Transition, TransitionOf } from '../../model/transition.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Group, Tasks } from '../../ports/tasks.ts';
import {
  type BlockedJob,
  isBatchEvent,
  type JobCompletion,
  readBlockedJob,
  readEvaluatorCompletion,
  readJobCompletion,
} from '../jobs/batch-events.ts';
import { describeBlockedReason } from '../jobs/waiting-reasons.ts';
import { errorData, type Log } from '../observability/log.ts';
import {
  type DelayedTransition,
  type DelayQueue,
  deduplicationDiscriminator,
} from '../timers/timer-scheduler.ts';
import { open } from './envelope.ts';
import type { SentTransition, SqsTransitions } from './transition-queue.ts';

/** An authentic message whose transition this version does not know. */
export class UnknownTransitionError extends HeadraceError {}

export interface RouterOptions {
  readonly tasks: Pick<Tasks, 'group' | 'steps'>;
  readonly transitions: Pick<SqsTransitions, 'sendEach'>;
  readonly delayQueue: DelayQueue;
  readonly secret: Buffer;
  readonly clock: Clock;
  readonly log: Log;
}

/** A message of the queue of Batch's events, or of the queue of delays. */
export interface RoutedMessage {
  readonly id: string;
  readonly body: string;
}

export interface TransitionRouter {
  /** Handles a batch of messages, and returns the ids of those to receive again. */
  route(messages: readonly RoutedMessage[]): Promise<readonly string[]>;
}

const ARRAY_SWEEP_DELAY_MS = 60_000;
/** Longer than the start of a container, or of most machines. */
const BLOCKED_DELAY_MS = 120_000;
/** SQS counts delays in seconds. */
const EARLY_TOLERANCE_MS = 1000;
const MAX_CACHED_GROUPS = 200;

/** The content of a message. */
type Content =
  | { readonly kind: 'completion'; readonly run: RunId; readonly completion: JobCompletion }
  | { readonly kind: 'blocked'; readonly run: RunId; readonly blocked: BlockedJob }
  | { readonly kind: 'due'; readonly run: RunId; readonly message: SentTransition }
  | { readonly kind: 'delayed'; readonly run: RunId; readonly message: DelayedTransition };

/** The messages that a batch leads to. */
interface Output {
  readonly sent: SentTransition[];
  readonly delayed: DelayedTransition[];
}

export const createTransitionRouter = (options: RouterOptions): TransitionRouter =>
  new RecordsRouter(options);

class RecordsRouter implements TransitionRouter {
  readonly #options: RouterOptions;
  /** Groups never change, and the completions of an array's members all need the same group. */
  readonly #groups = new Map<string, Group>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  async route(messages: readonly RoutedMessage[]): Promise<readonly string[]> {
    const failed: string[] = [];
    const byRun = new Map<RunId, { readonly id: string; readonly content: Content }[]>();
    const fail = (ids: readonly string[], error: unknown): void => {
      this.#options.log.error('messages not routed', { messageIds: ids, ...errorData(error) });
      failed.push(...ids);
    };
    for (const { id, body } of messages) {
      try {
        const content = this.#read(body);
        if (content === undefined) continue;
        const ofRun = byRun.get(content.run);
        if (ofRun === undefined) byRun.set(content.run, [{ id, content }]);
        else ofRun.push({ id, content });
      } catch (error) {
        fail([id], error);
      }
    }
    await Promise.all(
      [...byRun].map(async ([run, items]) => {
        try {
          await this.#routeRun(
            run,
            items.map(({ content }) => content),
          );
        } catch (error) {
          if (items.length === 1)
            return fail(
              items.map(({ id }) => id),
              error,
            );
          // One message may be the reason: the others are routed without it.
          for (const { id, content } of items)
            await this.#routeRun(run, [content]).catch((reason: unknown) => fail([id], reason));
        }
      }),
    );
    return failed;
  }

  /** @throws UnknownTransitionError */
  #read(body: string): Content | undefined {
    const event = parseJson(body);
    return isBatchEvent(event) ? this.#readEvent(event) : this.#readDelayed(body);
  }

  #readEvent(event: unknown): Content | undefined {
    const evaluator = readEvaluatorCompletion(event);
    if (evaluator !== undefined) {
      const { run, job: subject } = evaluator;
      return {
        kind: 'due',
        run,
        message: { transition: { kind: 'logic.answered', run, subject } },
      };
    }
    const completion = readJobCompletion(event);
    if (completion !== undefined) return { kind: 'completion', run: completion.run, completion };
    const blocked = readBlockedJob(event);
    if (blocked !== undefined) return { kind: 'blocked', run: blocked.run, blocked };
    this.#options.log.warn('event ignored', { reason: 'it concerns no job of Headrace' });
    return undefined;
  }

  #readDelayed(body: string): Content | undefined {
    const { secret, clock, log } = this.#options;
    const opened = open(body, secret);
    // SQS moves the message to the dead letters, from which a version that knows it can read it.
    if (!opened.ok && opened.isAuthentic) throw new UnknownTransitionError(opened.reason);
    if (!opened.ok) {
      log.warn('message dropped', { reason: opened.reason });
      return undefined;
    }
    const { transition, at = 0, deferrals } = opened;
    const { run } = transition;
    if (at - clock.now() > EARLY_TOLERANCE_MS)
      return { kind: 'delayed', run, message: { transition, at, deferrals } };
    const discriminator = deduplicationDiscriminator(at);
    return { kind: 'due', run, message: { transition, discriminator, deferrals } };
  }

  async #routeRun(run: RunId, contents: readonly Content[]): Promise<void> {
    const { tasks, transitions, delayQueue } = this.#options;
    const candidates: (Content | TransitionOf<'job.ended'> | TransitionOf<'job.waiting'>)[] = [];
    for (const content of contents) candidates.push(await this.#withCall(content));
    const calls = new Set(candidates.flatMap((each) => callOf(each) ?? []));
    const steps = new Map<number, Step>();
    if (calls.size > 0)
      for (const step of await tasks.steps(run, [...calls])) steps.set(step.call, step);
    const output: Output = { sent: [], delayed: [] };
    candidates.forEach((candidate, index) => {
      const content = contents[index];
      if (content !== undefined) this.#decide(content, candidate, steps, output);
    });
    if (output.sent.length > 0) await transitions.sendEach(output.sent);
    if (output.delayed.length > 0) await delayQueue.send(output.delayed);
  }

  /** The transition of an event about a member of a group; any other content as it is. */
  async #withCall(
    content: Content,
  ): Promise<Content | TransitionOf<'job.ended'> | TransitionOf<'job.waiting'>> {
    if (content.kind !== 'completion' && content.kind !== 'blocked') return content;
    const { run } = content;
    const { job } = content.kind === 'completion' ? content.completion : content.blocked;
    if (job === undefined) return content;
    const member = (await this.#groupOf(run, job.name))?.members[job.index];
    if (member === undefined) return content;
    const { call, attempt } = member;
    if (content.kind === 'blocked') {
      const { reason, at } = content.blocked;
      return {
        kind: 'job.waiting',
        ...{ run, call, attempt, at },
        submittedAs: job,
        reason: describeBlockedReason(reason),
      };
    }
    const { containerId, exitCode, signal, fault, reason, logStream, at } = content.completion;
    return {
      kind: 'job.ended',
      ...{ run, call, attempt, exitCode, signal, fault, reason, at },
      ...(logStream === undefined ? {} : { logStream }),
      job: containerId,
      submittedAs: job,
    };
  }

  #decide(
    content: Content,
    candidate: Content | Transition,
    steps: ReadonlyMap<number, Step>,
    { sent, delayed }: Output,
  ): void {
    const now = this.#options.clock.now();
    switch (content.kind) {
      case 'delayed':
        delayed.push(content.message);
        return;
      case 'due': {
        const { transition } = content.message;
        if (transition.kind === 'job.ended' && !isAttemptOpen(steps, transition)) return;
        if (transition.kind === 'job.waiting') {
          if (!isStillWaiting(steps, transition)) return;
          const { run, call, reason, submittedAs } = transition;
          this.#options.log.warn('job blocked', { run, call, job: submittedAs.name, reason });
        }
        sent.push(content.message);
        return;
      }
      case 'blocked':
        if (candidate.kind === 'job.waiting' && isStillWaiting(steps, candidate))
          delayed.push({ transition: candidate, at: now + BLOCKED_DELAY_MS });
        return;
      case 'completion':
        if (content.completion.job === undefined) {
          const { run } = content;
          const transition = { kind: 'run.sweep' as const, run, unknownJobsLost: false };
          delayed.push({ transition, at: now + ARRAY_SWEEP_DELAY_MS });
        } else if (candidate.kind === 'job.ended' && isAttemptOpen(steps, candidate))
          sent.push({ transition: candidate });
    }
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

/** The call whose step decides about the message. */
function callOf(candidate: Content | Transition): number | undefined {
  const transition = candidate.kind === 'due' ? candidate.message.transition : candidate;
  return transition.kind === 'job.ended' || transition.kind === 'job.waiting'
    ? transition.call
    : undefined;
}

/** Whether the run still needs the completion of this attempt. */
function isAttemptOpen(
  steps: ReadonlyMap<number, Step>,
  { call, attempt, job, submittedAs }: TransitionOf<'job.ended'>,
): boolean {
  const step = steps.get(call);
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

/** Whether the job of this attempt has not started, as far as the records show. */
function isStillWaiting(
  steps: ReadonlyMap<number, Step>,
  { call, attempt, submittedAs }: TransitionOf<'job.waiting'>,
): boolean {
  const step = steps.get(call);
  const last = step?.attempts.at(-1);
  return (
    step?.status === 'queued' &&
    last?.number === attempt &&
    last.owner === undefined &&
    isSameJob(submittedAs, last.job)
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
