/**
 * The types of the options of components and pipelines, callbacks included. `model/option-table.ts`
 * has an entry for each option.
 *
 * @module
 */
import type { DeclaredSchedule } from './schedule-types.ts';

/** A run, as a callback sees it. */
export interface PipelineView {
  /** The run's id. */
  readonly id: string;
  /** The pipeline's name. */
  readonly name: string;
  readonly project: string;
  readonly version: string;
  /** The run's arguments by parameter name. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Reports metrics and text of the run. */
  readonly logger: Logger;
  /** Adds tags to the run. */
  addTags(tags: readonly string[]): void;
  /** Ends the run as aborted. Running steps are terminated. */
  abort(reason?: string): void;
}

/** The status of a step. */
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

/** A step, as a callback sees it. */
export interface NodeView {
  readonly name: string;
  /** The name of the step's component. */
  readonly component: string;
  readonly status: NodeStatus;
  /** The number of the attempt, from 1; 0 before the first attempt. */
  readonly attempt: number;
  /** Names of the steps that it depends on. */
  readonly parents: readonly string[];
  readonly executionQueue: string;
  readonly artifacts: readonly {
    readonly name: string;
    readonly type: string;
    readonly size: number;
    readonly preview: string;
  }[];
  readonly models: readonly { readonly name: string; readonly size: number }[];
  /** The error of the last attempt, if it failed. */
  readonly error?: NodeError | undefined;
}

/** The error of a step, as a callback sees it. */
export interface NodeError {
  readonly name: string;
  readonly message: string;
  /** The property `code` of the error, as in `ECONNRESET`. */
  readonly code?: string | number | undefined;
}

/** Reports metrics and text. */
export interface Logger {
  /**
   * Reports a point of the metric `title`, `series`, which is shown as a curve over the iterations.
   */
  reportScalar(title: string, series: string, value: number, iteration: number): void;
  /** Writes a text to the log. */
  reportText(text: string): void;
}

/**
 * Called before the cache is read for the step and the step is launched. `params` has the arguments
 * by parameter name; assignments to it change the arguments. If the callback returns `false`, the
 * step and the steps that depend on it are skipped.
 */
export type PreExecuteCallback = (
  pipeline: PipelineView,
  node: NodeView,
  params: Record<string, unknown>,
  // biome-ignore lint/suspicious/noConfusingVoidType: most callbacks return nothing
) => boolean | void;

/** Called after the step has ended, before its children are launched. */
export type PostExecuteCallback = (pipeline: PipelineView, node: NodeView) => void;

/** Called at each change of the step's status, in order. */
export type StatusChangeCallback = (
  pipeline: PipelineView,
  node: NodeView,
  previousStatus: NodeStatus,
) => void;

/**
 * Called when an attempt failed. `true` starts another attempt. `retries` is the number of retries
 * so far, from 0.
 */
export type RetryCallback = (pipeline: PipelineView, node: NodeView, retries: number) => boolean;

/** A metric as `[title, series]`. */
export type MetricName = readonly [string, string];

/**
 * Options about the environment of a step's container. On this machine, steps run in subprocesses
 * with the project's own packages.
 */
export interface EnvironmentOptions {
  /**
   * Packages with version ranges (`['csv-parse@^5']`), or the path of a `package.json`. By default,
   * the packages that the code imports.
   */
  readonly packages?: readonly string[] | string | undefined;
  /** The image of the step's container. */
  readonly docker?: string | undefined;
  /** Options of `docker run`, as one string. */
  readonly dockerArgs?: string | undefined;
  /** A bash script that the container executes first. */
  readonly dockerBashSetupScript?: string | undefined;
  /** A repository (URL or local path) that is checked out as the root of the working directory. */
  readonly repo?: string | undefined;
  /** The branch or tag that is checked out. By default, the HEAD of the repository. */
  readonly repoBranch?: string | undefined;
  /** The commit that is checked out. */
  readonly repoCommit?: string | undefined;
  /**
   * Environment variables with secrets: the name of each variable, and the name of its secret in
   * AWS Secrets Manager, as in `{ DB_PASSWORD: 'team/database:password' }`. Here `:password`
   * selects a field of a secret that is a JSON object. Only names are stored. On this machine, a
   * step has the variables of the process that starts the run.
   */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** The working directory, relative to the project's or the repository's root. */
  readonly workingDir?: string | undefined;
  /**
   * Variables of the step's process, in every mode. They are part of the cache key. Secrets belong
   * into `secrets`.
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** What the step's container needs. On this machine, it has no effect. */
  readonly resources?: ResourceOptions | undefined;
}

/** CPUs, memory, GPUs and disk of a container. Fargate rounds them up to the sizes that it offers. */
export interface ResourceOptions {
  /** Virtual CPUs, as in `4` or `0.5`. */
  readonly cpu?: number | undefined;
  /** As in `'16 GiB'` or `'512 MiB'`. */
  readonly memory?: string | undefined;
  /** The number of GPUs. The queue needs machines that have them. */
  readonly gpu?: number | undefined;
  /** As in `'100 GiB'`. */
  readonly disk?: string | undefined;
}

