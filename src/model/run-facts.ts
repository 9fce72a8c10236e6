/**
 * What a status event states about its run, for observers that cannot read its records. The texts
 * are bounded.
 *
 * @module
 */
import { z } from 'zod';
import { type ErrorRecord, stepBehind } from './errors.ts';
import type { Run } from './run.ts';
import { truncate } from './truncate.ts';

const MAX_MESSAGE_LENGTH = 1000;

/** What a status event states about its run. */
export const runFactsSchema = z.object({
  project: z.string(),
  pipeline: z.string(),
  number: z.int(),
  version: z.string(),
  tags: z.array(z.string()).readonly(),
  /** Counts the resumes: a run may fail once in each generation. */
  generation: z.int(),
  /** The step that the run's error names; null if there is none. */
  step: z.string().nullable(),
  /** Of a failed run: what the step or the logic threw. */
  error: z.object({ name: z.string(), message: z.string() }).nullable(),
});
export type RunFacts = Readonly<z.infer<typeof runFactsSchema>>;

export function runFacts({ info, head }: Run): RunFacts {
  const { project, pipeline, number, version } = info;
  const error = head.status === 'failed' ? head.error : null;
  return {
    project,
    pipeline,
    number,
    version,
    tags: head.tags,
    generation: head.generation,
    step: (error && stepBehind(error)) ?? null,
    error: error === null ? null : rootError(error),
  };
}

/** The error of the step, in place of the one that reports the step's failure. */
export function rootError(record: ErrorRecord): { name: string; message: string } {
  const { name, message } =
    record.name === 'StepFailedError' && record.cause !== undefined ? record.cause : record;
  return { name, message: truncate(message, MAX_MESSAGE_LENGTH) };
}
