/**
 * The declarations of components and pipelines: their options as data. A function is represented by
 * the fact that it exists.
 *
 * The SDK checks the options of users against these schemas, in the evaluator as well as in a plain
 * program. `option-table.ts` has the names of all options.
 *
 * @module
 */
import { z } from 'zod';
import { containerSettingsShape } from './container-settings.ts';
import { nameSchema, projectSchema, referenceSchema, tagsSchema, versionSchema } from './ids.ts';
import { recordOf } from './json.ts';
import {
  MAX_CONCURRENCY,
  MAX_DECLARED_INPUTS,
  MAX_DURATION_MS,
  MAX_INPUT_PATH_LENGTH,
  MAX_METRIC_NAME_LENGTH,
  MAX_MONITORS,
  MAX_NAME_LENGTH,
  MAX_PARENT_NAMES,
  MAX_RETRIES,
  MAX_RETURN_VALUES,
  MAX_SALT_LENGTH,
  MAX_SKIPPED_NUMBERS,
  MAX_STEP_NAME_LENGTH,
} from './limits.ts';
import type {
  COMPONENT_OPTIONS,
  CONTINUE_BEHAVIOUR_FIELDS,
  DataOption,
  PIPELINE_OPTIONS,
} from './option-table.ts';
import { repoPatchSchema } from './repo-patch.ts';
import { declaredScheduleSchema } from './schedule.ts';

const seconds = z
  .number()
  .positive()
  .max(MAX_DURATION_MS / 1000, `the limit is ${MAX_DURATION_MS / 1000} seconds`);

export const cacheOptionSchema = z.union([
  z.boolean(),
  z.strictObject({
    /** Seconds after which an entry is not used any more. */
    ttl: seconds.optional(),
    /** Text that becomes part of the key. */
    salt: z.string().max(MAX_SALT_LENGTH).optional(),
    mode: z.enum(['readWrite', 'refresh', 'read']).optional(),
  }),
]);

const slots = z.int().positive().max(MAX_CONCURRENCY);

/** How many steps may be queued or running at once. */
export const concurrencySchema = z.union([
  slots,
  z.strictObject({
    limit: slots,
    /** Components with the same key share the limit; by default, it is the component's own. */
    key: nameSchema.optional(),
    /** `project` (default): all runs of the project share the limit. */
    scope: z.enum(['run', 'project']).optional(),
  }),
]);

const retriesSchema = z.int().nonnegative().max(MAX_RETRIES);

const metricText = z.string().max(MAX_METRIC_NAME_LENGTH);
const metricName = z.tuple([metricText, metricText]);
/**
 * A title, with all its series; `[title, series]`; or a pair of such pairs: the step's metric and
 * the run's.
 */
export const monitorMetricSchema = z.union([
  metricText,
  metricName,
  z.tuple([metricName, metricName]),
]);
/** A name, or a pair of names: the step's artifact or model, and the run's. */
const outputName = referenceSchema(MAX_NAME_LENGTH);
export const monitorNameSchema = z.union([outputName, z.tuple([outputName, outputName])]);

export const continueBehaviourSchema = z.strictObject({
  continueOnFail: z.boolean().default(false),
  continueOnAbort: z.boolean().default(false),
  skipChildrenOnFail: z.boolean().default(true),
  skipChildrenOnAbort: z.boolean().default(true),
} satisfies Readonly<Record<(typeof CONTINUE_BEHAVIOUR_FIELDS)[number], z.ZodType>>);

export const callbackKindSchema = z.enum(['preExecute', 'postExecute', 'statusChange', 'retry']);

/**
 * The seconds before the first retry; each further retry waits `factor` times as long, up to
 * `maxSeconds`.
 */
export const retryBackoffSchema = z.strictObject({
  initialSeconds: z.number().nonnegative().default(1),
  factor: z.number().min(1).default(2),
  maxSeconds: z
    .number()
    .nonnegative()
    .max(MAX_DURATION_MS / 1000)
    .default(60),
});

/** The options that are data, and the fields that the SDK derives from the other options. */
type ComponentField =
  | DataOption<typeof COMPONENT_OPTIONS>
  | 'id'
  | 'continueBehaviour'
  | 'retryOnFailure'
  | 'callbacks'
  | 'skippedNumbers'
  | 'repoPatch';

