/**
 * Classifies the reasons that Batch, ECS and Headrace give for the end of a job. The texts of AWS
 * are not a contract and are matched loosely. An unknown reason counts by its exit code; without an
 * exit code it counts as an infrastructure failure. Sources of the texts:
 *
 * - "Host EC2 (instance i-…) terminated.", "Task failed to start", and `AGENT` as a container's
 *   reason: the retry strategies of docs.aws.amazon.com/batch/latest/userguide/job_retries.html,
 *   and github.com/azavea/raster-vision-aws/issues/15 ("Host EC2 Terminated").
 * - "Your Spot Task was interrupted.": Fargate Spot through Batch in
 *   github.com/nextflow-io/nextflow/issues/5786; the task's reason, beside an exit code, in
 *   github.com/reproio/wrapbox/pull/53 and
 *   repost.aws/knowledge-center/fargate-spot-termination-notice.
 * - `…Error: …` prefixes:
 *   docs.aws.amazon.com/AmazonECS/latest/userguide/stopped-task-error-codes.html (Docker and
 *   containerd use different texts).
 * - Texts after CannotPullContainerError: "pull image manifest has been retried 5 time(s): … i/o
 *   timeout" (github.com/ActionIQ/terraform-aws-retool-ecs-fargate/issues/20) may be temporary.
 *   Denied access ("pull access denied", "no basic auth credentials", "repository does not exist or
 *   may require", gitlab-runner!6850), missing images, and images of another platform ("no matching
 *   manifest", "does not contain descriptor matching platform") are permanent.
 *
 * @module
 */

const REASON_PREFIX = 'headrace: ';
/** Batch accepts 1,024 characters. */
const MAX_REASON_LENGTH = 1000;

/** A reason that `readPrefixedReason` recognizes as one of Headrace. */
export const prefixReason = (reason: string): string =>
  `${REASON_PREFIX}${reason}`.slice(0, MAX_REASON_LENGTH);
export const readPrefixedReason = (reason: string): string | undefined =>
  reason.startsWith(REASON_PREFIX) ? reason.slice(REASON_PREFIX.length) : undefined;

/** Batch ended the job at its time limit. */
export const isTimeout = (reason: string): boolean =>
  /attempt duration exceeded timeout/i.test(reason);

const HOST_RECLAIMED =
  /^Host EC2|spot task was interrupted|SpotInterruption|spot interruption|instance .* terminated/i;
const NOT_STARTED =
  /task failed to start|TaskFailedToStart|ResourceInitializationError|Cannot(Start|Create|Inspect|Stop)(Container|Volume)|(Docker|ContainerRuntime)(Timeout)?Error|\bAGENT\b|timeout waiting for network|host.*unavailable|InternalError/;
const PULL_FAILED = /CannotPull/i;
/** An image that no retry can pull. */
const PERMANENT_PULL_FAILURE =
  /unauthorized|denied|authentication required|no basic auth credentials|not found|does not exist|manifest unknown|no such image|invalid reference|no matching manifest|matching platform/i;
/**
 * A queue cancelled a job that waited for capacity. A job that the queue can never run has the
 * reason `MISCONFIGURATION:` instead.
 */
const NO_CAPACITY = /CAPACITY:/;

/** The step is not the cause: the machine, the network, the registry, or missing capacity is. */
export function isInfrastructure(reason: string): boolean {
  if (PULL_FAILED.test(reason)) return !PERMANENT_PULL_FAILURE.test(reason);
  return HOST_RECLAIMED.test(reason) || NOT_STARTED.test(reason) || NO_CAPACITY.test(reason);
}

export const isMisconfigured = (reason: string): boolean => /MISCONFIGURATION:/.test(reason);
export const isOutOfMemory = (reason: string): boolean => /OutOfMemory/i.test(reason);
