/**
 * The ids of child runs and of the jobs that they stand for.
 *
 * 1. The id of a child run follows from the job of its attempt, so that a launch that is repeated
 *    creates the run once.
 * 2. It has the time of the parent's id: a child run is listed beside its parent, and its results
 *    are adopted no longer than those of the parent. The child runs of a run are a short range of
 *    any list in the order of ids.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { type JobIndex, type RunId, runIdSchema } from './ids.ts';

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;
const HASH_DIGITS = 16;

/** The job name of a group of child runs. */
export const childJobName = (run: RunId, generation: number, group: number): string =>
  `${run}-${generation}-child-${group}`;

export const isChildJob = (name: string): boolean => /^[0-9a-z]{26}-\d+-child-\d+$/.test(name);

/** The start of the ids of all child runs of the run (2). Other runs may have it, too. */
export const childRunPrefix = (parent: string): string => parent.slice(0, TIME_DIGITS);

/** The run that stands for the job. */
export function childRunId({ name, index }: JobIndex): RunId {
  const hash = createHash('sha256').update(`${name}:${index}`).digest();
  const digits = [...hash.subarray(0, HASH_DIGITS)].map((byte) => DIGITS[byte % DIGITS.length]);
  return runIdSchema.parse(`${childRunPrefix(name)}${digits.join('')}`);
}
