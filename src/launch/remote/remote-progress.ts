/**
 * Reads the progress of a child run from an API.
 *
 * @module
 */
import type { Client } from '../../client/client.ts';
import { ApiError } from '../../client/errors.ts';
import type { ChildProgress } from '../../view/child-progress.ts';

export async function remoteProgress(
  client: Client,
  id: string,
): Promise<ChildProgress | undefined> {
  try {
    const { status, steps } = await client.run(id);
    return { status, steps: steps.total, endedSteps: steps.total - steps.unfinished };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
