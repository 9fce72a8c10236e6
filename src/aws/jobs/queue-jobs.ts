/**
 * Counts the jobs that Batch lists in a queue. Pure.
 *
 * 1. An array job counts as its members: its parent lists how many of them are in each status. The
 *    parent itself is `PENDING` until all of them have ended.
 * 2. A job that changed its status between two requests is listed twice. The later status counts.
 *
 * @module
 */
import type { JobStatus, JobSummary } from '@aws-sdk/client-batch';
import { runOfJob } from '../../model/ids.ts';
import { type QueueLoad, type QueueWaiters, waitersOf } from '../../ports/queue-loads.ts';

/** Statuses of jobs that have not ended, in the order in which a job has them. */
export const UNFINISHED_STATUSES = [
  'SUBMITTED',
  'PENDING',
  'RUNNABLE',
  'STARTING',
  'RUNNING',
] as const satisfies readonly JobStatus[];
type UnfinishedStatus = (typeof UNFINISHED_STATUSES)[number];

/** The jobs of one status, in the order of `UNFINISHED_STATUSES`. */
export interface ListedJobs {
  readonly status: UnfinishedStatus;
  readonly jobs: readonly JobSummary[];
  /** The queue has more jobs of this status. */
  readonly more: boolean;
}

export interface MeasuredJobs {
  readonly load: Omit<QueueLoad, 'vcpus'>;
  readonly waiters: QueueWaiters;
}

interface Members {
  readonly waiting: number;
  readonly starting: number;
  readonly running: number;
}

export function measureJobs(listed: readonly ListedJobs[], measuredAt: number): MeasuredJobs {
  const jobs = new Map(
    listed.flatMap(({ jobs: summaries, status }) =>
      summaries
        .filter(({ arrayProperties }) => arrayProperties?.index === undefined)
        .map(({ jobId, jobName, createdAt, arrayProperties }) => [
          jobId ?? '',
          {
            run: runOfJob(jobName ?? ''),
            since: createdAt ?? measuredAt,
            ...membersOf(status, arrayProperties),
          },
        ]),
    ),
  );
  const total = { running: 0, starting: 0, waiting: 0 };
  let waitingSince: number | null = null;
  for (const { running, starting, waiting, since } of jobs.values()) {
    total.running += running;
    total.starting += starting;
    total.waiting += waiting;
    if (waiting > 0) waitingSince = Math.min(waitingSince ?? since, since);
  }
  const { items, partial } = waitersOf(
    [...jobs.values()].flatMap(({ run, waiting, since }) =>
      run === undefined || waiting === 0 ? [] : [{ run, waiting, since }],
    ),
  );
  return {
    load: { ...total, waitingSince, partial: listed.some(({ more }) => more), measuredAt },
    waiters: {
      items,
      partial: partial || listed.some(({ status, more }) => more && isWaiting(status)),
      measuredAt,
    },
  };
}

const isWaiting = (status: UnfinishedStatus): boolean =>
  status !== 'STARTING' && status !== 'RUNNING';

function membersOf(status: UnfinishedStatus, array: JobSummary['arrayProperties']): Members {
  const { size = 1, statusSummary = {} } = array ?? {};
  const count = (name: UnfinishedStatus): number => statusSummary[name] ?? 0;
  // A new array has no members yet.
  if (Object.values(statusSummary).every((members) => members === 0))
    return {
      waiting: isWaiting(status) ? size : 0,
      starting: status === 'STARTING' ? size : 0,
      running: status === 'RUNNING' ? size : 0,
    };
  return {
    waiting: count('SUBMITTED') + count('PENDING') + count('RUNNABLE'),
    starting: count('STARTING'),
    running: count('RUNNING'),
  };
}
