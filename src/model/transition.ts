/**
 * What moves a run: the messages that the controller wakes for. Any of them may come twice, late, out of order or never.
 *
 * @module
 */
import { z } from 'zod';
import { runIdSchema } from './ids.ts';
import { runnerMessageSchema } from './spec.ts';

const runField = runIdSchema;

export const timerKindSchema = z.enum(['sleep', 'retry', 'runLimit', 'lease', 'sweep']);
export type TimerKind = z.infer<typeof timerKindSchema>;

export const controlSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('run.created'), run: runField }),
  /** `generation`: the run's when it was asked for; one that comes after a resume is none of what follows. Absent: it is for the run as it stands. */
  z.strictObject({
    kind: z.literal('run.abort'),
    run: runField,
    reason: z.string(),
    generation: z.int().nonnegative().optional(),
  }),
  /** Go on with a run that is over. `revision` is the one at which it was asked for: of a run that changed since, nothing is asked. */
  z.strictObject({ kind: z.literal('run.resume'), run: runField, revision: z.int().nonnegative() }),
  z.strictObject({
    kind: z.literal('run.tags'),
    run: runField,
    add: z.array(z.string()),
    remove: z.array(z.string()),
  }),
  /** Look at everything that may have been lost: unlaunched groups, jobs that vanished, leases whose holder is gone. */
  z.strictObject({
    kind: z.literal('run.sweep'),
    run: runField,
    /** Jobs that are not known are gone for certain: the engine that ran them died. */ unknownJobsLost:
      z.boolean().default(false),
  }),
  /** Go on where a bounded drain stopped. */
  z.strictObject({ kind: z.literal('run.continue'), run: runField, cursor: z.string() }),
  z.strictObject({
    kind: z.literal('job.ended'),
    run: runField,
    call: z.int().nonnegative(),
    attempt: z.int().positive(),
    job: z.string(),
    /** The job as it was submitted: before and after a resume, attempts of the same call and number are different jobs. */
    submittedAs: z.strictObject({ name: z.string(), index: z.int().nonnegative() }).optional(),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    /** `step`: its own failure. `infrastructure`: a reclaimed machine, a job that vanished. `timeout`: it was stopped at its limit. `abort`: we stopped it. */
    fault: z.enum(['step', 'infrastructure', 'timeout', 'abort']),
    reason: z.string(),
    at: z.number(),
  }),
  /** `subject` is the call (`retry`, `lease`) or the sleep; `generation` the step's or sleep's timer count when it was set. */
  z.strictObject({
    kind: z.literal('timer.fired'),
    run: runField,
    timer: timerKindSchema,
    subject: z.int().nonnegative(),
    generation: z.int().nonnegative(),
  }),
  /** A process takes the evaluation of the logic upon it. It looked at the run when `epoch` was the next: a claim that comes late is none. */
  z.strictObject({
    kind: z.literal('logic.claimed'),
    run: runField,
    epoch: z.int().positive(),
    process: z.string().min(1),
  }),
  /** Whoever evaluates the logic elsewhere may have answered, or be gone: look. `about` tells such words apart. */
  z.strictObject({ kind: z.literal('logic.answered'), run: runField, subject: z.string() }),
  /** The holder of a cache key's lease ended: the waiter looks again. */
  z.strictObject({
    kind: z.literal('lease.ended'),
    run: runField,
    call: z.int().nonnegative(),
    key: z.string(),
  }),
]);

export const transitionSchema = z.union([runnerMessageSchema, controlSchema]);
export type Transition = z.infer<typeof transitionSchema>;
export type TransitionOf<K extends Transition['kind']> = Extract<Transition, { kind: K }>;
