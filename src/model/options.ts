/**
 * The options of `component` and `pipeline` as data: what is left of them once functions are replaced by "there is one".
 * The SDK checks what a user wrote against these schemas, inside the evaluator and in a plain program alike.
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
    /** Seconds after which an entry no longer counts. */
    ttl: seconds.optional(),
    /** Any text that becomes part of the key. */
    salt: z.string().optional(),
    mode: z.enum(['readWrite', 'refresh', 'read']).optional(),
  }),
]);

/** `[title, series]`, or a pair of such pairs: the step's and the run's. */
const metricName = z.tuple([z.string(), z.string()]);
export const monitorMetricSchema = z.union([metricName, z.tuple([metricName, metricName])]);
/** A name, or a pair of names: the step's and the run's. */
export const monitorNameSchema = z.union([z.string(), z.tuple([z.string(), z.string()])]);

export const continueBehaviourSchema = z.strictObject({
  continueOnFail: z.boolean().default(false),
  continueOnAbort: z.boolean().default(false),
  skipChildrenOnFail: z.boolean().default(true),
  skipChildrenOnAbort: z.boolean().default(true),
} satisfies Readonly<Record<(typeof CONTINUE_BEHAVIOUR_FIELDS)[number], z.ZodType>>);

export const callbackKindSchema = z.enum(['preExecute', 'postExecute', 'statusChange', 'retry']);

/** Seconds before the first retry, doubled for each that follows, up to `maxSeconds`. */
export const retryBackoffSchema = z.strictObject({
  initialSeconds: z.number().nonnegative().default(1),
  factor: z.number().min(1).default(2),
  maxSeconds: z.number().nonnegative().default(60),
});

/** The options that are data, and what the SDK derives from the others. */
type ComponentField =
  | DataOption<typeof COMPONENT_OPTIONS>
  | 'id'
  | 'continueBehaviour'
  | 'retryOnFailure'
  | 'callbacks';

/** What a component declares, at its first call in a run. */
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
  /** A number of retries, the pipeline's if it says none; the callable form is among `callbacks` as `retry`. */
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

/** What a pipeline declares. */
export const pipelineDeclarationSchema = z.strictObject({
  name: nameSchema,
  project: projectSchema.default('default'),
  version: versionSchema.default('1.0.0'),
  autoVersionBump: z.boolean().default(true),
  addRunNumber: z.boolean().default(true),
  returnValue: nameSchema.optional(),
  defaultQueue: nameSchema.optional(),
  argsMap: z.record(z.string(), z.array(z.string())).default({}),
  /** Minutes between two sweeps for events that never came. */
  poolFrequency: z.number().positive().default(5),
  addPipelineTags: z.boolean().default(false),
  tags: z.array(z.string()).default([]),
  targetProject: projectSchema.optional(),
  abortOnFailure: z.boolean().default(false),
  pipelineExecutionQueue: nameSchema.nullable().default('services'),
  /** Retries of the components that name none. */
  retryOnFailure: z.int().nonnegative().default(0),
  timeoutSeconds: seconds.optional(),
  ...containerSettingsShape,
  hasSerializer: z.boolean().default(false),
  hasDeserializer: z.boolean().default(false),
} satisfies Readonly<Record<PipelineField, z.ZodType>>);
export type PipelineDeclaration = z.infer<typeof pipelineDeclarationSchema>;
