/**
 * The spec of one attempt, which the runner receives, and the messages that the runner sends.
 *
 * @module
 */
import { z } from 'zod';
import { reportSchema } from './artifacts.ts';
import { packageSchema } from './code.ts';
import { errorRecordSchema } from './errors.ts';
import { runIdSchema } from './ids.ts';
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
  resolvedImports: z.record(z.string(), z.string()),
  packages: z.array(packageSchema),
  /** Key of the bundle with the pipeline's own serializers. */
  serializers: z
    .strictObject({
      key: z.string(),
      hash: z.string(),
      resolvedImports: z.record(z.string(), z.string()),
      serializer: z.boolean(),
      deserializer: z.boolean(),
    })
    .nullable(),
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
  /** The proof that a message belongs to this attempt. */
  token: z.string(),
});
export type StepSpec = z.infer<typeof stepSpecSchema>;

const senderShape = {
  run: runIdSchema,
  call: z.int().nonnegative(),
  attempt: z.int().positive(),
  /**
   * The id of the job that sends the message. The first job whose message arrives owns the attempt.
   */
  job: z.string(),
  token: z.string(),
  /** Milliseconds since the epoch, by the sender's clock. */
  at: z.number(),
};

// The objects are not strict: a runner of a later version may send further fields.
export const startedSchema = z.object({
  kind: z.literal('started'),
  ...senderShape,
  logStream: z.string().optional(),
});

export const reportedSchema = z.object({
  kind: z.literal('reported'),
  ...senderShape,
  /** The number of the report, from 0: a report that arrives twice counts once. */
  sequence: z.int().nonnegative(),
  report: reportSchema,
});

export const finishedSchema = z.object({
  kind: z.literal('finished'),
  ...senderShape,
  outcome: z.discriminatedUnion('ok', [
    /**
     * One value for each name in `returnValues`; `artifacts` describes the same, in the same order.
     */
    z.object({
      ok: z.literal(true),
      values: z.array(valueSchema),
      artifacts: reportSchema.shape.artifacts,
    }),
    z.object({
      ok: z.literal(false),
      error: errorRecordSchema,
      /** The runner was requested to stop: `timeout`, `abort`, `reclaimed`. */
      stopReason: z.string().optional(),
      /** The exit code of the step's process, if it exited by itself. */
      exitCode: z.int().optional(),
    }),
  ]),
});

/** The `reported` messages that no queue accepted, as one object (`reportsKey`). */
export const undeliveredReportsSchema = z.array(reportedSchema);

export const runnerMessageSchema = z.discriminatedUnion('kind', [
  startedSchema,
  reportedSchema,
  finishedSchema,
]);
export type RunnerMessage = z.infer<typeof runnerMessageSchema>;
