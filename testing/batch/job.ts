/**
 * The record of a job: a single job, an array's parent, or one of its children.
 *
 * 1. An array's parent runs nothing: it counts its children by status, and ends with the last one.
 * 2. SUCCEEDED and FAILED are final statuses.
 *
 * @module
 */
import type { ComputeEnvironment, JobQueue } from './compute.ts';
import type { JobDefinition } from './definitions.ts';
import type { ResolvedJob } from './resolve.ts';
import type { RetryStrategy, SubmitJob } from './shapes.ts';

export const STATUSES = [
  'SUBMITTED',
  'PENDING',
  'RUNNABLE',
  'STARTING',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
] as const;
export type Status = (typeof STATUSES)[number];

export interface ContainerRecord {
  readonly name: string;
  readonly logStreamName: string;
  exitCode: number | undefined;
  reason: string | undefined;
}

/** One attempt: its task. */
export interface AttemptRecord {
  readonly taskId: string;
  readonly taskArn: string;
  readonly containerInstanceArn: string | undefined;
  readonly containers: readonly ContainerRecord[];
  startedAt: number | undefined;
  stoppedAt: number | undefined;
  statusReason: string | undefined;
}

/** Why a running job is stopped. */
export type StopCause =
  | { readonly kind: 'terminate' | 'timeout'; readonly reason: string }
  | { readonly kind: 'reclaim'; readonly kill: boolean };

/** The data that all children of an array share. */
export interface JobSpec extends ResolvedJob {
  readonly name: string;
  readonly queue: JobQueue;
  readonly definition: JobDefinition;
  readonly submission: SubmitJob;
  /** Tags of the definition that the task has, too. They are not tags of the job itself. */
  readonly taskTags: Readonly<Record<string, string>>;
  readonly retry: RetryStrategy | undefined;
  readonly timeoutSeconds: number | undefined;
}

export interface Job {
  readonly id: string;
  readonly arn: string;
  readonly spec: JobSpec;
  readonly parent: Job | undefined;
  readonly index: number | undefined;
  /** Only for an array's parent. */
  readonly children: readonly Job[] | undefined;
  /** Number of children by status, for an array's parent. */
  readonly summary: Record<Status, number> | undefined;
  readonly createdAt: number;
  tags: Record<string, string>;
  status: Status;
  statusReason: string | undefined;
  startedAt: number | undefined;
  stoppedAt: number | undefined;
  /** The attempts that ended. */
  readonly attempts: AttemptRecord[];
  /** The running or last attempt. */
  attempt: AttemptRecord | undefined;
  environment: ComputeEnvironment | undefined;
  /** Jobs that this job waits for. */
  readonly blockers: Set<Job>;
  /** Jobs that wait for this job. */
  readonly dependents: Job[];
  /** By CancelJob, or by TerminateJob before the job ran. */
  cancelled: boolean;
  terminated: boolean;
  stopReason: string | undefined;
  /** Stops the running attempt. */
  stop: ((cause: StopCause) => void) | undefined;
}

export const isEnded = ({ status }: Job): boolean => status === 'SUCCEEDED' || status === 'FAILED';

const emptySummary = (): Record<Status, number> => ({
  SUBMITTED: 0,
  PENDING: 0,
  RUNNABLE: 0,
  STARTING: 0,
  RUNNING: 0,
  SUCCEEDED: 0,
  FAILED: 0,
});

/** Creates the record of a submitted job, with all its children. */
export function createJob(spec: JobSpec, id: string, arn: string, createdAt: number): Job {
  const size = spec.submission.arrayProperties?.size;
  const children: Job[] = [];
  const parent = blank(
    spec,
    id,
    arn,
    createdAt,
    undefined,
    undefined,
    size === undefined ? undefined : children,
  );
  for (let index = 0; index < (size ?? 0); index += 1)
    children.push(
      blank(spec, `${id}:${index}`, `${arn}:${index}`, createdAt, parent, index, undefined),
    );
  if (parent.summary !== undefined) parent.summary.SUBMITTED = children.length;
  return parent;
}

function blank(
  spec: JobSpec,
  id: string,
  arn: string,
  createdAt: number,
  parent: Job | undefined,
  index: number | undefined,
  children: readonly Job[] | undefined,
): Job {
  const tags = parent === undefined ? { ...spec.submission.tags } : {};
  return {
    ...{ id, arn, spec, parent, index, children, createdAt, tags },
    summary: children === undefined ? undefined : emptySummary(),
    status: 'SUBMITTED',
    statusReason: undefined,
    startedAt: undefined,
    stoppedAt: undefined,
    attempts: [],
    attempt: undefined,
    environment: undefined,
    blockers: new Set(),
    dependents: [],
    cancelled: false,
    terminated: false,
    stopReason: undefined,
    stop: undefined,
  };
}
