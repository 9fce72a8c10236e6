/**
 * The emulator of AWS that the suites run against: one that they start, or one that is running.
 *
 * ```ts
 * const aws = await startEmulator();
 * const client = new DynamoDBClient(clientOptions(aws));
 * await aws.stop();
 * ```
 *
 * @module
 */
import { type Emulator, environmentOf } from './connection.ts';
import { startMinistack } from './ministack.ts';

const OF_AWS = /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/;

/** @throws Error if the address belongs to AWS: suites may change an account only if it is named */
export function mustBeEmulator(endpoint: string): void {
  if (OF_AWS.test(new URL(endpoint).hostname))
    throw new Error(
      `AWS_ENDPOINT_URL is ${endpoint}, which is no emulator: an account needs --real --profile NAME`,
    );
}

/**
 * The emulator at `AWS_ENDPOINT_URL`, which `stop` does not stop; without that variable, a new
 * ministack. Only `HEADRACE_TEST_ACCOUNT` selects an account: `npm run test:localstack -- --real`
 * sets it.
 *
 * @throws Error with what is missing and how to get it
 */
export async function startEmulator(): Promise<Emulator> {
  const { AWS_ENDPOINT_URL: endpoint, ...environment } = process.env;
  const isRunning = endpoint !== undefined && endpoint !== '';
  const isAccount = !isRunning && (environment.HEADRACE_TEST_ACCOUNT ?? '') !== '';
  if (!isRunning && !isAccount) return startMinistack();
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith('AWS_') && value !== undefined ? [[name, value]] : [],
  );
  if (isRunning) mustBeEmulator(endpoint);
  const stop = async () => undefined;
  if (!isRunning) return { endpoint: '', environment: Object.fromEntries(variables), stop };
  return {
    endpoint,
    environment: { ...environmentOf(endpoint), ...Object.fromEntries(variables) },
    stop,
  };
}
