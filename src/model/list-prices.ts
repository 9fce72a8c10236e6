/**
 * Prices of the machines and functions that execute steps: list prices of us-east-1, in dollars,
 * without free tiers and discounts. `docs/costs.md` has their sources. A deployment replaces single
 * ones by its configuration (`prices`).
 *
 * @module
 */
import { z } from 'zod';

const dollars = z.number().nonnegative().max(1_000_000);
const share = z.number().min(0).max(1);

export const computePricesSchema = z.strictObject({
  /** Linux on x86, on demand: aws.amazon.com/fargate/pricing */
  fargateVcpuHour: dollars.default(0.040_48),
  fargateGbHour: dollars.default(0.004_445),
  /** Spot on Fargate costs this share of the price on demand. */
  fargateSpotShare: share.default(0.3),
  /** `m7i.xlarge`, $0.2016 for 4 vCPU and 16 GiB, divided as Fargate's prices are. */
  ec2VcpuHour: dollars.default(0.035),
  ec2GbHour: dollars.default(0.003_85),
  /** A GPU, besides the vCPUs and the memory of its machine: of `g5.xlarge`, $1.006. */
  ec2GpuHour: dollars.default(0.8),
  ec2SpotShare: share.default(0.35),
  /** On x86. */
  lambdaGbSecond: dollars.default(16.6667e-6),
  lambdaRequest: dollars.default(0.2e-6),
});
export type ComputePrices = z.infer<typeof computePricesSchema>;

export const LIST_PRICES_REGION = 'us-east-1';

export const LIST_PRICES: ComputePrices = computePricesSchema.parse({});

/** Headrace's own requests for a step: `price.chain` and `price.chain.lambda` of docs/costs.md. */
export const STEP_REQUESTS_DOLLARS = { batch: 8.43e-6, lambda: 14.4e-6 } as const;

/** Fargate bills a minute at least. */
export const FARGATE_MIN_SECONDS = 60;
