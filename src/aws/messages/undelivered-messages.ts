/**
 * What a runner could not send and left in the object store: heard when the end of its job is.
 *
 * 1. It comes before the end of the job, so that a result counts and the end finds the attempt over.
 * 2. It speaks for its own attempt alone: the identity is that of the job whose end was told, whatever the object claims; the token it must have itself.
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

/** The transitions, with what was left before each end of a job. */
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
