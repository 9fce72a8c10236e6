/**
 * Reads the messages that a runner could not send and stored as objects, when its job completes.
 *
 * 1. They precede the completion of the job, so that a result counts, and the completion then finds
 *    the attempt complete.
 * 2. They count for the job's own attempt only: their identity is that of the completed job,
 *    whatever the object claims. The token must be in the object.
 * 3. A result that is invalid or too large fails the attempt: the job would otherwise count as one
 *    without a result, which is executed again.
 *
 * @module
 */
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import { outputPrefix } from '../../model/object-layout.ts';
import type { Transition, TransitionOf } from '../../model/transition.ts';
import { truncate } from '../../model/truncate.ts';
import type { Objects } from '../../ports/objects.ts';
import { readStoredMessages } from '../../ports/stored-messages.ts';
import type { Tasks } from '../../ports/tasks.ts';
import type { Log } from '../observability/log.ts';

export interface UndeliveredMessagesOptions {
  readonly objects: Pick<Objects, 'get'>;
  readonly tasks: Pick<Tasks, 'run'>;
  readonly log: Log;
}

/** The transitions, with the undelivered messages of a job before its completion. */
export async function withUndeliveredMessages(
  transitions: readonly Transition[],
  options: UndeliveredMessagesOptions,
): Promise<readonly Transition[]> {
  const all: Transition[] = [];
  for (const transition of transitions)
    all.push(
      ...(transition.kind === 'job.ended'
        ? await withMessagesOf(transition, options)
        : [transition]),
    );
  return all;
}

async function withMessagesOf(
  ended: TransitionOf<'job.ended'>,
  { objects, tasks, log }: UndeliveredMessagesOptions,
): Promise<readonly Transition[]> {
  const { run, call, attempt, job } = ended;
  const info = (await tasks.run(run))?.info;
  if (info === undefined) return [ended];
  const { reports, rejectedReports, result, rejectedResult } = await readStoredMessages(
    objects,
    outputPrefix(info, call, attempt),
    job,
  );
  const identity = { run, call, attempt, job };
  for (const reason of rejectedReports) log.warn('stored report dropped', { ...identity, reason });
  if (rejectedResult !== undefined)
    log.warn('stored result rejected', { ...identity, reason: rejectedResult });
  const messages = [...reports, ...(result === undefined ? [] : [result])];
  return [
    ...messages.map((message) => ({ ...message, ...identity })),
    rejectedResult === undefined ? ended : withoutResult(ended, rejectedResult),
  ];
}

/** The end of a job whose result was rejected. An abort and a time limit have precedence. */
const withoutResult = (
  ended: TransitionOf<'job.ended'>,
  reason: string,
): TransitionOf<'job.ended'> =>
  ended.fault === 'abort' || ended.fault === 'timeout'
    ? ended
    : {
        ...ended,
        fault: 'step',
        reason: truncate(`left a result that was rejected: ${reason}`, MAX_REASON_LENGTH),
      };
