/**
 * What trainings and steps cost as a whole: the compute, what belongs to it, and the orchestration.
 * The figures of docs/costs.md come from here; `test/docs/costs.test.ts` compares them.
 *
 * List prices of us-east-1 without free tiers, as their pages stated them on 29 November 2026. Those
 * of Fargate, public addresses, Step Functions and logs are also in publications of others; the
 * price of SageMaker's instance is from such publications only.
 *
 * @module
 */
import { LIST_PRICES } from '../../src/model/list-prices.ts';
import { dollarsOf, invocation } from './prices.ts';

const HOUR_SECONDS = 3600;
const MONTH_SECONDS = 730 * HOUR_SECONDS;

/** Dollars. */
export const COMPUTE_PRICES = {
  /** Linux on x86, on demand: aws.amazon.com/fargate/pricing */
  fargateVcpuHour: LIST_PRICES.fargateVcpuHour,
  fargateGbHour: LIST_PRICES.fargateGbHour,
  /** aws.amazon.com/vpc/pricing, since February 2024 */
  ipv4Hour: 0.005,
  /** Ingestion of logs: aws.amazon.com/cloudwatch/pricing */
  logGb: 0.5,
  /** A state transition of a Standard workflow: aws.amazon.com/step-functions/pricing */
  stateTransition: 25e-6,
  /** 4 vCPU, 16 GiB, for training: aws.amazon.com/sagemaker/pricing */
  mlM5XlargeHour: 0.23,
  mlStorageGbMonth: 0.14,
} as const;

export const TRAINING = {
  count: 1000,
  seconds: 600,
  vcpus: 4,
  memoryGib: 16,
  /** Fargate and SageMaker bill from the moment at which they load the image. */
  startSeconds: 30,
  /** What a training logs: the progress bars of frameworks are most of it. */
  logGb: 0.001,
  /** SageMaker attaches a volume to each instance. */
  volumeGb: 30,
  /** The states that a training enters in Step Functions: the execution of the map's item, and its job. */
  transitions: 2,
} as const;

export interface Costs {
  readonly compute: number;
  /** Public addresses, or volumes. */
  readonly attached: number;
  readonly logs: number;
  readonly orchestration: number;
  readonly total: number;
}

/** Dollars of a container on Fargate while it exists, at least for a minute. */
const fargate = (seconds: number, vcpus: number, memoryGib: number): number =>
  (Math.max(60, seconds) / HOUR_SECONDS) *
  (vcpus * COMPUTE_PRICES.fargateVcpuHour + memoryGib * COMPUTE_PRICES.fargateGbHour);

const ipv4 = (seconds: number): number =>
  (Math.max(60, seconds) / HOUR_SECONDS) * COMPUTE_PRICES.ipv4Hour;

/**
 * Dollars of all trainings.
 *
 * @param headrace Headrace's own requests for them: the figure `price.trainings` of `bench:aws`
 */
export function trainingCosts(headrace: number): {
  readonly headrace: Costs;
  readonly stepFunctions: Costs;
  readonly sageMaker: Costs;
} {
  const { count, seconds, vcpus, memoryGib, startSeconds, logGb, volumeGb, transitions } = TRAINING;
  const billed = seconds + startSeconds;
  const logs = count * logGb * COMPUTE_PRICES.logGb;
  const onFargate = {
    compute: count * fargate(billed, vcpus, memoryGib),
    attached: count * ipv4(billed),
    logs,
  };
  return {
    headrace: withTotal({ ...onFargate, orchestration: headrace }),
    stepFunctions: withTotal({
      ...onFargate,
      orchestration: count * transitions * COMPUTE_PRICES.stateTransition,
    }),
    sageMaker: withTotal({
      compute: (count * billed * COMPUTE_PRICES.mlM5XlargeHour) / HOUR_SECONDS,
      attached: (count * billed * volumeGb * COMPUTE_PRICES.mlStorageGbMonth) / MONTH_SECONDS,
      logs,
      orchestration: 0,
    }),
  };
}

const withTotal = (costs: Omit<Costs, 'total'>): Costs => ({
  ...costs,
  total: costs.compute + costs.attached + costs.logs + costs.orchestration,
});

/** The default of `memoryMiB` of a queue on Lambda. */
export const STEP_FUNCTION_GB = 1769 / 1024;
/** The time of a function around the step's own work: see `price.chain.lambda`. */
const FUNCTION_OVERHEAD_MS = 175;

/**
 * Dollars of 1,000 steps that work for some seconds, without orchestration: in a queue on Lambda with
 * the default memory, and on Fargate with the default resources (1 vCPU, 2 GiB) and a public address.
 */
export function stepCosts(seconds: number): { readonly lambda: number; readonly fargate: number } {
  const billed = seconds + TRAINING.startSeconds;
  return {
    lambda:
      1000 *
      dollarsOf({
        ...invocation(seconds * 1000 + FUNCTION_OVERHEAD_MS, STEP_FUNCTION_GB, 'x86_64'),
        // The message to the function: sent, received, deleted.
        'sqs.standard': 3,
      }),
    fargate: 1000 * (fargate(billed, 1, 2) + ipv4(billed)),
  };
}
