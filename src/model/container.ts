/**
 * The contract between a step's container and the submitter of its job: environment variables,
 * paths, time limits, and the id of a job.
 *
 * @module
 */

/**
 * The environment variables that the overrides of a job set. The token is the only secret among
 * them, and is valid for the attempts of this group alone.
 */
export const CONTAINER_VARIABLES = {
  /**
   * `s3://bucket/key` of the group's spec (see `group-spec.ts`). The runner reads and writes all
   * objects in this bucket.
   */
  spec: 'HEADRACE_SPEC',
  /** The group's spec itself (`packSpec`), if it is small. Then no object exists. */
  specText: 'HEADRACE_SPEC_TEXT',
  token: 'HEADRACE_TOKEN',
  /** URL of the FIFO queue of transitions. */
  transitions: 'HEADRACE_TRANSITIONS',
  /** Seconds between SIGTERM and SIGKILL, if they differ from the 30 of AWS Batch. */
  graceSeconds: 'HEADRACE_GRACE_SECONDS',
} as const;

/** The environment of a container that evaluates the logic of a run. */
export const EVALUATOR_VARIABLES = {
  /** URL of the API. If it is set, the container evaluates logic instead of a step. */
  api: 'HEADRACE_EVALUATE',
  run: 'HEADRACE_RUN',
  /** The token of the run's evaluator: valid for the evaluation of this run, until the run ends. */
  token: 'HEADRACE_TOKEN',
} as const;

/** The environment of a container that a process of this machine starts (`--containers`). */
export const LOCAL_CONTAINER_VARIABLES = {
  /** If it is set, the runner receives its work through standard input. */
  channel: 'HEADRACE_CHANNEL',
  /** `uid:gid`: the owner of the objects that the container writes, if it runs as root. */
  owner: 'HEADRACE_OWNER',
  /** The folder of the container that has the home's folder `objects`. */
  home: 'HEADRACE_HOME',
} as const;

/** The last line of the log of a container, which its supervisor writes in AWS. */
export const lastLogLine = (stream: string): string => `END of the log ${stream}`;

/** Where a container on this machine has the home's folder `objects`. */
export const LOCAL_HOME_FOLDER = '/headrace-home';

/**
 * The folder of the runner: part of the default image, and a mounted volume in all other images.
 */
export const RUNNER_FOLDER = '/headrace';
export const RUNNER_COMMAND: readonly string[] = [`${RUNNER_FOLDER}/bin/start`];

/** The init container has the runner's image. Its command copies the runner into this volume. */
export const INIT_VOLUME_FOLDER = '/headrace-volume';
export const INIT_COMMAND: readonly string[] = [`${RUNNER_FOLDER}/bin/install`, INIT_VOLUME_FOLDER];

/**
 * The time that a container may spend on its environment, in addition to the step's limit. The
 * supervisor enforces the sum.
 */
const MAX_PREPARATION_SECONDS = 300;
/**
 * It covers five minutes of attempts to send to the queue, the step's grace period, and the time of
 * an earlier container of the same job: Batch measures from the start of that container.
 */
const BATCH_MARGIN_SECONDS = 420;
/** The smallest timeout that AWS Batch accepts. */
const MIN_BATCH_TIMEOUT_SECONDS = 60;

/**
 * Seconds from the container's start until the supervisor stops a step with this limit, and reports
 * the timeout.
 */
export const containerTimeoutSeconds = (stepLimit: number): number =>
  stepLimit + MAX_PREPARATION_SECONDS;
/**
 * The timeout of the Batch job, for a supervisor that does not react. It is longer than the
 * supervisor's own limit, so that a working supervisor always reports first.
 */
export const batchTimeoutSeconds = (stepLimit: number): number =>
  Math.max(
    MIN_BATCH_TIMEOUT_SECONDS,
    Math.ceil(containerTimeoutSeconds(stepLimit) + BATCH_MARGIN_SECONDS),
  );

/**
 * The exit code of a container that could not start its step, because the spec is missing or the
 * store does not respond. It counts as a failure of the infrastructure. A step that exits with this
 * code itself is therefore retried within the budget of the infrastructure, which is small.
 */
export const EXIT_PREPARATION_FAILED = 79;

/**
 * The exit code of a container whose outcome the queue of transitions did not accept: it is an
 * object. The job therefore counts as failed, and AWS reports its end; it does not for a job that
 * succeeded, whose outcome is a message.
 */
export const EXIT_OUTCOME_STORED = 80;

/**
 * The id that a container sends in its messages: the id of the Batch job, and the number of the
 * attempt that Batch itself made. Each such attempt is another container under the same job id.
 *
 * @param attempt from 1
 */
export const containerJobId = (batchJob: string, attempt: number): string =>
  `${batchJob}.${attempt}`;
/** The id of the Batch job, from a container's id. */
export const batchJobIdOf = (job: string): string => job.replace(/\.\d+$/, '');
