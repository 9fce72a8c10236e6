/**
 * What a step's container and whoever submits it agree on: variables, paths, and the id of a job.
 *
 * @module
 */
/** The container's environment, as a job's overrides set it. Nothing secret beside the token, which is good for this group's attempts alone. */
export const CONTAINER_VARIABLES = {
  /** `s3://bucket/key` of the group's spec (see `group-spec.ts`); the bucket is the one that everything is read from and written to. */
  spec: 'HEADRACE_SPEC',
  /** The group's spec itself (`packSpec`), where it is small: then there is no object. */
  specText: 'HEADRACE_SPEC_TEXT',
  token: 'HEADRACE_TOKEN',
  /** URL of the FIFO queue of transitions. */
  transitions: 'HEADRACE_TRANSITIONS',
  /** Seconds between SIGTERM and SIGKILL, where they are not the 30 of AWS Batch. */
  graceSeconds: 'HEADRACE_GRACE_SECONDS',
} as const;

/** The environment of a container that evaluates the logic of a run. */
export const EVALUATOR_VARIABLES = {
  /** URL of the API. That it is there tells the runner that it has no step. */
  api: 'HEADRACE_EVALUATE',
  run: 'HEADRACE_RUN',
  /** The run's evaluator's: good for that run's evaluation alone, and only until the run is over. */
  token: 'HEADRACE_TOKEN',
} as const;

/** What a step's container runs: in the default image, and in any other that has the runner's volume at `RUNNER_FOLDER`. */
export const RUNNER_FOLDER = '/headrace';
export const RUNNER_COMMAND: readonly string[] = [`${RUNNER_FOLDER}/bin/start`];

/** What the init container, of the runner's image, runs: copies the runner into the volume that is mounted there. */
export const INIT_VOLUME_FOLDER = '/headrace-volume';
export const INIT_COMMAND: readonly string[] = [`${RUNNER_FOLDER}/bin/install`, INIT_VOLUME_FOLDER];

/** What a container may take beside its step's limit, to make the environment: its supervisor minds the two together, too. */
const MAX_PREPARATION_SECONDS = 300;
/** Five minutes in which the queue is tried, the step's grace, and a container that another one came before: Batch's clock began earlier. */
const BATCH_MARGIN_SECONDS = 420;
/** The least that Batch takes. */
const MIN_BATCH_TIMEOUT_SECONDS = 60;

/** Seconds from the container's start within which a step with this limit has to be over: its supervisor ends it then, and says so. */
export const containerTimeoutSeconds = (stepLimit: number): number =>
  stepLimit + MAX_PREPARATION_SECONDS;
/** Batch's own limit for its job: for a supervisor that is ill. It strikes so late that whatever it ends was told to end before. */
export const batchTimeoutSeconds = (stepLimit: number): number =>
  Math.max(
    MIN_BATCH_TIMEOUT_SECONDS,
    Math.ceil(containerTimeoutSeconds(stepLimit) + BATCH_MARGIN_SECONDS),
  );

/**
 * The container could not begin (no spec, no answer of the store): nothing that the step did. A step that exits with this code by itself is retried on the
 * budget of the infrastructure, which is small.
 */
export const EXIT_PREPARATION_FAILED = 79;

/**
 * The id under which a container speaks: the Batch job's and the number of Batch's own attempt, which is another container under the same job's id.
 *
 * @param attempt from 1
 */
export const containerJobId = (batchJob: string, attempt: number): string =>
  `${batchJob}.${attempt}`;
/** The Batch job's id of a container's. */
export const batchJobIdOf = (job: string): string => job.replace(/\.\d+$/, '');
