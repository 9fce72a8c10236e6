/** What `headrace doctor` finds about the subscriptions of mails of a deployment. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mailFindings } from '../../../src/cli/doctor/mail-findings.ts';
import { createAwsRequests } from '../../../src/client/aws-requests.ts';
import {
  environmentOf,
  type FakeAccount,
  ORDINARY,
  startAccount,
} from '../../support/fake-account.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:mails';
const CONFIRMED = `${TOPIC}:1234`;
const PENDING = 'PendingConfirmation';

const functionOf = (topics: object, addresses?: object) => ({
  Variables: {
    HEADRACE_NOTIFICATIONS: JSON.stringify({ api: 'https://api/', topics, addresses }),
  },
});

async function findings(changes: Partial<FakeAccount>, profile?: string) {
  const account = await startAccount({
    ...ORDINARY,
    notifications: functionOf({ 2: TOPIC }, { 2: 2 }),
    ...changes,
  });
  onTestFinished(() => account.close());
  for (const [name, value] of Object.entries(environmentOf(account))) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const location = { region: 'eu-west-1', profile };
  const send = createAwsRequests({ region: 'eu-west-1' });
  return {
    found: await mailFindings('headrace', send, location),
    operations: account.operations,
  };
}

const command = (address: string) =>
  `aws sns subscribe --topic-arn ${TOPIC} --protocol email --notification-endpoint ${address} --region eu-west-1`;

describe('subscriptions of mails', () => {
  it('a deployment without notifications, or without mails, has no finding', async () => {
    expect((await findings({ notifications: undefined })).found).toEqual([]);
    expect((await findings({ notifications: functionOf({}) })).found).toEqual([]);
  });

  it('confirmed addresses are in order, on all pages, and other protocols do not count', async () => {
    const { found, operations } = await findings({
      subscriptions: {
        [TOPIC]: [
          [
            ['email', 'a@example.org', CONFIRMED],
            ['sqs', 'arn:aws:sqs:eu-west-1:1:queue', PENDING],
          ],
          [['email', 'b@example.org', CONFIRMED]],
        ],
      },
    });
    expect(found).toEqual([
      {
        subject: 'mails of notification 2',
        status: 'ok',
        value: '2 of 2 addresses confirmed',
      },
    ]);
    expect(operations.filter((each) => each === 'ListSubscriptionsByTopic')).toHaveLength(2);
  });

  it('an address that is not confirmed is named, with the command that sends another link', async () => {
    const { found } = await findings(
      {
        subscriptions: {
          [TOPIC]: [
            [
              ['email', 'a@example.org', CONFIRMED],
              ['email', 'b&c@example.org', PENDING],
            ],
          ],
        },
      },
      'team',
    );
    expect(found).toEqual([
      {
        subject: 'mails of notification 2',
        status: 'warn',
        value: '1 of 2 addresses confirmed; not confirmed: b&c@example.org',
        needed: 'all confirmed',
        advice: [
          expect.stringContaining('within 48 hours'),
          `${command("'b&c@example.org'")} --profile team`,
        ],
      },
    ]);
  });

  it('an address whose subscription SNS removed is missing, and those that are left are named', async () => {
    const { found } = await findings({
      subscriptions: { [TOPIC]: [[['email', 'a@example.org', CONFIRMED]]] },
    });
    expect(found).toMatchObject([
      {
        status: 'warn',
        value: '1 of 2 addresses confirmed',
        advice: [
          expect.stringMatching(/^1 of the configuration has no subscription/),
          command('ADDRESS'),
          'subscribed: a@example.org',
        ],
      },
    ]);
  });

  it('a topic without subscriptions is reported, also of a deployment that does not record the number', async () => {
    const { found } = await findings({ notifications: functionOf({ 0: TOPIC }) });
    expect(found).toMatchObject([
      {
        subject: 'mails of notification 0',
        status: 'warn',
        value: 'no address is subscribed',
        advice: [
          expect.stringContaining('there is no subscription'),
          command('ADDRESS'),
          'subscribed: none',
        ],
      },
    ]);
  });

  it.each([
    [
      '/2015-03-31/functions/headrace-notifications/configuration',
      'may not read the topics of notifications: grant lambda:GetFunctionConfiguration',
    ],
    [
      'ListSubscriptionsByTopic',
      `may not read the subscriptions of ${TOPIC}: grant sns:ListSubscriptionsByTopic`,
    ],
  ])('without the permission for %s, its name is the advice', async (operation, advice) => {
    expect((await findings({ denied: [operation] })).found).toMatchObject([
      { status: 'unknown', advice: [advice] },
    ]);
  });

  it('an environment that the key of the deployment encrypts is reported with the reason', async () => {
    const notifications = { Error: { ErrorCode: 'AccessDenied', Message: 'no kms:Decrypt' } };
    expect((await findings({ notifications })).found).toMatchObject([
      {
        status: 'unknown',
        advice: ['the environment of headrace-notifications could not be read: no kms:Decrypt'],
      },
    ]);
  });
});
