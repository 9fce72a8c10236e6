/**
 * The error of a run that fails because of steps whose failures no code handled.
 *
 * @module
 */

/** Names one failed step, and counts the others. */
export function failedStepsMessage(
  step: {
    readonly name: string;
    readonly status: string;
    /** The message of its error, if it has one. */
    readonly reason: string | undefined;
  },
  otherFailures: number,
): string {
  const { name, status, reason } = step;
  const description = `step ${name} ${status}${reason === undefined ? '' : `: ${reason}`}`;
  return otherFailures === 0
    ? description
    : `${description} (and ${otherFailures} more ${otherFailures === 1 ? 'step' : 'steps'} failed)`;
}
