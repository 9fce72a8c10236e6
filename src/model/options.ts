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
import { nameSchema, projectSchema, versionSchema } from './ids.ts';
import type {
  COMPONENT_OPTIONS,
  CONTINUE_BEHAVIOUR_FIELDS,
  DataOption,
  PIPELINE_OPTIONS,
} from './option-table.ts';

const seconds = z.number().positive();

export const cacheOptionSchema = z.union([
  z.boolean(),
  z.strictObject({
    /** Seconds after which an entry is not used any more. */
    ttl: seconds.optional(),
    /** Text that becomes part of the key. */
    salt: z.string().optional(),
    mode: z.enum(['readWrite', 'refresh', 'read']).optional(),
  }),
]);

const metricName = z.tuple([z.string(), z.string()]);
/** `[title, series]`, or a pair of such pairs: the step's metric and the run's. */
export const monitorMetricSchema = z.union([metricName, z.tuple([metricName, metricName])]);
/** A name, or a pair of names: the step's artifact or model, and the run's. */
export const monitorNameSchema = z.union([z.string(), z.tuple([z.string(), z.string()])]);

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
  maxSeconds: z.number().nonnegative().default(60),
});

/** The options that are data, and the fields that the SDK derives from the other options. */
type ComponentField =
  | DataOption<typeof COMPONENT_OPTIONS>
  | 'id'
  | 'continueBehaviour'
  | 'retryOnFailure'
  | 'callbacks';

/**
 * The declaration of a component, which the logic issues at the component's first call in a run.
 */
export const componentDeclarationSchema = z.strictObject({
  /** The `ComponentCode.id` of its code. */
  id: z.string(),
  name: nameSchema,
  returnValues: z.array(nameSchema).min(1),
  cache: cacheOptionSchema.default(false),
  ...containerSettingsShape,
  executionQueue: nameSchema.optional(),
  taskType: z.string().default('data_processing'),
  tags: z.array(z.string()).default([]),
  parents: z.array(z.string()).default([]),
  continueBehaviour: continueBehaviourSchema.prefault({}),
  /** The number of retries; by default the pipeline's. A function is `retry` among `callbacks`. */
  retryOnFailure: z.int().nonnegative().optional(),
  retryBackoff: retryBackoffSchema.prefault({}),
  timeoutSeconds: seconds.optional(),
  callbacks: z.array(callbackKindSchema).default([]),
  monitorMetrics: z.array(monitorMetricSchema).default([]),
  monitorArtifacts: z.array(monitorNameSchema).default([]),
  monitorModels: z.array(monitorNameSchema).default([]),
  draft: z.boolean().default(false),
  stage: z.string().optional(),
} satisfies Readonly<Record<ComponentField, z.ZodType>>);
export type ComponentDeclaration = z.infer<typeof componentDeclarationSchema>;

type PipelineField = DataOption<typeof PIPELINE_OPTIONS> | 'hasSerializer' | 'hasDeserializer';

/** The declaration of a pipeline. */
export const pipelineDeclarationSchema = z.strictObject({
  name: nameSchema,
  project: projectSchema.default('default'),
  version: versionSchema.default('1.0.0'),
  autoVersionBump: z.boolean().default(true),
  addRunNumber: z.boolean().default(true),
  returnValue: nameSchema.optional(),
  defaultQueue: nameSchema.optional(),
  argsMap: z.record(z.string(), z.array(z.string())).default({}),
  /** Minutes between two sweeps for lost messages. */
  poolFrequency: z.number().positive().default(5),
  addPipelineTags: z.boolean().default(false),
  tags: z.array(z.string()).default([]),
  targetProject: projectSchema.optional(),
  abortOnFailure: z.boolean().default(false),
  pipelineExecutionQueue: nameSchema.nullable().default('services'),
  /** The number of retries of components without that option. */
  retryOnFailure: z.int().nonnegative().default(0),
  timeoutSeconds: seconds.optional(),
  ...containerSettingsShape,
  hasSerializer: z.boolean().default(false),
  hasDeserializer: z.boolean().default(false),
} satisfies Readonly<Record<PipelineField, z.ZodType>>);
export type PipelineDeclaration = z.infer<typeof pipelineDeclarationSchema>;
