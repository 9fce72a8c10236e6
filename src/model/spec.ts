/**
 * The spec of one attempt, which the runner receives, and the messages that the runner sends.
 *
 * @module
 */
import { z } from 'zod';
import { artifactSchema, reportSchema } from './artifacts.ts';
import { boundedArray } from './bounded-array.ts';
import { packageSchema, sourceMapsRefSchema } from './code.ts';
import { HeadraceError } from './errors.ts';
import { runIdSchema } from './ids.ts';
import { recordOf } from './json.ts';
import {
  MAX_ATTEMPT_REPORTS,
  MAX_ID_LENGTH,
  MAX_LOG_STREAM_LENGTH,
  MAX_REASON_LENGTH,
  MAX_RETURN_VALUES,
} from './limits.ts';
import { reportedErrorSchema, reportedValueSchema } from './reported.ts';
import { timeSchema } from './time.ts';
import { truncate } from './truncate.ts';
import { safeParseUntrusted } from './untrusted.ts';
import { valueSchema } from './value.ts';

/**
 * An argument that another step produced: the decoded `value` is placed at `path`. A null value (of
 * a failed parent that does not skip its children) is decoded as `undefined`.
 */
export const resolvedRefSchema = z.strictObject({
  path: z.array(z.union([z.string(), z.int()])),
  value: valueSchema.nullable(),
});

export const stepSpecSchema = z.strictObject({
  run: runIdSchema,
  call: z.int().nonnegative(),
  attempt: z.int().positive(),
  pipeline: z.string(),
  project: z.string(),
  runNumber: z.int(),
  step: z.string(),
  component: z.string(),
  /** Key of the component's bundle; its default export is the function. */
  codeKey: z.string(),
  codeHash: z.string(),
  resolvedImports: recordOf(z.string(), z.string()),
  packages: z.array(packageSchema),
  /** Key of the bundle with the pipeline's own serializers. */
  serializers: z
    .strictObject({
      key: z.string(),
      hash: z.string(),
      resolvedImports: recordOf(z.string(), z.string()),
      serializer: z.boolean(),
      deserializer: z.boolean(),
    })
    .nullable(),
  /** The document with the source maps of the bundles, for the positions of errors. */
  sourceMaps: sourceMapsRefSchema.optional(),
  args: valueSchema,
  refs: z.array(resolvedRefSchema),
  returnValues: z.array(z.string()).min(1),
  timeoutSeconds: z.number().positive().nullable(),
  /** Prefix of the keys that this attempt may write. The runner appends its job's id. */
  outputPrefix: z.string(),
  /**
   * The project's directory on the machine that bundled: the initial working directory of a
   * subprocess. Without it, that of the engine. A container has its own.
   */
  projectRoot: z.string().optional(),
  /** The working directory, relative to the project's root. */
  workingDir: z.string().nullable(),
  /** Variables that the runner sets before it loads the code. */
  environment: recordOf(z.string(), z.string()).optional(),
  /** The runner notes files of the project that the step reads: its result is cached. */
  notesReads: z.literal(true).optional(),
  /** For a step of `inputFile`: the list of the files that were uploaded for the run. */
  inputs: z.strictObject({ key: z.string(), size: z.int().nonnegative() }).optional(),
  /** The option `isolation`, unless it is `process`. It has no effect in a container. */
  isolation: z.literal('shared').optional(),
  /** The proof that a message belongs to this attempt. */
  token: z.string(),
});
export type StepSpec = z.infer<typeof stepSpecSchema>;

const idSchema = z.string().max(MAX_ID_LENGTH);

const senderShape = {
  run: runIdSchema,
  call: z.int().nonnegative(),
  attempt: z.int().positive(),
  /**
   * The id of the job that sends the message. The first job whose message arrives owns the attempt.
   */
  job: idSchema,
  token: idSchema,
  /** Milliseconds since the epoch, by the sender's clock. */
  at: timeSchema,
};

// The objects are not strict: a runner of a later version may send further fields.
export const startedSchema = z.object({
  kind: z.literal('started'),
  ...senderShape,
  logStream: z.string().max(MAX_LOG_STREAM_LENGTH).optional(),
});

export const reportedSchema = z.object({
  kind: z.literal('reported'),
  ...senderShape,
  /** The number of the report, from 0: a report that arrives twice counts once. */
  sequence: z.int().nonnegative().max(MAX_ATTEMPT_REPORTS),
  report: reportSchema,
});

const senderOfResultSchema = z.object({ kind: z.literal('finished'), ...senderShape });

export const finishedSchema = senderOfResultSchema.extend({
  outcome: z.discriminatedUnion('ok', [
    /**
     * One value for each name in `returnValues`; `artifacts` describes the same, in the same order.
     */
    z.object({
      ok: z.literal(true),
      values: boundedArray(reportedValueSchema, MAX_RETURN_VALUES),
      artifacts: boundedArray(artifactSchema, MAX_RETURN_VALUES).default([]),
      /** A note for the person who started the run. */
      note: z.string().max(MAX_REASON_LENGTH).optional(),
    }),
    z.object({
      ok: z.literal(false),
      error: reportedErrorSchema,
      /** The runner was requested to stop: `timeout`, `abort`, `reclaimed`. */
      stopReason: idSchema.optional(),
      /** The exit code of the step's process, if it exited by itself. */
      exitCode: z.int().optional(),
    }),
  ]),
});

/**
 * The message of a queue that starts the attempt was delivered again: no earlier execution of it is
 * alive. Only jobs that are functions send it (`src/aws/jobs/lambda-jobs.ts`).
 */
export const redeliveredSchema = z.object({ kind: z.literal('redelivered'), ...senderShape });
export type RedeliveredMessage = z.infer<typeof redeliveredSchema>;

export const runnerMessageSchema = z.discriminatedUnion('kind', [
  startedSchema,
  reportedSchema,
  finishedSchema,
]);
export type RunnerMessage = z.infer<typeof runnerMessageSchema>;
type FailedOutcome = Extract<FinishedMessage['outcome'], { ok: false }>;
export type ReportedMessage = Extract<RunnerMessage, { kind: 'reported' }>;
export type FinishedMessage = Extract<RunnerMessage, { kind: 'finished' }>;

/** Why a result was rejected: it is invalid, or breaks a limit. */
export class ResultRejectedError extends HeadraceError {
  constructor(readonly reason: string) {
    super(`the result of the step was rejected: ${reason}`);
  }
}

/** The failure of an attempt whose result was rejected. */
export function rejectedOutcome(reason: string): FailedOutcome {
  const { name, message } = new ResultRejectedError(truncate(reason, MAX_REASON_LENGTH));
  return { ok: false, error: { name, message } };
}

export type ReadMessage =
  /** `rejected` is set if the message was a result that was replaced by a failure. */
  | { readonly ok: true; readonly message: RunnerMessage; readonly rejected?: string }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a message of a runner. An invalid result of a known sender becomes the failure of its
 * attempt: the step would otherwise have no outcome.
 */
export function readRunnerMessage(received: unknown): ReadMessage {
  const message = safeParseUntrusted(runnerMessageSchema, received);
  if (message.success) return { ok: true, message: message.data };
  const reason = truncate(z.prettifyError(message.error), MAX_REASON_LENGTH);
  const sender = safeParseUntrusted(senderOfResultSchema, received);
  if (!sender.success) return { ok: false, reason };
  return {
    ok: true,
    message: { ...sender.data, outcome: rejectedOutcome(reason) },
    rejected: reason,
  };
}
