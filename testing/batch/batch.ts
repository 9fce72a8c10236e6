/**
 * Batch's operations on jobs: SubmitJob with its checks, CancelJob and TerminateJob.
 *
 * @module
 */
import type { z } from 'zod';
import type { Compute } from './compute.ts';
import type { Definitions } from './definitions.ts';
import { Refusal } from './errors.ts';
import type { Job, JobSpec } from './job.ts';
import type { Jobs } from './jobs.ts';
import type { Lifecycle } from './lifecycle.ts';
import { resolve } from './resolve.ts';
import type { SubmitJob, stopJobSchema } from './shapes.ts';

export interface BatchParts {
  readonly compute: Compute;
  readonly definitions: Definitions;
  readonly jobs: Jobs;
  readonly lifecycle: Lifecycle;
}

export function submitJob(
  { compute, definitions, jobs, lifecycle }: BatchParts,
  submission: SubmitJob,
): object {
  const queue = compute.queue(submission.jobQueue);
  if (queue.state === 'DISABLED')
    throw new Refusal(`Cannot submit job: job queue ${queue.name} is DISABLED`);
  const definition = definitions.active(submission.jobDefinition);
  const { request } = definition;
  const resolved = resolve(definition, submission);
  const propagated = submission.propagateTags ?? request.propagateTags ?? false;
  const spec: JobSpec = {
    ...resolved,
    name: submission.jobName,
    queue,
    definition,
    submission,
    taskTags: propagated ? { ...definition.tags } : {},
    retry: submission.retryStrategy ?? request.retryStrategy,
    timeoutSeconds:
      submission.timeout?.attemptDurationSeconds ?? request.timeout?.attemptDurationSeconds,
  };
  const dependencies = dependenciesOf(jobs, submission);
  const job = jobs.create(spec);
  block(job, dependencies);
  lifecycle.admit(job);
  return { jobArn: job.arn, jobId: job.id, jobName: spec.name };
}

interface Dependency {
  readonly on: Job | undefined;
  readonly type: 'N_TO_N' | 'SEQUENTIAL' | undefined;
}

function dependenciesOf(
  jobs: Jobs,
  { dependsOn = [], arrayProperties }: SubmitJob,
): readonly Dependency[] {
  const size = arrayProperties?.size;
  return dependsOn.map(({ jobId, type }) => {
    if (type !== undefined && size === undefined)
      throw new Refusal(`A dependency of type ${type} is for array jobs`);
    if (type === 'SEQUENTIAL') {
      if (jobId !== undefined)
        throw new Refusal(
          'A SEQUENTIAL dependency is between the children of the array itself: it has no jobId',
        );
      return { on: undefined, type };
    }
    const on = jobs.get(jobId ?? '');
    if (on === undefined) throw new Refusal(`dependsOn names job ${jobId}, which does not exist`);
    if (type === 'N_TO_N' && on.children?.length !== size)
      throw new Refusal(
        `N_TO_N needs an array of the same size; job ${jobId} has ${on.children?.length ?? 'no'} children, not ${size}`,
      );
    return { on, type };
  });
}

/** A dependency without a type waits for the whole job, in each child of an array too. */
function block(job: Job, dependencies: readonly Dependency[]): void {
  for (const { on, type } of dependencies) {
    if (job.children === undefined) {
      if (on !== undefined) job.blockers.add(on);
      continue;
    }
    for (const [index, child] of job.children.entries()) {
      const blocker =
        type === 'SEQUENTIAL'
          ? job.children[index - 1]
          : type === 'N_TO_N'
            ? on?.children?.[index]
            : on;
      if (blocker !== undefined) child.blockers.add(blocker);
    }
  }
}

/** Cancels a job that has not started; ignores a running or unknown job, as Batch does. */
export function cancelJob(
  { jobs, lifecycle }: BatchParts,
  { jobId, reason }: z.infer<typeof stopJobSchema>,
): void {
  const job = jobs.get(jobId);
  if (job !== undefined) lifecycle.cancel(job, reason);
}

export function terminateJob(
  { jobs, lifecycle }: BatchParts,
  { jobId, reason }: z.infer<typeof stopJobSchema>,
): void {
  const job = jobs.get(jobId);
  if (job !== undefined) lifecycle.terminate(job, reason);
}
