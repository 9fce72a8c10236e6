/**
 * The faults of calls to AWS, and the disturbances of messages.
 *
 * @module
 */
import type { Call } from './calls.ts';

/**
 * - `killed before`, `killed after`: the caller crashes before the call arrives, or after it took
 *   effect and before its answer.
 * - `throttled`, `conflict`, `busy`, `server error`: each try is refused. `throttled once`: only
 *   the first one.
 * - `server error after`: each try takes effect, and its answer is an error.
 * - `lost`: each try takes effect, and its connection breaks. `lost once`: only the first one.
 * - `unreached`: the connection of each try breaks before the call arrives.
 */
export const FAULTS = [
  'killed before',
  'killed after',
  'throttled once',
  'throttled',
  'conflict',
  'busy',
  'server error',
  'server error after',
  'lost once',
  'lost',
  'unreached',
] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * The disturbances of a message that its queue accepted, or of an event of Batch. A throttled
 * message starts a step in a function: Lambda receives it, cannot invoke the function, and returns
 * it when its visibility timeout ends.
 */
export const DISTURBANCES = [
  'message lost',
  'message duplicated',
  'message late',
  'message reordered',
  'message throttled',
] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

/**
 * At a point of the scenario, all messages that were ever sent are delivered again an hour later.
 */
export const REDRIVEN = 'all redriven';

/** One call or message: its label, and its position among those with the same label. */
export interface Target {
  readonly label: string;
  /** From 0. */
  readonly occurrence: number;
}

export interface Refusal {
  readonly status: number;
  readonly type: string;
}

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/** Whether the fault can occur in such a call. */
export function canHappen(
  fault: Fault,
  { service, action }: Pick<Call, 'service' | 'action'>,
): boolean {
  if (fault === 'conflict') return service === 'dynamodb' && WRITES.has(action);
  return fault !== 'busy' || service === 'dynamodb';
}

const THROTTLED: Readonly<Record<string, Refusal>> = {
  s3: { status: 503, type: 'SlowDown' },
  batch: { status: 429, type: 'TooManyRequestsException' },
  lambda: { status: 429, type: 'TooManyRequestsException' },
  scheduler: { status: 429, type: 'ThrottlingException' },
  sqs: { status: 400, type: 'com.amazonaws.sqs#RequestThrottled' },
};

/** The error answer of a fault; undefined if the fault has none. */
export function refusalOf(fault: Fault, service: string): Refusal | undefined {
  switch (fault) {
    case 'throttled':
    case 'throttled once':
      return THROTTLED[service] ?? { status: 400, type: 'ThrottlingException' };
    case 'conflict':
      return { status: 400, type: 'TransactionConflictException' };
    case 'busy':
      return { status: 400, type: 'ProvisionedThroughputExceededException' };
    case 'server error':
    case 'server error after':
      return { status: 500, type: service === 's3' ? 'InternalError' : 'InternalServerError' };
    default:
      return undefined;
  }
}

const WITH_EFFECT: ReadonlySet<Fault> = new Set([
  'killed after',
  'server error after',
  'lost once',
  'lost',
]);
export const hasEffect = (fault: Fault): boolean => WITH_EFFECT.has(fault);

/** The label of a message that starts a step in a function. */
export const STEP_MESSAGE = 'step message';

/** SQS loses no message of a queue that it accepted, but the scenarios lose transitions and events. */
export const canDisturb = (disturbance: Disturbance, { label }: Target): boolean =>
  disturbance !== (label.startsWith(STEP_MESSAGE) ? 'message lost' : 'message throttled');

export const isDisturbance = (fault: string): fault is Disturbance =>
  DISTURBANCES.some((each) => each === fault);
export const isFault = (fault: string): fault is Fault => FAULTS.some((each) => each === fault);
export const isOnce = (fault: Fault): boolean =>
  fault === 'throttled once' || fault === 'lost once';
export const isKill = (fault: Fault): boolean =>
  fault === 'killed before' || fault === 'killed after';
