/**
 * The result that a runner left in the object store, because no queue accepted its message.
 *
 * @module
 */
import { outputPrefix } from '../../model/object-layout.ts';
import type { Step } from '../../model/step.ts';
import { readStoredResult } from '../../ports/stored-messages.ts';
import { lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';
import { onFinished } from './job-messages.ts';

/**
 * Handles the stored result of the last attempt, if there is one. Returns why it was rejected, if
 * it was.
 */
export async function recoverResult(turn: Turn, step: Step): Promise<string | undefined> {
  const attempt = lastAttempt(step);
  if (attempt?.owner === undefined) return undefined;
  const { result, rejectedResult } = await readStoredResult(
    turn.context.objects,
    outputPrefix(turn.info, step.call, attempt.number),
    attempt.owner,
  );
  const { number, owner } = attempt;
  if (result !== undefined)
    await onFinished(turn, { ...result, call: step.call, attempt: number, job: owner });
  return rejectedResult;
}