/** The purpose of a step: one of ClearML's task types, or any other text. */
export type TaskType =
  | 'training'
  | 'testing'
  | 'inference'
  | 'data_processing'
  | 'application'
  | 'monitor'
  | 'controller'
  | 'optimizer'
  | 'service'
  | 'qc'
  | 'custom'
  | (string & {});

/** The effect of a step's failure or abort on the rest of the run. */
export interface ContinueBehaviour {
  /** The step's failure does not fail the run. Default: false. */
  readonly continueOnFail?: boolean | undefined;
  /** The step's abort does not fail the run. Default: false. */
  readonly continueOnAbort?: boolean | undefined;
  /**
   * Steps that depend on the step are skipped when it fails. If `false`, they run with `undefined`
   * in place of its results. Default: true.
   */
  readonly skipChildrenOnFail?: boolean | undefined;
  /** The same when the step is aborted. Default: true. */
  readonly skipChildrenOnAbort?: boolean | undefined;
}

/** The delay before a retry. */
export interface RetryBackoff {
  /** Seconds before the first retry. Default: 1. */
  readonly initialSeconds?: number | undefined;
  /** The factor of the delay from one retry to the next. Default: 2. */
  readonly factor?: number | undefined;
  /** The longest delay in seconds. Default: 60. */
  readonly maxSeconds?: number | undefined;
}

/** How many steps may be queued or running at once. */
export interface ConcurrencyLimit {
  /** The number of steps. */
  readonly limit: number;
  /**
   * A name that components of any pipeline of the project share, as in `gpu-licence`: the limit is
   * that of all their steps. Without it, the limit is that of this component of this pipeline.
   */
  readonly key?: string | undefined;
  /** `project` (default): all runs of the project share the limit. `run`: each run has its own. */
  readonly scope?: 'run' | 'project' | undefined;
}

/** Options of the cache. */
export interface CacheOptions {
  /** Seconds after which an entry is not used any more. */
  readonly ttl?: number | undefined;
  /** Text that becomes part of the key. */
  readonly salt?: string | undefined;
  /**
   * `readWrite` (default) uses and stores results; `refresh` only stores them; `read` only uses
   * them.
   */
  readonly mode?: 'readWrite' | 'refresh' | 'read' | undefined;
}

/** The options of `component`. */
export interface ComponentOptions<N extends readonly string[] = readonly string[]>
  extends EnvironmentOptions {
  /**
   * Names of the values that the function returns. With one name, it is the returned value as a
   * whole. With several names, the function returns an array with as many values. Default:
   * `['return_object']`.
   */
  readonly returnValues?: N | undefined;
  /** The step's name. By default, the function's name. */
  readonly name?: string | undefined;
  /** Reuses the results of an earlier call with the same code and arguments. Default: false. */
  readonly cache?: boolean | CacheOptions | undefined;
  /** The queue of the component's steps. By default, the pipeline's queue. */
  readonly executionQueue?: string | undefined;
  /**
   * `process`: each attempt has a process of its own. `shared`: the component's calls of one run
   * are executed one after the other in processes that stay, each with fresh modules of your code.
   * It has an effect on this machine only. Default: `process`.
   */
  readonly isolation?: 'process' | 'shared' | undefined;
  /**
   * The step's failure does not fail the run; the steps that depend on it are skipped. Short for
   * `continueBehaviour: { continueOnFail: true }`.
   */
  readonly continueOnFail?: boolean | undefined;
  /** The effect of a step's failure or abort on the rest of the run. */
  readonly continueBehaviour?: ContinueBehaviour | undefined;
  /** The purpose of the step, as in `training`, for display. Default: `data_processing`. */
  readonly taskType?: TaskType | undefined;
  /** Functions that the step calls. Accepted, without effect: the bundler finds them. */
  readonly helperFunctions?: readonly ((...args: never) => unknown)[] | undefined;
  /**
   * Names of steps or components that must succeed first, in addition to those whose results it
   * receives.
   */
  readonly parents?: readonly string[] | undefined;
  /**
   * The number of retries, or a function that decides on each retry. By default, the pipeline's
   * number.
   */
  readonly retryOnFailure?: number | RetryCallback | undefined;
  /** The delay before a retry. */
  readonly retryBackoff?: RetryBackoff | undefined;
  /** The time limit of an attempt. An attempt that takes longer is stopped and counts as failed. */
  readonly timeoutSeconds?: number | undefined;
  /**
   * The longest time that the step waits in its queue before it fails. Default: the pipeline's, else
   * 24 hours (or the deployment's). It does not end while another step of the component runs in the
   * same queue.
   */
  readonly queueTimeoutSeconds?: number | undefined;
  /**
   * How many steps of the component may be queued or running at once, in all runs of the project. Other
   * steps wait, first come, first served. `concurrency: 2` is short for `{ limit: 2 }`.
   */
  readonly concurrency?: number | ConcurrencyLimit | undefined;
  /** Called before the step is launched. */
  readonly preExecuteCallback?: PreExecuteCallback | undefined;
  /** Called after the step has ended. */
  readonly postExecuteCallback?: PostExecuteCallback | undefined;
  /** Called at each change of the step's status. */
  readonly statusChangeCallback?: StatusChangeCallback | undefined;
  /**
   * Metrics of the step that are recorded on the run, too: a title with all its series,
   * `[title, series]`, or a pair of such pairs for the step's metric and the run's.
   */
  readonly monitorMetrics?:
    | readonly (string | MetricName | readonly [MetricName, MetricName])[]
    | undefined;
  /**
   * Artifacts of the step that are recorded on the run, too: a name, or a pair of names for the
   * step's artifact and the run's.
   */
  readonly monitorArtifacts?: readonly (string | readonly [string, string])[] | undefined;
  /**
   * Models of the step that are recorded on the run, too. `model_*` is the last name in
   * lexicographic order that starts with `model_`; `*` is the model that was created last.
   */
  readonly monitorModels?: readonly (string | readonly [string, string])[] | undefined;
  /** Tags of the step. */
  readonly tags?: readonly string[] | undefined;
  /** Marks the step as a draft, for display. */
  readonly draft?: boolean | undefined;
  /** The stage of the pipeline that the step belongs to, for display. */
  readonly stage?: string | undefined;
  /** Only `false`: Headrace patches no framework. Report with `currentStep().logger`. */
  readonly autoConnectFrameworks?: false | undefined;
  /** Only `false`: a step's parameters are always recorded. */
  readonly autoConnectArgParser?: false | undefined;
}

