/**
 * Marks the errors that leave it open whether a turn launched its groups (`LaunchInterruptedError`).
 *
 * @module
 */
import { type Jobs, LaunchInterruptedError } from '../../ports/jobs.ts';
import { RecordRejectedError } from '../../ports/tasks.ts';

/**
 * Does `work`, which is part of the launch of these groups.
 *
 * @throws LaunchInterruptedError if it fails and jobs of one of the groups cannot be found later
 */
export async function launching<Result>(
  jobs: Pick<Jobs, 'findsJobs'>,
  groups: readonly { readonly queue: string }[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const isKnown = error instanceof LaunchInterruptedError || error instanceof RecordRejectedError;
    if (isKnown || groups.every(({ queue }) => jobs.findsJobs(queue))) throw error;
    throw new LaunchInterruptedError(`a launch was interrupted: ${String(error)}`, {
      cause: error,
    });
  }
}
