/**
 * A job as it is kept: a job of its own, an array's parent, or one of its children.
 *
 * 1. An array's parent runs nothing: it waits until every child ended, and counts them by status.
 * 2. SUCCEEDED and FAILED are the end: no status comes after them.
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

/** Why a running job is being stopped. */
export type StopCause =
  | { readonly kind: 'terminate' | 'timeout'; readonly reason: string }
  | { readonly kind: 'reclaim'; readonly kill: boolean };

/** What all children of an array have in common. */
export interface JobSpec extends ResolvedJob {
  readonly name: string;
  readonly queue: JobQueue;
  readonly definition: JobDefinition;
  readonly submission: SubmitJob;
  readonly retry: RetryStrategy | undefined;
  readonly timeoutSeconds: number | undefined;
}

export interface Job {
  readonly id: string;
  readonly arn: string;
  readonly spec: JobSpec;
  readonly parent: Job | undefined;
  readonly index: number | undefined;
  /** Of an array's parent. */
  readonly children: readonly Job[] | undefined;
  /** Children by status, of an array's parent. */
  readonly summary: Record<Status, number> | undefined;
  readonly createdAt: number;
  tags: Record<string, string>;
  status: Status;
  statusReason: string | undefined;
  startedAt: number | undefined;
  stoppedAt: number | undefined;
  /** Those that ended. */
  readonly attempts: AttemptRecord[];
  /** The one that runs, or the last that did. */
  attempt: AttemptRecord | undefined;
  environment: ComputeEnvironment | undefined;
  /** Jobs that it waits for. */
  readonly blockers: Set<Job>;
  /** Jobs that wait for it. */
  readonly dependents: Job[];
  /** By CancelJob, or TerminateJob before it ran. */
  cancelled: boolean;
  terminated: boolean;
  stopReason: string | undefined;
  /** Stops the attempt that runs. */
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

/** A job as submitted, with all its children. */
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
