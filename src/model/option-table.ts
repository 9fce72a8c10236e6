/**
 * The options of `component` and `pipeline`: one entry for each, which states its form and, for
 * `component`, whether it is part of a step's cache key.
 *
 * All lists of options derive from these tables. The compiler checks that the schemas
 * (`options.ts`), the public types (`sdk/option-types.ts`) and the cache key (`cache-key.ts`) have
 * exactly the same options.
 *
 * The tables are data without schemas, because they are part of the bundle that declares options
 * inside the evaluator's context.
 *
 * @module
 */

export interface OptionTraits {
  /**
   * How the SDK reads the option.
   *
   * - `data`: it is copied to the declaration under its own name
   * - `callback`: it is a function, which the declaration represents as an entry in `callbacks`
   * - `special`: `sdk/declare.ts` has code for it
   */
  readonly form: 'data' | 'callback' | 'special';
}

export interface ComponentOptionTraits extends OptionTraits {
  /** Whether the result of a step depends on the option. */
  readonly cacheKey: boolean;
}

/** An option whose value is data. */
export const data = <const K extends boolean>({ cacheKey }: { readonly cacheKey: K }) =>
  ({ form: 'data', cacheKey }) as const;

/** An option whose value is a function that the logic calls at an event of a step. */
const callback = <const N extends string>(kind: N) =>
  ({ form: 'callback', kind, cacheKey: false }) as const;

/** An option that the SDK transforms. */
const special = <const K extends boolean>({ cacheKey }: { readonly cacheKey: K }) =>
  ({ form: 'special', cacheKey }) as const;

/** The options about the container of a step. `pipeline` has the same options. */
const CONTAINER_SETTINGS = {
  packages: data({ cacheKey: true }),
  docker: data({ cacheKey: true }),
  dockerArgs: data({ cacheKey: true }),
  dockerBashSetupScript: data({ cacheKey: true }),
  repo: data({ cacheKey: true }),
  repoBranch: data({ cacheKey: true }),
  repoCommit: data({ cacheKey: true }),
  secrets: data({ cacheKey: true }),
  workingDir: data({ cacheKey: true }),
  environment: data({ cacheKey: true }),
  resources: data({ cacheKey: false }),
} as const satisfies Readonly<Record<string, ComponentOptionTraits>>;
export type ContainerSetting = keyof typeof CONTAINER_SETTINGS;

export const COMPONENT_OPTIONS = {
  ...CONTAINER_SETTINGS,
  returnValues: data({ cacheKey: true }),
  name: data({ cacheKey: false }),
  /** Of this option, the key contains the salt. */
  cache: data({ cacheKey: true }),
  executionQueue: data({ cacheKey: false }),
  /** A step has the same result with each of its values. */
  isolation: data({ cacheKey: false }),
  taskType: data({ cacheKey: false }),
  parents: data({ cacheKey: false }),
  retryBackoff: data({ cacheKey: false }),
  timeoutSeconds: data({ cacheKey: false }),
  queueTimeoutSeconds: data({ cacheKey: false }),
  concurrency: data({ cacheKey: false }),
  monitorMetrics: data({ cacheKey: false }),
  monitorArtifacts: data({ cacheKey: false }),
  monitorModels: data({ cacheKey: false }),
  tags: data({ cacheKey: false }),
  draft: data({ cacheKey: false }),
  stage: data({ cacheKey: false }),
  preExecuteCallback: callback('preExecute'),
  postExecuteCallback: callback('postExecute'),
  statusChangeCallback: callback('statusChange'),
  continueOnFail: special({ cacheKey: false }),
  continueBehaviour: special({ cacheKey: false }),
  retryOnFailure: special({ cacheKey: false }),
  helperFunctions: special({ cacheKey: false }),
  autoConnectFrameworks: special({ cacheKey: false }),
  autoConnectArgParser: special({ cacheKey: false }),
} as const satisfies Readonly<Record<string, ComponentOptionTraits>>;
export type ComponentOption = keyof typeof COMPONENT_OPTIONS;

export const PIPELINE_OPTIONS = {
  ...CONTAINER_SETTINGS,
  name: { form: 'data' },
  project: { form: 'data' },
  version: { form: 'data' },
  autoVersionBump: { form: 'data' },
  addRunNumber: { form: 'data' },
  returnValue: { form: 'data' },
  defaultQueue: { form: 'data' },
  argsMap: { form: 'data' },
  schedules: { form: 'data' },
  inputs: { form: 'data' },
  poolFrequency: { form: 'data' },
  addPipelineTags: { form: 'data' },
  tags: { form: 'data' },
  targetProject: { form: 'data' },
  abortOnFailure: { form: 'data' },
  pipelineExecutionQueue: { form: 'data' },
  retryOnFailure: { form: 'special' },
  timeoutSeconds: { form: 'data' },
  queueTimeoutSeconds: { form: 'data' },
  artifactSerializer: { form: 'special' },
  artifactDeserializer: { form: 'special' },
} as const satisfies Readonly<Record<string, OptionTraits>>;
export type PipelineOption = keyof typeof PIPELINE_OPTIONS;

/** The fields of the option `continueBehaviour`. */
export const CONTINUE_BEHAVIOUR_FIELDS = [
  'continueOnFail',
  'continueOnAbort',
  'skipChildrenOnFail',
  'skipChildrenOnAbort',
] as const;

/** The options in a table that are copied to the declaration. */
export type DataOption<T extends Readonly<Record<string, OptionTraits>>> = {
  readonly [K in keyof T]: T[K]['form'] extends 'data' ? K : never;
}[keyof T];

/** The options of `component` that are part of the cache key. */
export type CacheKeyOption = {
  readonly [K in ComponentOption]: (typeof COMPONENT_OPTIONS)[K]['cacheKey'] extends true
    ? K
    : never;
}[ComponentOption];
