/**
 * Transitions: the messages that the controller handles. Each may arrive twice, late, out of order
 * or never.
 *
 * @module
 */
import { z } from 'zod';
import { runIdSchema } from './ids.ts';
import {
  MAX_ID_LENGTH,
  MAX_LOG_STREAM_LENGTH,
  MAX_NOTE_LENGTH,
  MAX_SIGNAL_VALUE_BYTES,
} from './limits.ts';
import { SIGNAL_NAME, SIGNAL_NAME_RULE } from './signals.ts';
import { redeliveredSchema, runnerMessageSchema } from './spec.ts';

/** Calls in one message about slots of a limit of concurrency. */
export const MAX_GRANTED_CALLS = 1000;

const runField = runIdSchema;

export const timerKindSchema = z.enum([
  'sleep',
  'retry',
  'launch',
  'runLimit',
  'lease',
  'limit',
  'sweep',
]);
export type TimerKind = z.infer<typeof timerKindSchema>;

export const signalNameSchema = z
  .string()
  .regex(SIGNAL_NAME, `the name of a signal has ${SIGNAL_NAME_RULE}`);

/** The value of a signal as JSON. */
const signalValueSchema = z.string().max(MAX_SIGNAL_VALUE_BYTES);

export const controlSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('run.created'), run: runField }),
  /**
   * `generation` is the generation of the run when the abort was requested: an abort from an
   * earlier generation is ignored, so a late one cannot stop a resumed run. Without it, the abort
   * applies to any generation.
   */
  z.strictObject({
    kind: z.literal('run.abort'),
    run: runField,
    reason: z.string(),
    generation: z.int().nonnegative().optional(),
  }),
  /**
   * Resume a terminal run. `revision` is the revision at which the resume was requested: if the run
   * has changed since, the request is ignored.
   */
  z.strictObject({ kind: z.literal('run.resume'), run: runField, revision: z.int().nonnegative() }),
  z.strictObject({
    kind: z.literal('run.tags'),
    run: runField,
    add: z.array(z.string()),
    remove: z.array(z.string()),
  }),
  /** A user changes the note, or hides the run from lists. An absent field stays as it is. */
  z.strictObject({
    kind: z.literal('run.annotations'),
    run: runField,
    note: z.string().max(MAX_NOTE_LENGTH).nullable().optional(),
    archived: z.boolean().optional(),
  }),
  /** A user sends a signal. `id` identifies it: a signal that arrives twice counts once. */
  z.strictObject({
    kind: z.literal('run.signal'),
    run: runField,
    id: z.string().min(1).max(MAX_ID_LENGTH),
    name: signalNameSchema,
    value: signalValueSchema,
  }),
  /** Check for everything that may have been lost: launches, jobs, timers, the ends of leases. */
  z.strictObject({
    kind: z.literal('run.sweep'),
    run: runField,
    /** The engine that ran the jobs has crashed: unknown jobs are lost. */
    unknownJobsLost: z.boolean().default(false),
  }),
  /** Continue a drain that reached its time limit. */
  z.strictObject({ kind: z.literal('run.continue'), run: runField, cursor: z.string() }),
  z.strictObject({
    kind: z.literal('job.ended'),
    run: runField,
    call: z.int().nonnegative(),
    attempt: z.int().positive(),
    job: z.string(),
    /**
     * The job as it was submitted: attempts of the same call and number are different jobs before
     * and after a resume.
     */
    submittedAs: z.strictObject({ name: z.string(), index: z.int().nonnegative() }).optional(),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    /**
     * `step`: its own failure. `infrastructure`: a reclaimed machine, a missing job. `timeout`: it
     * was stopped at its time limit. `abort`: the engine terminated it.
     */
    fault: z.enum(['step', 'infrastructure', 'timeout', 'abort']),
    reason: z.string(),
    /** The log of the job: a job that never sent `started` has one, too. */
    logStream: z.string().max(MAX_LOG_STREAM_LENGTH).optional(),
    at: z.number(),
  }),
  /** The job of a queued attempt cannot start, for a reason that lasted for some minutes. */
  z.strictObject({
    kind: z.literal('job.waiting'),
    run: runField,
    call: z.int().nonnegative(),
    attempt: z.int().positive(),
    submittedAs: z.strictObject({ name: z.string(), index: z.int().nonnegative() }),
    reason: z.string(),
    at: z.number(),
  }),
  /**
   * `subject` is the call (`retry`, `launch`, `lease`) or the number of the sleep. `generation` is that of
   * `Timer`.
   */
  z.strictObject({
    kind: z.literal('timer.fired'),
    run: runField,
    timer: timerKindSchema,
    subject: z.int().nonnegative(),
    generation: z.int().nonnegative(),
  }),
  /**
   * A process claims the evaluation of the logic. It read the run when `epoch` was the next one: a
   * late claim is ignored.
   */
  z.strictObject({
    kind: z.literal('logic.claimed'),
    run: runField,
    epoch: z.int().positive(),
    process: z.string().min(1),
  }),
  /**
   * An external evaluator may have answered or crashed: check the store. `subject` distinguishes
   * these messages.
   */
  z.strictObject({ kind: z.literal('logic.answered'), run: runField, subject: z.string() }),
  /** A child run has started or ended: its record is the message. */
  z.strictObject({
    kind: z.literal('child.changed'),
    run: runField,
    call: z.int().nonnegative(),
    child: runIdSchema,
    /** Of the child run. A queue delivers equal messages once, so the start and the end differ. */
    revision: z.int().nonnegative(),
  }),
  /** A lease was released: the waiting step checks the cache again. */
  z.strictObject({
    kind: z.literal('lease.ended'),
    run: runField,
    call: z.int().nonnegative(),
    key: z.string(),
  }),
  /** Steps that wait for slots of a limit now hold them. */
  z.strictObject({
    kind: z.literal('limit.granted'),
    run: runField,
    key: z.string(),
    calls: z.array(z.int().nonnegative()).max(MAX_GRANTED_CALLS),
  }),
]);

export const transitionSchema = z.union([runnerMessageSchema, redeliveredSchema, controlSchema]);
export type Transition = z.infer<typeof transitionSchema>;
export type TransitionOf<K extends Transition['kind']> = Extract<Transition, { kind: K }>;
