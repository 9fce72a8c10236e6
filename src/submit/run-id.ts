/**
 * Ids of new runs.
 *
 * @module
 */
import { monotonicFactory } from 'ulid';
import { type RunId, runIdSchema } from '../model/ids.ts';

const nextUlid = monotonicFactory();

/**
 * A new id. Those that this process makes sort in the order in which it made them, within a
 * millisecond too.
 */
export const newRunId = (now: number = Date.now()): RunId =>
  runIdSchema.parse(nextUlid(now).toLowerCase());
