/**
 * The price model: the quantities that AWS charges by, at list prices of us-east-1, without free
 * tiers. `docs/costs.md` lists the sources of the prices.
 *
 * @module
 */
import { LIST_PRICES } from '../../src/model/list-prices.ts';

export const UNITS = [
  'lambda.request',
  'lambda.gbSecond',
  'lambda.gbSecondX86',
  'sqs.fifo',
  'sqs.standard',
  'dynamodb.write',
  'dynamodb.read',
  's3.put',
  's3.get',
  'events.custom',
  'api.request',
  'scheduler.invocation',
  'secrets.request',
] as const;
export type Unit = (typeof UNITS)[number];
export type Units = Readonly<Partial<Record<Unit, number>>>;

/** Dollars per unit. */
export const PRICES: Readonly<Record<Unit, number>> = {
  /** An invocation. */
  'lambda.request': LIST_PRICES.lambdaRequest,
  /** One GB of memory for one second, on arm. */
  'lambda.gbSecond': 13.3334e-6,
  /** The same on x86: functions of steps have the architecture of steps. */
  'lambda.gbSecondX86': LIST_PRICES.lambdaGbSecond,
  /** A request, and each further 64 KB of it. */
  'sqs.fifo': 0.5e-6,
  'sqs.standard': 0.4e-6,
  'dynamodb.write': 0.625e-6,
  'dynamodb.read': 0.125e-6,
  /** PUT and LIST. */
  's3.put': 5e-6,
  's3.get': 0.4e-6,
  /** A custom event, and each further 64 KB of it. Events of AWS services are free. */
  'events.custom': 1e-6,
  'api.request': 3.5e-6,
  'scheduler.invocation': 1e-6,
  'secrets.request': 5e-6,
};

const CHUNK_BYTES = 65_536;

/** Returns how many times a message or an event is charged. */
export const chunksOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

export const dollarsOf = (units: Units): number =>
  UNITS.reduce((sum, unit) => sum + PRICES[unit] * (units[unit] ?? 0), 0);

/** Returns the units of one invocation. */
export const invocation = (
  durationMs: number,
  memoryGb: number,
  architecture: 'arm64' | 'x86_64' = 'arm64',
): Units => ({
  'lambda.request': 1,
  [architecture === 'arm64' ? 'lambda.gbSecond' : 'lambda.gbSecondX86']:
    (durationMs / 1000) * memoryGb,
});

/** Dollars per month of resources that are charged whether they are used or not. */
export const MONTHLY = {
  /** A metric of an alarm: one on an expression of metrics is charged for each of them. */
  alarmMetric: 0.1,
  dashboard: 3,
  secret: 0.4,
  /** An interface endpoint in one availability zone. */
  interfaceEndpoint: 7.3,
} as const;
