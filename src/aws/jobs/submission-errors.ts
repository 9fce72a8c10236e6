/**
 * Submissions that fail for good: repeating the request gives the same error.
 *
 * @module
 */
import { BatchServiceException } from '@aws-sdk/client-batch';
import { DockerArgsError } from '../../model/docker-settings.ts';
import { HeadraceError } from '../../model/errors.ts';
import { ResourcesError } from './resources.ts';

/** The queue does not belong to the deployment. */
export class UnknownQueueError extends HeadraceError {
  constructor(
    readonly queue: string,
    known: readonly string[],
  ) {
    super(`there is no queue ${queue} in this deployment: it has ${known.join(', ')}`);
  }
}

/** Batch rejected the request itself. Throttling and faults of the service are not rejections. */
export const isRejectedRequest = (error: unknown): boolean =>
  error instanceof BatchServiceException &&
  error.$fault === 'client' &&
  error.$metadata.httpStatusCode !== 429 &&
  !/Throttl|TooManyRequests/i.test(error.name);

/** Headrace or Batch rejects the job, and would reject it again. */
export const isPermanentFailure = (error: unknown): boolean =>
  error instanceof DockerArgsError ||
  error instanceof ResourcesError ||
  error instanceof UnknownQueueError ||
  isRejectedRequest(error);

/** The reason of a job that was never submitted. */
export const launchFailureReason = (error: unknown): string =>
  `could not be launched: ${error instanceof Error ? error.message : String(error)}`;
