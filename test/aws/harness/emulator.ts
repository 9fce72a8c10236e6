/**
 * What the suites run against: an emulator of AWS, started for them or named by whoever runs them.
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

/**
 * @throws Error when the address is one of AWS: what the suites make and take away there must be
 *   asked for by name
 */
export function mustBeEmulator(endpoint: string): void {
  if (OF_AWS.test(new URL(endpoint).hostname))
    throw new Error(
      `AWS_ENDPOINT_URL is ${endpoint}, which is no emulator: an account needs --real --profile NAME`,
    );
}

/**
 * The emulator that `AWS_ENDPOINT_URL` names, if it does (and then nothing is stopped), else a
 * ministack of their own. An account is meant by `HEADRACE_TEST_ACCOUNT` alone, which
 * `npm run test:localstack -- --real` sets.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function startEmulator(): Promise<Emulator> {
  const { AWS_ENDPOINT_URL: endpoint, ...environment } = process.env;
  const named = endpoint !== undefined && endpoint !== '';
  const isAccount = !named && (environment.HEADRACE_TEST_ACCOUNT ?? '') !== '';
  if (!named && !isAccount) return startMinistack();
  const given = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith('AWS_') && value !== undefined ? [[name, value]] : [],
  );
  if (named) mustBeEmulator(endpoint);
  const stop = async () => undefined;
  if (!named) return { endpoint: '', environment: Object.fromEntries(given), stop };
  return {
    endpoint,
    environment: { ...environmentOf(endpoint), ...Object.fromEntries(given) },
    stop,
  };
}
