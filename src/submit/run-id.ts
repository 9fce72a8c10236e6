/**
 * Ids of new runs.
 *
 * @module
 */
import { monotonicFactory } from 'ulid';
import { type RunId, runIdSchema } from '../model/ids.ts';

const nextUlid = monotonicFactory();

/**
 * Returns a new id. The ids of this process sort in the order of their creation, also within a
 * millisecond.
 */
export const newRunId = (now: number = Date.now()): RunId =>
  runIdSchema.parse(nextUlid(now).toLowerCase());
