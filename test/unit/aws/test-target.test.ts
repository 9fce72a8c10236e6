/**
 * Where `npm run test:localstack` runs: in an account only for who says so, and says which.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { targetOf } from '../../aws/localstack/target.ts';

const none = { real: false };

describe('the suites of AWS', () => {
  it('run on a LocalStack of their own, unless an emulator is named', () => {
    expect(targetOf({}, none)).toMatchObject({ kind: 'own' });
    expect(targetOf({ AWS_ENDPOINT_URL: '' }, none)).toMatchObject({ kind: 'own' });
    expect(targetOf({ AWS_ENDPOINT_URL: 'http://localhost:4566' }, none)).toMatchObject({
      kind: 'named',
      endpoint: 'http://localhost:4566',
    });
  });

  it('run in an account that is named, and asked for', () => {
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
      'an account that happens to be at hand',
      { AWS_PROFILE: 'production' },
      { real: true },
      '--real needs --profile NAME',
    ],
    ['a profile without the word', {}, { real: false, profile: 'sandbox' }, 'is for --real'],
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
  ])('refuse %s', (_, environment, asked, message) => {
    expect(() => targetOf(environment, asked)).toThrow(message);
  });
});
