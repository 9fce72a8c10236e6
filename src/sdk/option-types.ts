/**
 * Types of the options of components and pipelines, and of the callbacks among them.
 *
 * @module
 */
import type { AnyFunction } from './types.ts';

/** What a callback may do with its run. */
export interface PipelineView {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly version: string;
  /** The run's arguments by parameter name. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly logger: Logger;
  addTags(tags: readonly string[]): void;
  /** Ends the run as aborted: running steps are terminated. */
  abort(reason?: string): void;
}

export type NodeStatus =
  | 'pending'
  | 'queued'
  | 'running'
  | 'completed'
  | 'failed'
  | 'aborted'
  | 'cached'
  | 'skipped'
  | 'superseded';

/** A step as a callback sees it. */
export interface NodeView {
  readonly name: string;
  readonly component: string;
  readonly status: NodeStatus;
  /** From 1; 0 before the first. */
  readonly attempt: number;
  readonly parents: readonly string[];
  readonly executionQueue: string;
  readonly artifacts: readonly {
    readonly name: string;
    readonly type: string;
    readonly size: number;
    readonly preview: string;
  }[];
  readonly models: readonly { readonly name: string; readonly size: number }[];
}

export interface Logger {
  /** A point of the metric `title`, `series`: shown as a curve over the iterations. */
  reportScalar(title: string, series: string, value: number, iteration: number): void;
  reportText(text: string): void;
}

/**
 * Called before the step is looked up in the cache and launched. `params` holds the arguments by parameter name; what is assigned to it counts.
 * `false` skips the step and what depends on it.
 */
export type PreExecuteCallback = (
  pipeline: PipelineView,
  node: NodeView,
  params: Record<string, unknown>,
  // biome-ignore lint/suspicious/noConfusingVoidType: most callbacks return nothing
) => boolean | void;

/** Called after the step ended, before its children are launched. */
export type PostExecuteCallback = (pipeline: PipelineView, node: NodeView) => void;

/** Called at every change of the step's status, in order. */
export type StatusChangeCallback = (
  pipeline: PipelineView,
  node: NodeView,
  previousStatus: NodeStatus,
) => void;

/** Called when the step failed: `true` runs it again. `retries` counts the retries so far, from 0. */
export type RetryCallback = (pipeline: PipelineView, node: NodeView, retries: number) => boolean;

/** `[title, series]`. */
export type MetricName = readonly [string, string];

/** What decides about a step's environment. Steps on this machine run with the project's own packages; containers are made by these. */
export interface EnvironmentOptions {
  /** Packages with version ranges (`['csv-parse@^5']`), or the path of a `package.json`; by default those that the code imports. */
  readonly packages?: readonly string[] | string | undefined;
  /** The image of the step's container. */
  readonly docker?: string | undefined;
  /** Arguments of the container, as one string. */
  readonly dockerArgs?: string | undefined;
  /** A bash script that the container runs before anything else. */
  readonly dockerBashSetupScript?: string | undefined;
  /** A repository (URL or local path) that is checked out where the step runs. */
  readonly repo?: string | undefined;
  readonly repoBranch?: string | undefined;
  readonly repoCommit?: string | undefined;
  /**
   * Environment variables that hold secrets: the name of each, and the secret's in AWS Secrets Manager (`{ DB_PASSWORD: 'team/database:password' }`, where
   * `:password` picks a field of a secret that is a JSON object). Only names are stored anywhere. On this machine a step has the variables that you have.
   */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** The working directory, relative to the project's or the repository's root. */
  readonly workingDir?: string | undefined;
  /** Where artifacts and models are stored. */
  readonly outputUri?: string | undefined;
}

export interface ContinueBehaviour {
  /** The step's failure does not fail the run. Default: false. */
  readonly continueOnFail?: boolean | undefined;
  /** The same for its abort. Default: false. */
  readonly continueOnAbort?: boolean | undefined;
  /** Steps that depend on it are skipped when it fails; `false` runs them with `undefined` in the place of its results. Default: true. */
  readonly skipChildrenOnFail?: boolean | undefined;
  readonly skipChildrenOnAbort?: boolean | undefined;
}

/** Seconds before the first retry (default 1), multiplied by `factor` (2) for each that follows, up to `maxSeconds` (60). */
export interface RetryBackoff {
  readonly initialSeconds?: number | undefined;
  readonly factor?: number | undefined;
  readonly maxSeconds?: number | undefined;
}

export interface CacheOptions {
  /** Seconds after which an entry no longer counts. */
  readonly ttl?: number | undefined;
  /** Any text that becomes part of the key. */
  readonly salt?: string | undefined;
  /** `readWrite` (default) uses and stores results; `refresh` only stores them; `read` only uses them. */
  readonly mode?: 'readWrite' | 'refresh' | 'read' | undefined;
}

