/**
 * Decides whether a failed attempt is retried.
 *
 * 1. The first rule whose conditions all match decides. If no rule matches, the job is retried.
 * 2. A pattern is an exact text, or a prefix and an asterisk. An unknown value matches as an empty
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

/** @param attempts the attempts so far, including the failed one */
export function retries(
  strategy: RetryStrategy | undefined,
  attempts: number,
  { statusReason = '', reason = '', exitCode }: AttemptOutcome,
): boolean {
  if (attempts >= (strategy?.attempts ?? 1)) return false;
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
