/**
 * The options of `component` and `pipeline` as data: what is left of them once functions are replaced by "there is one".
 * The SDK checks what a user wrote against these schemas, inside the evaluator and in a plain program alike.
 *
 * @module
 */
import { z } from 'zod';
import { nameSchema, projectSchema, versionSchema } from './ids.ts';

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
});

export const callbackKindSchema = z.enum(['preExecute', 'postExecute', 'statusChange', 'retry']);

/**
 * Environment variables whose values are secrets of AWS Secrets Manager, by name; `name:key` is one field of a secret that is a JSON object. Only the
 * names travel: whatever starts the container puts the values in.
 */
export const secretsSchema = z
  .record(
    z.string(),
    z
      .string()
      .regex(
        /^[\w/+=.@-]{1,512}(?::[^:\s]{1,256})?$/,
        'a secret is the name of one in Secrets Manager, as in "team/database" or "team/database:password"',
      ),
  )
  .superRefine((secrets, context) => {
    for (const name of Object.keys(secrets)) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'the name of an environment variable has letters, digits and underscores',
        });
      } else if (/^(?:HEADRACE|AWS|ECS)_/i.test(name)) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'variables that begin with HEADRACE_, AWS_ or ECS_ are not for secrets',
        });
      }
    }
  });

/** How the environment of a step or a pipeline's logic is made. */
const environmentShape = {
  packages: z.union([z.array(z.string()), z.string()]).optional(),
  docker: z.string().optional(),
  dockerArgs: z.string().optional(),
  dockerBashSetupScript: z.string().optional(),
  repo: z.string().optional(),
  repoBranch: z.string().optional(),
  repoCommit: z.string().optional(),
  secrets: secretsSchema.optional(),
  workingDir: z.string().optional(),
  outputUri: z.string().optional(),
};

/** Seconds before the first retry, doubled for each that follows, up to `maxSeconds`. */
export const retryBackoffSchema = z.strictObject({
  initialSeconds: z.number().nonnegative().default(1),
  factor: z.number().min(1).default(2),
  maxSeconds: z.number().nonnegative().default(60),
});

/** What a component declares, at its first call in a run. */
export const componentDeclarationSchema = z.strictObject({
  /** The `ComponentCode.id` of its code. */
  id: z.string(),
  name: nameSchema,
  returnValues: z.array(nameSchema).min(1),
  cache: cacheOptionSchema.default(false),
  ...environmentShape,
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
});
export type ComponentDeclaration = z.infer<typeof componentDeclarationSchema>;

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
  ...environmentShape,
  hasSerializer: z.boolean().default(false),
  hasDeserializer: z.boolean().default(false),
});
export type PipelineDeclaration = z.infer<typeof pipelineDeclarationSchema>;
