/**
 * What a runner is told (the spec of one attempt) and what it says (its messages).
 *
 * @module
 */
import { z } from 'zod';
import { reportSchema } from './artifacts.ts';
import { packageSchema } from './code.ts';
import { errorRecordSchema } from './errors.ts';
import { runIdSchema } from './ids.ts';
import { valueSchema } from './value.ts';

/** An argument that another step made: put the decoded `value` at `path`. An absent value (of a parent that failed and was let pass) is `undefined`. */
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
  /** Prefix of the keys that this attempt may write. The runner adds its job's id. */
  outputPrefix: z.string(),
  /** The project's directory on the machine that bundled, where a step in a subprocess begins; without it, where the engine was started. A container has its own. */
  projectRoot: z.string().optional(),
  /** Set as the working directory, relative to the project's root. */
  workingDir: z.string().nullable(),
  /** Proves that a message is this attempt's. */
  token: z.string(),
});
export type StepSpec = z.infer<typeof stepSpecSchema>;

const senderShape = {
  run: runIdSchema,
  call: z.int().nonnegative(),
  attempt: z.int().positive(),
  /** The id of the job that speaks: the first to say `started` owns the attempt. */
  job: z.string(),
  token: z.string(),
  /** Milliseconds since the epoch, by the speaker's clock. */
  at: z.number(),
};

// Not strict: a runner of a later version may say more, and what is known of it counts.
export const startedSchema = z.object({
  kind: z.literal('started'),
  ...senderShape,
  logStream: z.string().optional(),
});

export const reportedSchema = z.object({
  kind: z.literal('reported'),
  ...senderShape,
  /** Counts the reports of the attempt from 0, so that one that comes twice counts once. */
  sequence: z.int().nonnegative(),
  report: reportSchema,
});

export const finishedSchema = z.object({
  kind: z.literal('finished'),
  ...senderShape,
  outcome: z.discriminatedUnion('ok', [
    /** One value for each name in `returnValues`; `artifacts` describes the same, in the same order. */
    z.object({
      ok: z.literal(true),
      values: z.array(valueSchema),
      artifacts: reportSchema.shape.artifacts,
    }),
    z.object({
      ok: z.literal(false),
      error: errorRecordSchema,
      /** The runner was told to stop: `timeout`, `abort`, `reclaimed`. */ stopReason: z
        .string()
        .optional(),
      /** How the step's process ended, if it did so by itself. */
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