/**
 * The declaration of a component, which the logic issues at the component's first call in a run.
 */
export const componentDeclarationSchema = z.strictObject({
  /** The `ComponentCode.id` of its code. */
  id: z.string(),
  name: nameSchema,
  returnValues: z.array(nameSchema).min(1).max(MAX_RETURN_VALUES),
  cache: cacheOptionSchema.default(false),
  ...containerSettingsShape,
  /** Derived from the local checkout that `repo` names (`repository.ts`). */
  repoPatch: repoPatchSchema.optional(),
  executionQueue: nameSchema.optional(),
  /** Absent: `process`. */
  isolation: z.enum(['process', 'shared']).optional(),
  taskType: z.string().max(MAX_NAME_LENGTH).default('data_processing'),
  tags: tagsSchema.default([]),
  parents: z.array(referenceSchema(MAX_STEP_NAME_LENGTH)).max(MAX_PARENT_NAMES).default([]),
  continueBehaviour: continueBehaviourSchema.prefault({}),
  /** The number of retries; by default the pipeline's. A function is `retry` among `callbacks`. */
  retryOnFailure: retriesSchema.optional(),
  retryBackoff: retryBackoffSchema.prefault({}),
  timeoutSeconds: seconds.optional(),
  /** The longest time in the queue; by default the pipeline's, else the deployment's. */
  queueTimeoutSeconds: seconds.optional(),
  concurrency: concurrencySchema.optional(),
  callbacks: z.array(callbackKindSchema).default([]),
  /** Numbers that the names of its steps skip (`step-names.ts`). The logic derives them. */
  skippedNumbers: z.array(z.int().positive()).max(MAX_SKIPPED_NUMBERS).optional(),
  monitorMetrics: z.array(monitorMetricSchema).max(MAX_MONITORS).default([]),
  monitorArtifacts: z.array(monitorNameSchema).max(MAX_MONITORS).default([]),
  monitorModels: z.array(monitorNameSchema).max(MAX_MONITORS).default([]),
  draft: z.boolean().default(false),
  stage: z.string().max(MAX_NAME_LENGTH).optional(),
} satisfies Readonly<Record<ComponentField, z.ZodType>>);
export type ComponentDeclaration = z.infer<typeof componentDeclarationSchema>;

const MAX_DECLARED_SCHEDULES = 50;

type PipelineField =
  | DataOption<typeof PIPELINE_OPTIONS>
  | 'retryOnFailure'
  | 'hasSerializer'
  | 'hasDeserializer';

/** The declaration of a pipeline. */
export const pipelineDeclarationSchema = z.strictObject({
  name: nameSchema,
  project: projectSchema.default('default'),
  version: versionSchema.default('1.0.0'),
  autoVersionBump: z.boolean().default(true),
  addRunNumber: z.boolean().default(true),
  returnValue: nameSchema.optional(),
  defaultQueue: nameSchema.optional(),
  argsMap: recordOf(z.string(), z.array(z.string())).default({}),
  schedules: z
    .array(declaredScheduleSchema)
    .max(MAX_DECLARED_SCHEDULES)
    .refine((schedules) => new Set(schedules.map(({ name }) => name)).size === schedules.length, {
      error: 'two schedules have the same name',
    })
    .optional(),
  inputs: z.array(z.string().min(1).max(MAX_INPUT_PATH_LENGTH)).max(MAX_DECLARED_INPUTS).optional(),
  /** Minutes between two sweeps for lost messages. */
  poolFrequency: z
    .number()
    .positive()
    .max(MAX_DURATION_MS / 60_000)
    .default(5),
  addPipelineTags: z.boolean().default(false),
  tags: tagsSchema.default([]),
  targetProject: projectSchema.optional(),
  abortOnFailure: z.boolean().default(false),
  pipelineExecutionQueue: nameSchema.nullable().default('services'),
  /** The number of retries of components without that option. */
  retryOnFailure: retriesSchema.default(0),
  timeoutSeconds: seconds.optional(),
  /** The longest time in the queue of components without that option. */
  queueTimeoutSeconds: seconds.optional(),
  ...containerSettingsShape,
  hasSerializer: z.boolean().default(false),
  hasDeserializer: z.boolean().default(false),
} satisfies Readonly<Record<PipelineField, z.ZodType>>);
export type PipelineDeclaration = z.infer<typeof pipelineDeclarationSchema>;
