/**
 * Where `test:localstack` runs, from what it was told. Nothing happens in an account that nobody
 * asked for.
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

export interface Asked {
  readonly real: boolean;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
}

/** @throws Error that says what is missing, or what it will not do unasked */
export function targetOf(
  environment: Readonly<Record<string, string | undefined>>,
  { real, profile, region }: Asked,
): Target {
  const endpoint = environment.AWS_ENDPOINT_URL ?? '';
  if (real) {
    if (endpoint !== '')
      throw new Error(
        `--real means an account, and AWS_ENDPOINT_URL names ${endpoint}: unset one of them`,
      );
    if (profile === undefined)
      throw new Error(
        '--real needs --profile NAME: the account is never the one that happens to be at hand',
      );
    const named = {
      AWS_PROFILE: profile,
      ...(region !== undefined && { AWS_REGION: region }),
      HEADRACE_TEST_ACCOUNT: profile,
    };
    return {
      kind: 'account',
      environment: named,
      line: `In the account of the profile ${profile}: tables, buckets, queues and schedules with random names, removed afterwards`,
    };
  }
  if (profile !== undefined)
    throw new Error(`--profile ${profile} is for --real: without it nothing runs in an account`);
  if (endpoint === '')
    return {
      kind: 'own',
      line: 'LocalStack 4.14.0, in the host, on loopback; the first start installs it',
    };
  mustBeEmulator(endpoint);
  return {
    kind: 'named',
    endpoint,
    line: `The emulator at ${endpoint}: everything with random names, removed afterwards`,
  };
}
