/**
 * Why a job ended, from the words of Batch, ECS and ourselves.
 *
 * @module
 */

const MARK = 'headrace: ';
/** Batch takes 1,024 characters. */
const LONGEST = 1000;

/** A reason that is known again as ours. */
export const ourReason = (reason: string): string => `${MARK}${reason}`.slice(0, LONGEST);
export const readOurReason = (reason: string): string | undefined => (reason.startsWith(MARK) ? reason.slice(MARK.length) : undefined);

/** Batch's words for a job over its limit. */
export const isTimeout = (reason: string): boolean => /attempt duration exceeded timeout/i.test(reason);

const RECLAIMED = /^Host EC2|spot task was interrupted|spot interruption|instance .* terminated/i;
const NOT_STARTED =
  /task failed to start|ResourceInitializationError|CannotStartContainer|CannotCreateContainer|AGENT|timeout waiting for network|host.*unavailable/i;
const NOT_PULLED = /CannotPull/i;
/** An image that nobody can have, however often it is tried. */
const FORBIDDEN = /unauthorized|access denied|denied:|not found|manifest unknown|no such image|invalid reference/i;
/** A queue's limit for jobs that wait for room. What a queue can never run (`MISCONFIGURATION:`) is no such thing. */
const NO_CAPACITY = /CAPACITY:/;

/** Nothing that the step did: the machine, the network, the registry, or the room for it. */
export function isInfrastructure(reason: string): boolean {
  if (NOT_PULLED.test(reason)) return !FORBIDDEN.test(reason);
  return RECLAIMED.test(reason) || NOT_STARTED.test(reason) || NO_CAPACITY.test(reason);
}

export const isMisconfigured = (reason: string): boolean => /MISCONFIGURATION:/.test(reason);
export const isOutOfMemory = (reason: string): boolean => /OutOfMemory/i.test(reason);
