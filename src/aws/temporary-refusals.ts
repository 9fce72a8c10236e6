/**
 * Refusals of services that concern the moment, not the request: the same request is accepted
 * later.
 *
 * They can last for hours, for example while an account is over a quota. A message whose handling
 * meets one is therefore deferred, and does not use up its receives.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';

/** A service cannot do its work at the moment. */
export abstract class TemporaryRefusalError extends HeadraceError {}

/** An invocation has too little time left for work that may need more. Another one has it. */
export class OutOfTimeError extends TemporaryRefusalError {}

/** Of all services. Some refuse with status 400. */
const THROTTLING_NAMES: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);
/** Of the SDK, and of connections that failed or ended early. */
const UNREACHABLE_NAMES: ReadonlySet<string> = new Set([
  'TimeoutError',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether a service, or what it depends on, is over a limit or not available. */
export function isTemporaryRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof TemporaryRefusalError || isThrottling(error)) return true;
  return statusOf(error) >= 500 || isUnreachable(error) || isTemporaryRefusal(error.cause);
}

/** Whether a connection failed, or ended before the response. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof Error && [error.name, codeOf(error)].some((name) => UNREACHABLE_NAMES.has(name));

/** Whether a service refused a request because of its rate, or because a quota is used up. */
export const isThrottling = (error: Error): boolean =>
  THROTTLING_NAMES.has(error.name) || statusOf(error) === 429;

/** The status of a response that the SDK turned into an error; 0 for other errors. */
export function statusOf(error: Error): number {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  return typeof metadata === 'object' &&
    metadata !== null &&
    'httpStatusCode' in metadata &&
    typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : 0;
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : '';
