/**
 * How a job ended, from what is known of its process: whose fault it was, and a sentence for people.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import type { TransitionOf } from '../../model/transition.ts';

export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why we stopped it, if we did. */
  readonly stop: { readonly fault: 'timeout' | 'abort'; readonly reason: string } | undefined;
  /** The outcome that it told. */
  readonly outcome:
    | { readonly ok: true }
    | { readonly ok: false; readonly error: ErrorRecord }
    | undefined;
  /** The end of its log. */
  readonly log: string;
  /** Bytes that its heap could have, if it lived long enough to say so. */
  readonly heapLimit: number | undefined;
  /** Why a message of it did not count. */
  readonly refused: string | undefined;
  /** Why it did not start. */
  readonly unstarted: string | undefined;
}

const OUT_OF_MEMORY = /JavaScript heap out of memory/;
const REASON_CHARACTERS = 1000;

export function classify(
  ending: Ending,
): Pick<TransitionOf<'job.ended'>, 'exitCode' | 'signal' | 'fault' | 'reason'> {
  const { exitCode, signal } = ending;
  const reason = reasonOf(ending);
  return {
    exitCode,
    signal,
    fault: faultOf(ending),
    reason: reason.length > REASON_CHARACTERS ? `${reason.slice(0, REASON_CHARACTERS)}…` : reason,
  };
}

function faultOf({ stop, outcome, unstarted }: Ending): TransitionOf<'job.ended'>['fault'] {
  // An outcome that it told before it noticed the stop is its own.
  if (stop !== undefined && outcome?.ok !== true) return stop.fault;
  if (unstarted !== undefined) return 'infrastructure';
  return 'step';
}

function reasonOf({
  exitCode,
  signal,
  stop,
  outcome,
  log,
  heapLimit,
  refused,
  unstarted,
}: Ending): string {
  if (outcome?.ok === true)
    return exitCode === 0 ? 'completed' : `completed, then ${howItEnded(exitCode, signal)}`;
  if (stop !== undefined) return stop.reason;
  if (unstarted !== undefined) return `did not start: ${unstarted}`;
  if (outcome !== undefined) return `${outcome.error.name}: ${outcome.error.message}`;
  if (
    OUT_OF_MEMORY.test(log) &&
    (signal === 'SIGABRT' || exitCode === 134 || signal === 'SIGTRAP' || exitCode === 133)
  ) {
    return heapLimit === undefined
      ? 'ran out of memory'
      : `ran out of memory (heap limit ${Math.round(heapLimit / 2 ** 20)} MiB)`;
  }
  const refusal = refused === undefined ? '' : ` (${refused})`;
  if (signal === 'SIGKILL')
    return `killed by SIGKILL${refusal}: by somebody, or by the system because its memory ran out`;
  return `${howItEnded(exitCode, signal)}${exitCode === 0 ? ' without a result' : ''}${refusal}`;
}

const howItEnded = (exitCode: number | null, signal: string | null): string =>
  signal === null ? `exited with code ${exitCode}` : `killed by ${signal}`;
