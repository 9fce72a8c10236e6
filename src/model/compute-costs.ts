/**
 * Estimates of what the execution of steps costs. Pure.
 *
 * An estimate multiplies the time between the start and the end of each attempt with the price of
 * what the step requested. The time before a start, in which a machine loads the image, is not on
 * record.
 *
 * @module
 */
import { DURATION_BUCKETS_MS } from './execution-totals.ts';
import {
  type ComputePrices,
  FARGATE_MIN_SECONDS,
  LIST_PRICES_REGION,
  STEP_REQUESTS_DOLLARS,
} from './list-prices.ts';
import type { Attempt, Step } from './step.ts';

const HOUR_SECONDS = 3600;
const MIB_PER_GIB = 1024;

/** The price of the place that executes a step. */
export interface ComputeRate {
  readonly dollarsPerSecond: number;
  /** An attempt is charged for at least this time. */
  readonly minSeconds: number;
  /** Besides the time of each attempt. */
  readonly dollarsPerAttempt: number;
  /** Headrace's own requests for the step. */
  readonly requests: number;
  /** Such as `Fargate Spot, 1 vCPU, 2 GiB`. */
  readonly text: string;
}

/** The prices of a deployment. */
export interface CostModel {
  /** Undefined if the deployment does not execute such a step. */
  rateOf(step: Pick<Step, 'queue' | 'options'>): ComputeRate | undefined;
  /** The prices are not list prices. */
  readonly hasOwnPrices: boolean;
}

/** Where and with what a step is executed. */
export interface Machine {
  readonly platform: 'fargate' | 'ec2' | 'lambda';
  readonly spot: boolean;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

export function rateOf(
  { platform, spot, vcpus, memoryMiB, gpus }: Machine,
  prices: ComputePrices,
): ComputeRate {
  const memoryGib = memoryMiB / MIB_PER_GIB;
  const size = `${vcpus} vCPU, ${Math.round(memoryGib * 100) / 100} GiB`;
  if (platform === 'lambda')
    return {
      dollarsPerSecond: memoryGib * prices.lambdaGbSecond,
      minSeconds: 0,
      dollarsPerAttempt: prices.lambdaRequest,
      requests: STEP_REQUESTS_DOLLARS.lambda,
      text: `Lambda, ${Math.round(memoryMiB)} MB`,
    };
  const isFargate = platform === 'fargate';
  const onDemand = isFargate
    ? vcpus * prices.fargateVcpuHour + memoryGib * prices.fargateGbHour
    : vcpus * prices.ec2VcpuHour + memoryGib * prices.ec2GbHour + gpus * prices.ec2GpuHour;
  const spotShare = isFargate ? prices.fargateSpotShare : prices.ec2SpotShare;
  return {
    dollarsPerSecond: (onDemand * (spot ? spotShare : 1)) / HOUR_SECONDS,
    minSeconds: isFargate ? FARGATE_MIN_SECONDS : 0,
    dollarsPerAttempt: 0,
    requests: STEP_REQUESTS_DOLLARS.batch,
    text: `${isFargate ? 'Fargate' : 'EC2'}${spot ? ' Spot' : ''}, ${size}${gpus > 0 ? `, ${gpus} GPU` : ''}`,
  };
}

/** The compute of the attempts that ended. */
export function attemptsDollars(
  attempts: readonly Pick<Attempt, 'startedAt' | 'endedAt'>[],
  rate: ComputeRate,
): number {
  return attempts.reduce((sum, { startedAt, endedAt }) => {
    if (startedAt === undefined || endedAt === undefined) return sum;
    const seconds = Math.max(rate.minSeconds, (endedAt - startedAt) / 1000);
    return sum + seconds * rate.dollarsPerSecond + rate.dollarsPerAttempt;
  }, 0);
}

/** The mean duration that an execution of each bucket is assumed to have. */
const BUCKET_SECONDS = [0, ...DURATION_BUCKETS_MS].map(
  (from, index) => (from + (DURATION_BUCKETS_MS[index] ?? from)) / 2000,
);

/** The compute of completed executions, of which only totals are known. */
export function executionsDollars(
  { durationMs, durations }: { readonly durationMs: number; readonly durations: readonly number[] },
  rate: ComputeRate,
): number {
  const belowMinimum = durations.reduce(
    (sum, count, bucket) =>
      sum + count * Math.max(0, rate.minSeconds - (BUCKET_SECONDS[bucket] ?? 0)),
    0,
  );
  const executions = durations.reduce((sum, count) => sum + count, 0);
  return (
    (durationMs / 1000 + belowMinimum) * rate.dollarsPerSecond + executions * rate.dollarsPerAttempt
  );
}

/** The end of the text of an estimate. */
export const pricesText = (areOwn: boolean): string =>
  areOwn ? 'prices of the configuration' : `list prices of ${LIST_PRICES_REGION}`;