export interface ComponentOptions<N extends readonly string[] = readonly string[]>
  extends EnvironmentOptions {
  /** Names of the values that the function returns. With one name it is the whole value, with several the function returns an array of as many. Default: `['return_object']`. */
  readonly returnValues?: N | undefined;
  /** The step's name; by default the function's. */
  readonly name?: string | undefined;
  /** Results of an earlier call with the same code and arguments are used again. Default: false. */
  readonly cache?: boolean | CacheOptions | undefined;
  /** The queue on which its steps wait; by default the pipeline's. */
  readonly executionQueue?: string | undefined;
  /** The step's failure does not fail the run; what depends on it is skipped. Short for `continueBehaviour: { continueOnFail: true }`. */
  readonly continueOnFail?: boolean | undefined;
  readonly continueBehaviour?: ContinueBehaviour | undefined;
  /** What the step is for, as in `training`; for people. Default: `data_processing`. */
  readonly taskType?: string | undefined;
  /** Functions that the step calls. The bundler finds them by itself: the option is accepted and has no effect. */
  readonly helperFunctions?: readonly AnyFunction[] | undefined;
  /** Names of steps or components that must have succeeded first, beside those whose results it gets. */
  readonly parents?: readonly string[] | undefined;
  /** The number of retries, or a function that decides on each. By default the pipeline's number. */
  readonly retryOnFailure?: number | RetryCallback | undefined;
  readonly retryBackoff?: RetryBackoff | undefined;
  /** An attempt that takes longer is stopped and counts as failed. */
  readonly timeoutSeconds?: number | undefined;
  readonly preExecuteCallback?: PreExecuteCallback | undefined;
  readonly postExecuteCallback?: PostExecuteCallback | undefined;
  readonly statusChangeCallback?: StatusChangeCallback | undefined;
  /** Metrics of the step that are the run's too: `[title, series]`, or a pair of such pairs, the step's and the run's. */
  readonly monitorMetrics?: readonly (MetricName | readonly [MetricName, MetricName])[] | undefined;
  /** Artifacts of the step that are the run's too: a name, or a pair of names, the step's and the run's. */
  readonly monitorArtifacts?: readonly (string | readonly [string, string])[] | undefined;
  /** Models likewise; `model_*` is the lexicographically latest of that beginning, `*` the last created. */
  readonly monitorModels?: readonly (string | readonly [string, string])[] | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Marks the step as a draft, for people. */
  readonly draft?: boolean | undefined;
  /** The stage of the pipeline that the step belongs to, for people. */
  readonly stage?: string | undefined;
  /** Only `false`: no framework is patched behind your back, `currentStep().logger` reports. */
  readonly autoConnectFrameworks?: false | undefined;
  /** Only `false`: a step's parameters are always recorded. */
  readonly autoConnectArgParser?: false | undefined;
}

export interface PipelineOptions extends EnvironmentOptions {
  /** By default the function's name. */
  readonly name?: string | undefined;
  /** Names separated by `/`. Default: `default`. */
  readonly project?: string | undefined;
  /** Up to three numbers, as in `1.2.3`. Default: `1.0.0`. */
  readonly version?: string | undefined;
  /** If the version is there with other code the patch number is raised; `false` makes it an error. Default: true. */
  readonly autoVersionBump?: boolean | undefined;
  /** The run is shown as `name #7`. Default: true. */
  readonly addRunNumber?: boolean | undefined;
  /** The name under which the result is stored as an artifact of the run. */
  readonly returnValue?: string | undefined;
  /** The queue of steps that name none. */
  readonly defaultQueue?: string | undefined;
  /** Sections of the parameters, for people: `{ General: ['url'] }`. */
  readonly argsMap?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Minutes between two looks for events that never came. Headrace is told, it does not poll. Default: 5. */
  readonly poolFrequency?: number | undefined;
  /** Steps are tagged `pipe: <run id>`. Default: false. */
  readonly addPipelineTags?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
  /** The project that the steps are stored in. Default: the pipeline's. */
  readonly targetProject?: string | undefined;
  /** The first failure that is not tolerated stops all that runs. Default: false. */
  readonly abortOnFailure?: boolean | undefined;
  /** Where the pipeline's logic runs: `services` (default), another queue, or `null`: in this process. */
  readonly pipelineExecutionQueue?: string | null | undefined;
  /** The number of retries of steps whose component names none. Default: 0. */
  readonly retryOnFailure?: number | undefined;
  /** A run that takes longer fails. */
  readonly timeoutSeconds?: number | undefined;
  /** Turns a step's result into bytes or text, instead of the built-in forms. */
  readonly artifactSerializer?: ((value: never) => unknown) | undefined;
  /** Turns the bytes of `artifactSerializer` back into the value. */
  readonly artifactDeserializer?: ((bytes: never) => unknown) | undefined;
}
