/**
 * What a status event states about its run, for observers that cannot read its records. The texts
 * are bounded.
 *
 * @module
 */
import type { ErrorRecord } from './errors.ts';
import type { Run } from './run.ts';
import { truncate } from './truncate.ts';

const MAX_MESSAGE_LENGTH = 1000;

export interface RunFacts {
  readonly project: string;
  readonly pipeline: string;
  readonly number: number;
  readonly version: string;
  readonly tags: readonly string[];
  /** Counts the resumes: a run may fail once in each generation. */
  readonly generation: number;
  /** The step that the run's error names; null if there is none. */
  readonly step: string | null;
  /** Of a failed run: what the step or the logic threw. */
  readonly error: { readonly name: string; readonly message: string } | null;
}

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
    step: error?.step ?? null,
    error: error === null ? null : rootError(error),
  };
}

/** The error of the step, in place of the one that reports the step's failure. */
export function rootError(record: ErrorRecord): { name: string; message: string } {
  const { name, message } =
    record.name === 'StepFailedError' && record.cause !== undefined ? record.cause : record;
  return { name, message: truncate(message, MAX_MESSAGE_LENGTH) };
}
