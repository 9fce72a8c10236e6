/**
 * The target of `npm run test:localstack`: it uses an AWS account only if the caller requests it
 * and names the account.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { targetOf } from '../../aws/localstack/target.ts';

const none = { real: false };

describe('the suites of AWS', () => {
  it('the AWS suites run on their own LocalStack, unless an emulator is configured', () => {
    expect(targetOf({}, none)).toMatchObject({ kind: 'own' });
    expect(targetOf({ AWS_ENDPOINT_URL: '' }, none)).toMatchObject({ kind: 'own' });
    expect(targetOf({ AWS_ENDPOINT_URL: 'http://localhost:4566' }, none)).toMatchObject({
      kind: 'named',
      endpoint: 'http://localhost:4566',
    });
  });

  it('the AWS suites run in an account that is requested and named', () => {
    expect(targetOf({}, { real: true, profile: 'sandbox', region: 'eu-west-1' })).toMatchObject({
      kind: 'account',
      environment: {
        AWS_PROFILE: 'sandbox',
        AWS_REGION: 'eu-west-1',
        HEADRACE_TEST_ACCOUNT: 'sandbox',
      },
    });
  });

  it.each([
    [
      'an account of the environment that is not named',
      { AWS_PROFILE: 'production' },
      { real: true },
      '--real needs --profile NAME',
    ],
    ['a profile without --real', {}, { real: false, profile: 'sandbox' }, 'is for --real'],
    [
      'an account behind an endpoint',
      { AWS_ENDPOINT_URL: 'https://dynamodb.eu-west-1.amazonaws.com' },
      none,
      'which is no emulator',
    ],
    [
      'an account and an emulator at once',
      { AWS_ENDPOINT_URL: 'http://localhost:4566' },
      { real: true, profile: 'sandbox' },
      'unset one of them',
    ],
  ])('the AWS suites reject %s', (_, environment, options, message) => {
    expect(() => targetOf(environment, options)).toThrow(message);
  });
});
