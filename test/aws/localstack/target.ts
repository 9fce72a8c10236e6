/**
 * Derives the target of `test:localstack` from the environment and the options. An account is used
 * only if it is requested and named explicitly.
 *
 * @module
 */
import { mustBeEmulator } from '../harness/emulator.ts';

export type Target =
  | { readonly kind: 'own'; readonly line: string }
  | { readonly kind: 'named'; readonly line: string; readonly endpoint: string }
  | {
      readonly kind: 'account';
      readonly line: string;
      readonly environment: Readonly<Record<string, string>>;
    };

export interface TargetOptions {
  readonly real: boolean;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
}

/** @throws Error that names the missing option or the conflict */
export function targetOf(
  environment: Readonly<Record<string, string | undefined>>,
  { real, profile, region }: TargetOptions,
): Target {
  const endpoint = environment.AWS_ENDPOINT_URL ?? '';
  if (real) {
    if (endpoint !== '')
      throw new Error(
        `--real means an account, and AWS_ENDPOINT_URL names ${endpoint}: unset one of them`,
      );
    if (profile === undefined)
      throw new Error('--real needs --profile NAME: an account must be named explicitly');
    const accountEnvironment = {
      AWS_PROFILE: profile,
      ...(region !== undefined && { AWS_REGION: region }),
      HEADRACE_TEST_ACCOUNT: profile,
    };
    return {
      kind: 'account',
      environment: accountEnvironment,
      line: `The account of the profile ${profile}: tables, buckets, queues and schedules with random names, removed afterwards`,
    };
  }
  if (profile !== undefined)
    throw new Error(`--profile ${profile} is for --real: without it no test runs in an account`);
  if (endpoint === '')
    return {
      kind: 'own',
      line: 'LocalStack 4.14.0 on this machine, on loopback; the first start installs it',
    };
  mustBeEmulator(endpoint);
  return {
    kind: 'named',
    endpoint,
    line: `The emulator at ${endpoint}: resources with random names, removed afterwards`,
  };
}
