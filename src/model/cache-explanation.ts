/**
 * Why a step was computed or taken from the cache.
 *
 * @module
 */
import { z } from 'zod';
import { STEP_STATUSES } from './step.ts';

/** A part of the cache key that two calls do not have in common. */
export const keyDifferenceSchema = z.object({
  part: z.enum(['code', 'package', 'argument', 'option', 'serializers', 'project']),
  /** The package, argument or option. */
  name: z.string().nullable(),
  /** Of the earlier call, shortened; null: it had none, or it has no short form. */
  before: z.string().nullable(),
  now: z.string().nullable(),
  /**
   * For code: the declarations that were changed, added or removed. For an argument: the versions
   * of registered models in it.
   */
  details: z.array(z.string()),
});
export type KeyDifference = z.infer<typeof keyDifferenceSchema>;

const comparedCallSchema = z.object({
  run: z.string(),
  /** Null if the run was removed or has expired. */
  pipeline: z.string().nullable(),
  number: z.int().nullable(),
  step: z.string(),
  /** When its result was complete, milliseconds since the epoch; null if it has none. */
  at: z.number().nullable(),
});
export type ComparedCall = z.infer<typeof comparedCallSchema>;

export const cacheExplanationSchema = z.object({
  step: z.string(),
  component: z.string(),
  status: z.enum(STEP_STATUSES),
  cacheKey: z.string().nullable(),
  decision: z.enum(['hit', 'computed', 'waiting', 'adopted', 'off', 'undecided']),
  /** One sentence. */
  reason: z.string(),
  /** The call whose result the step has, or waits for. */
  origin: comparedCallSchema.nullable(),
  /** The most similar earlier call of the component, for a step that was computed. */
  comparedWith: comparedCallSchema.nullable(),
  differences: z.array(keyDifferenceSchema),
});
export type CacheExplanation = z.infer<typeof cacheExplanationSchema>;
