/**
 * Classifies the exit of a job's process: the fault, and the reason as a sentence for users.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import type { TransitionOf } from '../../model/transition.ts';

export interface JobExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why the engine stopped it; undefined if it did not. */
  readonly stopRequest:
    | { readonly fault: 'timeout' | 'abort'; readonly reason: string }
    | undefined;
  /** The outcome that its runner sent. */
  readonly outcome:
    | { readonly ok: true }
    | { readonly ok: false; readonly error: ErrorRecord }
    | undefined;
  /** The last part of its log. */
  readonly logTail: string;
  /** The most bytes of its heap, if its runner got ready. */
  readonly heapLimit: number | undefined;
  /** Why one of its messages was rejected. */
  readonly rejectedMessage: string | undefined;
  /** Why it did not start; undefined if it did. */
  readonly startFailure: string | undefined;
}

/** The message of V8 when its heap is full. */
const OUT_OF_MEMORY = /JavaScript heap out of memory/;
const MAX_REASON_LENGTH = 1000;

export function classifyExit(
  exit: JobExit,
): Pick<TransitionOf<'job.ended'>, 'exitCode' | 'signal' | 'fault' | 'reason'> {
  const { exitCode, signal } = exit;
  const reason = reasonOf(exit);
  return {
    exitCode,
    signal,
    fault: faultOf(exit),
    reason: reason.length > MAX_REASON_LENGTH ? `${reason.slice(0, MAX_REASON_LENGTH)}…` : reason,
  };
}

function faultOf({
  stopRequest,
  outcome,
  startFailure,
}: JobExit): TransitionOf<'job.ended'>['fault'] {
  // A success that was sent before the stop took effect counts.
  if (stopRequest !== undefined && outcome?.ok !== true) return stopRequest.fault;
  if (startFailure !== undefined) return 'infrastructure';
  return 'step';
}

function reasonOf({
  exitCode,
  signal,
  stopRequest,
  outcome,
  logTail,
  heapLimit,
  rejectedMessage,
  startFailure,
}: JobExit): string {
  if (outcome?.ok === true)
    return exitCode === 0 ? 'completed' : `completed, then ${exitDescription(exitCode, signal)}`;
  if (stopRequest !== undefined) return stopRequest.reason;
  if (startFailure !== undefined) return `did not start: ${startFailure}`;
  if (outcome !== undefined) return `${outcome.error.name}: ${outcome.error.message}`;
  if (
    OUT_OF_MEMORY.test(logTail) &&
    (signal === 'SIGABRT' || exitCode === 134 || signal === 'SIGTRAP' || exitCode === 133)
  ) {
    return heapLimit === undefined
      ? 'ran out of memory'
      : `ran out of memory (heap limit ${Math.round(heapLimit / 2 ** 20)} MiB)`;
  }
  const rejection = rejectedMessage === undefined ? '' : ` (${rejectedMessage})`;
  if (signal === 'SIGKILL')
    return `killed by SIGKILL${rejection}: by a user, or by the system because memory ran out`;
  return `${exitDescription(exitCode, signal)}${exitCode === 0 ? ' without a result' : ''}${rejection}`;
}

const exitDescription = (exitCode: number | null, signal: string | null): string =>
  signal === null ? `exited with code ${exitCode}` : `killed by ${signal}`;
