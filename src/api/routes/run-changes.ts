/**
 * Changes of one run, as the routes for one run and those for many make them.
 *
 * @module
 */
import { isTerminalRun, type Run } from '../../model/run.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';

/** @throws ProblemError for a run that completed or failed */
export async function abortUnlessEnded(
  { runs }: Pick<ApiPorts, 'runs'>,
  run: Run,
  reason: string,
): Promise<void> {
  const { status } = run.head;
  if (status === 'completed' || status === 'failed')
    throw new ProblemError(
      409,
      `run ${run.info.id} is ${status} already: there is nothing to abort`,
    );
  if (status !== 'aborted') await runs.abort(run, reason);
}

/** @throws ProblemError for a run that has not ended */
export async function removeIfEnded({ runs }: Pick<ApiPorts, 'runs'>, run: Run): Promise<void> {
  if (!isTerminalRun(run.head.status))
    throw new ProblemError(409, `run ${run.info.id} is ${run.head.status}: abort it first`);
  await runs.remove(run);
}

/** @throws ProblemError for a run that has not ended */
export function requireArchivable({ info, head: { status } }: Run): void {
  if (!isTerminalRun(status))
    throw new ProblemError(
      409,
      `run ${info.id} is ${status}: only a run that has ended can be archived`,
    );
}
