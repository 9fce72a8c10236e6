/**
 * Reads the messages that a runner could not send and stored as objects, when its job completes.
 *
 * 1. They precede the completion of the job, so that a result counts, and the completion then finds
 *    the attempt complete.
 * 2. They count for the job's own attempt only: their identity is that of the completed job,
 *    whatever the object claims. The token must be in the object.
 *
 * @module
 */

import { outputPrefix, reportsKey, resultKey } from '../../model/object-layout.ts';
import { finishedSchema, undeliveredReportsSchema } from '../../model/spec.ts';
import type { Transition, TransitionOf } from '../../model/transition.ts';
import { ObjectMissingError, type Objects } from '../../ports/objects.ts';
import type { Tasks } from '../../ports/tasks.ts';

export interface UndeliveredMessagesOptions {
  readonly objects: Pick<Objects, 'get'>;
  readonly tasks: Pick<Tasks, 'run'>;
}

/** The transitions, with the undelivered messages of a job before its completion. */
export async function withUndeliveredMessages(
  transitions: readonly Transition[],
  { objects, tasks }: UndeliveredMessagesOptions,
): Promise<readonly Transition[]> {
  const all: Transition[] = [];
  for (const transition of transitions) {
    if (transition.kind === 'job.ended') all.push(...(await undeliveredBy(transition)));
    all.push(transition);
  }
  return all;

  async function undeliveredBy({
    run,
    call,
    attempt,
    job,
  }: TransitionOf<'job.ended'>): Promise<readonly Transition[]> {
    const info = (await tasks.run(run))?.info;
    if (info === undefined) return [];
    const output = outputPrefix(info, call, attempt);
    const identity = { run, call, attempt, job };
    const result = finishedSchema.safeParse(await readJson(resultKey(output, job)));
    const reports = undeliveredReportsSchema.safeParse(await readJson(reportsKey(output, job)));
    return [...(reports.data ?? []), ...(result.success ? [result.data] : [])].map((message) => ({
      ...message,
      ...identity,
    }));
  }

  async function readJson(key: string): Promise<unknown> {
    try {
      return JSON.parse(Buffer.from(await objects.get(key)).toString());
    } catch (error) {
      if (error instanceof ObjectMissingError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}
