/**
 * What can go wrong with a call to AWS.
 *
 * @module
 */
import type { Call } from './calls.ts';

/**
 * `killed before`: its caller dies, and the call never arrives. `killed after`: it took effect, and
 * its caller dies before the answer. `throttled`, `conflict`, `busy`, `ill`: each try of it is
 * refused. `ill after`: each try took effect, and is answered with an error. `throttled once`: the
 * first try is. `lost once`: the first try took effect, and its connection broke. `lost`: so does
 * each. `unreached`: no try arrives.
 */
export const FAULTS = [
  'killed before',
  'killed after',
  'throttled once',
  'throttled',
  'conflict',
  'busy',
  'ill',
  'ill after',
  'lost once',
  'lost',
  'unreached',
] as const;
export type Fault = (typeof FAULTS)[number];

/** What can happen to a message, or to an event of Batch, that was taken. */
export const DISTURBANCES = [
  'message lost',
  'message doubled',
  'message late',
  'message overtaken',
] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

/** At a point of the story, an hour later, all comes again that was ever sent. */
export const REDRIVEN = 'all redriven';

/** One call, by what it is and its place among those that look the same. */
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

/** Whether this can happen to such a call. */
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

/** What a fault answers with; undefined: nothing but its effect. */
export function refusalOf(fault: Fault, service: string): Refusal | undefined {
  switch (fault) {
    case 'throttled':
    case 'throttled once':
      return THROTTLED[service] ?? { status: 400, type: 'ThrottlingException' };
    case 'conflict':
      return { status: 400, type: 'TransactionConflictException' };
    case 'busy':
      return { status: 400, type: 'ProvisionedThroughputExceededException' };
    case 'ill':
    case 'ill after':
      return { status: 500, type: service === 's3' ? 'InternalError' : 'InternalServerError' };
    default:
      return undefined;
  }
}

export const hasEffect = (fault: Fault): boolean =>
  fault === 'killed after' || fault === 'ill after' || fault === 'lost once' || fault === 'lost';
export const isDisturbance = (fault: string): fault is Disturbance =>
  DISTURBANCES.some((each) => each === fault);
export const isFault = (fault: string): fault is Fault => FAULTS.some((each) => each === fault);
export const isOnce = (fault: Fault): boolean =>
  fault === 'throttled once' || fault === 'lost once';
export const isKill = (fault: Fault): boolean =>
  fault === 'killed before' || fault === 'killed after';
