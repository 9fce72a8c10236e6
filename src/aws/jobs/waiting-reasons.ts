/**
 * Explains why a job waits in its queue. Pure.
 *
 * Batch states a reason for the job at the head of a blocked queue, in an event and in the job's
 * `statusReason` (docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html). On Fargate
 * it states none for missing capacity or an exceeded quota: the state of the queue is all that is
 * known.
 *
 * @module
 */

interface WaitingJob {
  readonly status?: string | undefined;
  readonly statusReason?: string | undefined;
}

/** A job queue as `DescribeJobQueues` returns it. */
export interface QueueState {
  readonly name: string;
  readonly state?: string | undefined;
  readonly status?: string | undefined;
  readonly statusReason?: string | undefined;
}

/** What an operator or user can do, by the start of Batch's reason. */
const REMEDIES: readonly (readonly [prefix: string, remedy: string])[] = [
  [
    'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    'AWS has no such machine now: it starts when there is one; more instance types, zones, or no spot find one sooner',
  ],
  [
    'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
    'the step needs more than the queue may ever have: raise maxVcpus of the queue, or request less',
  ],
  [
    'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
    'no instance type of the queue is large enough: add a larger one, or request less',
  ],
  [
    'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED',
    'EC2 refuses the configuration of the machines: check the instance types and zones of the queue',
  ],
  [
    'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS',
    'the service role of AWS Batch lacks permissions: restore its managed policy',
  ],
  ['ACTION_REQUIRED', 'the compute environment is invalid: its status in AWS Batch states why'],
  ['UNDETERMINED', 'AWS Batch does not know why: check the compute environment and its machines'],
];

/** Batch's reason, with a remedy if it is a known one. */
export function describeBlockedReason(reason: string): string {
  const remedy = REMEDIES.find(([prefix]) => reason.startsWith(prefix))?.[1];
  return remedy === undefined ? reason : `${reason} (${remedy})`;
}

export function describeWaiting(job: WaitingJob, queue: QueueState | undefined): string {
  if (job.status === 'RUNNABLE' && job.statusReason) return describeBlockedReason(job.statusReason);
  if (job.status === 'STARTING') return 'its container is being started';
  if (queue?.state === 'DISABLED') return `queue ${queue.name} is disabled`;
  if (queue?.status !== undefined && queue.status !== 'VALID')
    return `queue ${queue.name} is ${queue.status}${queue.statusReason ? ` (${queue.statusReason})` : ''}`;
  return 'waits for capacity: other jobs of the queue, its maxVcpus, a quota of the account (vCPUs of Fargate or EC2), or the capacity of AWS';
}
