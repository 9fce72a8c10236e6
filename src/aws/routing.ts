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
import { HeadraceError } from '../model/errors.ts';
import { isSameJob, type JobIndex, type RunId } from '../model/ids.ts';
import { isTerminalStep } from '../model/step.ts';
import type { Transition, TransitionOf } from '../model/transition.ts';
import type { Clock } from '../ports/clock.ts';
import type { Group, Tasks } from '../ports/tasks.ts';
import { type JobEnd, readEvaluatorEnd, readJobEnd } from './batch-events.ts';
import { open } from './envelope.ts';
import type { Log } from './log.ts';
import { type Delays, occasionOf } from './timers.ts';
import type { SqsTransitions } from './transitions.ts';

/** A message of ours that this version does not know. */
export class UnknownTransitionError extends HeadraceError {}

export interface RoutingOptions {
  readonly tasks: Pick<Tasks, 'group' | 'steps'>;
  readonly transitions: SqsTransitions;
  readonly delays: Delays;
  readonly secret: Buffer;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Router {
  /** An event of Batch. */
  onEvent(event: unknown): Promise<void>;
  /** The text of a message from the queue of delays. */
  onDelayed(body: string): Promise<void>;
}

/** A message travels for less; one that SQS refused for minutes is in the store by then. */
const RESULT_DELAY = 20_000;
const ARRAY_DELAY = 60_000;
/** A delay is counted in seconds. */
const EARLY_MILLISECONDS = 1000;
const MOST_GROUPS = 200;

export function createRouter({ tasks, transitions, delays, secret, clock, log }: RoutingOptions): Router {
  /** Groups never change: the ends of an array's members ask for one of them, thousands of times. */
  const groups = new Map<string, Group>();

  async function groupOf(run: RunId, name: string): Promise<Group | undefined> {
    const known = groups.get(name);
    if (known !== undefined) return known;
    const group = await tasks.group(run, name);
    if (group === undefined) return undefined;
    if (groups.size >= MOST_GROUPS) groups.clear();
    groups.set(name, group);
    return group;
  }

  /** Whether the run still has to hear of the end of this attempt. */
  async function isAwaited({ run, call, attempt, job, submittedAs }: TransitionOf<'job.ended'>): Promise<boolean> {
    const [step] = await tasks.steps(run, [call]);
    const last = step?.attempts.at(-1);
    if (step === undefined || last === undefined || isTerminalStep(step.status) || step.status === 'pending') return false;
    if (submittedAs !== undefined && !isSameJob(submittedAs, last.job)) return false;
    return last.number === attempt && (last.owner === undefined || last.owner === job);
  }

  async function endOf({ run, id, exitCode, signal, fault, reason, at }: JobEnd, submitted: JobIndex): Promise<TransitionOf<'job.ended'> | undefined> {
    const member = (await groupOf(run, submitted.name))?.members[submitted.index];
    if (member === undefined) return undefined;
    const { call, attempt } = member;
    const ended = { kind: 'job.ended' as const, run, call, attempt, job: id, submitted, exitCode, signal, fault, reason, at };
    return (await isAwaited(ended)) ? ended : undefined;
  }

  return {
    async onEvent(event) {
      const evaluator = readEvaluatorEnd(event);
      if (evaluator !== undefined) return transitions.send([{ kind: 'logic.answered', run: evaluator.run, subject: evaluator.job }]);
      const end = readJobEnd(event);
      if (end === undefined) return log.warn('event ignored', { reason: 'it tells of no end of a job of ours' });
      if (end.job === undefined)
        return delays.send([{ transition: { kind: 'run.sweep', run: end.run, unknownJobsLost: false }, at: clock.now() + ARRAY_DELAY }]);
      const ended = await endOf(end, end.job);
      if (ended === undefined) return;
      if (end.succeeded) await delays.send([{ transition: ended, at: clock.now() + RESULT_DELAY }]);
      else await transitions.send([ended]);
    },

    async onDelayed(body) {
      const opened = open(body, secret);
      // It is tried again, and then dead: whoever knows it can take it from there.
      if (!opened.ok && opened.ours) throw new UnknownTransitionError(opened.reason);
      if (!opened.ok) return log.warn('message dropped', { reason: opened.reason });
      const { transition, at = 0 } = opened;
      if (at - clock.now() > EARLY_MILLISECONDS) return delays.send([{ transition, at }]);
      if (transition.kind === 'job.ended' && !(await isAwaited(transition))) return;
      await transitions.send([transition] satisfies readonly Transition[], occasionOf(at));
    },
  };
}
