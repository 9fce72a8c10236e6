/**
 * The price model: what is paid for, at list prices of us-east-1, without free tiers.
 * `docs/costs.md` says where each price is from.
 *
 * @module
 */

export const UNITS = [
  'lambda.request',
  'lambda.gbSecond',
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

/** Dollars for one of each. */
export const PRICES: Readonly<Record<Unit, number>> = {
  /** A request of a function. */
  'lambda.request': 0.2e-6,
  /** Of memory for a second, on arm. */
  'lambda.gbSecond': 13.3334e-6,
  /** A request, or each further 64 KB of one. */
  'sqs.fifo': 0.5e-6,
  'sqs.standard': 0.4e-6,
  'dynamodb.write': 0.625e-6,
  'dynamodb.read': 0.125e-6,
  /** PUT and LIST. */
  's3.put': 5e-6,
  's3.get': 0.4e-6,
  /** A custom event, or each further 64 KB of one. Events of AWS itself cost nothing. */
  'events.custom': 1e-6,
  'api.request': 3.5e-6,
  'scheduler.invocation': 1e-6,
  'secrets.request': 5e-6,
};

const KILOBYTES_64 = 65_536;

/** How often a message or event is charged. */
export const chunksOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / KILOBYTES_64));

export const dollarsOf = (units: Units): number =>
  UNITS.reduce((sum, unit) => sum + PRICES[unit] * (units[unit] ?? 0), 0);

/** One invocation. @param memory in GB */
export const invocation = (milliseconds: number, memory: number): Units => ({
  'lambda.request': 1,
  'lambda.gbSecond': (milliseconds / 1000) * memory,
});

/** What a deployment has that is paid by the month, whether it is used or not. */
export const MONTHLY = {
  alarm: 0.1,
  dashboard: 3,
  secret: 0.4,
  /** An interface endpoint in one availability zone. */
  interfaceEndpoint: 7.3,
} as const;