/** The options of `pipeline`. */
export interface PipelineOptions extends EnvironmentOptions {
  /** The pipeline's name. By default, the function's name. */
  readonly name?: string | undefined;
  /** The project: names separated by `/`. Default: `default`. */
  readonly project?: string | undefined;
  /** Up to three numbers, as in `1.2.3`. Default: `1.0.0`. */
  readonly version?: string | undefined;
  /**
   * If the version is registered with other code, the next patch version is used. If `false`, this
   * is an error. Default: true.
   */
  readonly autoVersionBump?: boolean | undefined;
  /** The run is shown as `name#7`; if `false`, as `name`. Default: true. */
  readonly addRunNumber?: boolean | undefined;
  /** The name under which the result is stored as an artifact of the run. */
  readonly returnValue?: string | undefined;
  /** The queue of steps whose component names none. */
  readonly defaultQueue?: string | undefined;
  /**
   * Sections of the parameters, as in `{ General: ['url'] }`, for display and for `--arg
   * General/url=…`.
   */
  readonly argsMap?: Readonly<Record<string, readonly string[]>> | undefined;
  /** When runs start without a request: `headrace schedules apply <file>` makes it so. */
  readonly schedules?: readonly DeclaredSchedule[] | undefined;
  /**
   * Paths of the project that `inputFile` may name, as in `['data/*.csv', 'labels']`. They are
   * uploaded when the run is started in AWS. Not needed for literals and for parameters that the
   * pipeline gives to `inputFile`.
   */
  readonly inputs?: readonly string[] | undefined;
  /** Minutes between two sweeps for lost messages. Headrace does not poll. Default: 5. */
  readonly poolFrequency?: number | undefined;
  /** Adds the tag `pipe: <run id>` to each step. Default: false. */
  readonly addPipelineTags?: boolean | undefined;
  /** Tags of the run. */
  readonly tags?: readonly string[] | undefined;
  /** The project of the steps and their data. Default: the pipeline's project. */
  readonly targetProject?: string | undefined;
  /**
   * The first failure that is not tolerated stops all running steps and ends the run. Default:
   * false.
   */
  readonly abortOnFailure?: boolean | undefined;
  /**
   * The queue that evaluates the pipeline's logic. Default: `services`. If `null`, this process
   * evaluates it.
   */
  readonly pipelineExecutionQueue?: string | null | undefined;
  /**
   * The number of retries of steps whose component has no such option, or a function that decides
   * on each of them. Default: 0.
   */
  readonly retryOnFailure?: number | RetryCallback | undefined;
  /** The time limit of a run. A run that takes longer fails. */
  readonly timeoutSeconds?: number | undefined;
  /** The longest time in the queue of steps whose component has no such option. */
  readonly queueTimeoutSeconds?: number | undefined;
  /** Converts a step's result to bytes or text, in place of the built-in formats. */
  readonly artifactSerializer?: ((value: never) => unknown) | undefined;
  /** Converts the bytes of `artifactSerializer` to the value. */
  readonly artifactDeserializer?: ((bytes: never) => unknown) | undefined;
}
