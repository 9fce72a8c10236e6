/**
 * The time limits and attempts of every client of the AWS SDK.
 *
 *     new SQSClient(requestLimits('sqs'))
 *
 * Without limits, a request waits for the operating system: a connection whose peer is gone, as after
 * a function was frozen for minutes, holds its function until that function's own limit.
 *
 * 1. Each attempt of a request ends: the connection, the response's start, and each pause in its body
 *    have a limit. A late response counts as a failure of the connection, which the SDK repeats.
 * 2. All attempts together end before the shortest time limit of the functions that use the client.
 * 3. A client that transfers objects has no limit from the request to the response, because this time
 *    depends on the object's size. It has a limit of inactivity.
 * 4. The limits of steps are wider: code of users may occupy the event loop for seconds, so that
 *    timers fire before a response is read, and a failed request costs an attempt.
 *
 * A gate (`test/unit/gates/request-limits.test.ts`) rejects clients without these limits.
 *
 * @module
 */

/** The name of a client's package, without `@aws-sdk/client-`. */
export type LimitedService =
  | 'batch'
  | 'cloudformation'
  | 'cloudwatch-logs'
  | 'dynamodb'
  | 'eventbridge'
  | 'lambda'
  | 's3'
  | 'scheduler'
  | 'secrets-manager'
  | 'sqs';

/**
 * Who sends the requests: a function of the deployment, the container or function of a step, or a
 * receiver that waits for messages of SQS.
 */
export type Requester = 'function' | 'step' | 'longPoll';

interface Limits {
  /** Until the start of the response; undefined: the time depends on the size (3). */
  readonly responseMs: number | undefined;
  /** Without a byte sent or received. */
  readonly inactivityMs: number;
  /** The first attempt included. */
  readonly attempts: number;
}

export interface ClientLimits {
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout?: number;
    readonly socketTimeout: number;
    readonly throwOnRequestTimeout: true;
    readonly httpAgent: { readonly maxSockets: number };
    readonly httpsAgent: { readonly maxSockets: number };
  };
}

/** Within a region, a connection takes a few milliseconds. */
const CONNECTION_MS: Readonly<Record<Requester, number>> = {
  function: 1000,
  longPoll: 1000,
  step: 10_000,
};
/**
 * Requests of a client at the same time. A request that waits for a connection waits within its
 * limits, so that the SDK's 50 could let requests fail that were not sent. The process of a function
 * has 1,024 file descriptors.
 */
const MAX_SOCKETS = 250;

/**
 * Five attempts of 5 s, with pauses of up to 0.8 s in total, end within the 29 s of the API and the
 * 30 s of the router. The pauses after throttling double from up to 1 s: five attempts bridge up to
 * 15 s, which a turn of the controller has. A longer time is bridged by deferring the turn.
 */
const SHORT_REQUEST: Limits = { responseMs: 5000, inactivityMs: 5000, attempts: 5 };

const FUNCTION_LIMITS: Readonly<Record<LimitedService, Limits>> = {
  batch: SHORT_REQUEST,
  cloudformation: { responseMs: 20_000, inactivityMs: 20_000, attempts: 5 },
  'cloudwatch-logs': SHORT_REQUEST,
  dynamodb: SHORT_REQUEST,
  eventbridge: SHORT_REQUEST,
  /**
   * The evaluator may take 45 s; `evaluator/invocation.ts` aborts an invocation after at most 48 s.
   * One attempt: the SDK would also repeat throttled requests, within which the controller holds a
   * part of the concurrency that the evaluator waits for.
   */
  lambda: { responseMs: 50_000, inactivityMs: 50_000, attempts: 1 },
  /** Three attempts end within the limits of the API and the router. */
  s3: { responseMs: undefined, inactivityMs: 8000, attempts: 3 },
  scheduler: SHORT_REQUEST,
  /** The init of a function may take 10 s, with the time in which Node.js starts. */
  'secrets-manager': { responseMs: 2000, inactivityMs: 2000, attempts: 4 },
  sqs: SHORT_REQUEST,
};

const STEP_LIMITS: Limits = { responseMs: 20_000, inactivityMs: 20_000, attempts: 5 };
/** Ten attempts, with pauses of up to 20 s between them: a failed transfer costs an attempt. */
const STEP_TRANSFER: Limits = { responseMs: undefined, inactivityMs: 60_000, attempts: 10 };
/** SQS answers after at most 20 s. */
const LONG_POLL: Limits = { responseMs: 25_000, inactivityMs: 25_000, attempts: 5 };

export function requestLimits(
  service: LimitedService,
  requester: Requester = 'function',
): ClientLimits {
  const { responseMs, inactivityMs, attempts } = limitsOf(service, requester);
  return {
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: CONNECTION_MS[requester],
      ...(responseMs === undefined ? {} : { requestTimeout: responseMs }),
      socketTimeout: inactivityMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  };
}

function limitsOf(service: LimitedService, requester: Requester): Limits {
  switch (requester) {
    case 'function':
      return FUNCTION_LIMITS[service];
    case 'step':
      return service === 's3' ? STEP_TRANSFER : STEP_LIMITS;
    case 'longPoll':
      return LONG_POLL;
  }
}
