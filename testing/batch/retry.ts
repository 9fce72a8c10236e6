/**
 * Whether an attempt that failed is followed by another.
 *
 * 1. The first rule whose every condition matches decides; when there are rules and none matches,
 *    the job is retried.
 * 2. A pattern is exact, or a start followed by an asterisk; what is not known matches as an empty
 *    text.
 *
 * @module
 */
import type { RetryStrategy } from './shapes.ts';

export interface AttemptOutcome {
  readonly statusReason: string | undefined;
  readonly reason: string | undefined;
  readonly exitCode: number | undefined;
}

export function matches(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

/** @param made Attempts so far, the failed one included. */
export function retries(
  strategy: RetryStrategy | undefined,
  made: number,
  { statusReason = '', reason = '', exitCode }: AttemptOutcome,
): boolean {
  if (made >= (strategy?.attempts ?? 1)) return false;
  for (const rule of strategy?.evaluateOnExit ?? []) {
    if (
      matches(rule.onStatusReason, statusReason) &&
      matches(rule.onReason, reason) &&
      matches(rule.onExitCode, exitCode === undefined ? '' : String(exitCode))
    ) {
      return rule.action.toUpperCase() === 'RETRY';
    }
  }
  return true;
}
