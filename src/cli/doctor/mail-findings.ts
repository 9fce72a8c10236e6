/**
 * Checks that the mails of a deployment reach the addresses of its configuration: SNS sends mails to
 * confirmed subscriptions only, without an error for the others.
 *
 * @module
 */
import type { SendAwsRequest } from '../../client/aws-requests.ts';
import type { Finding } from './finding.ts';
import {
  type MailSubscription,
  type MailTopicRecord,
  readMailSubscriptions,
  readMailTopics,
} from './mail-subscriptions.ts';
import type { AwsLocation } from './quota-findings.ts';

/** None if the deployment sends no mails. */
export async function mailFindings(
  prefix: string,
  send: SendAwsRequest,
  location: AwsLocation,
): Promise<readonly Finding[]> {
  const topics = await readMailTopics(send, prefix);
  if (!topics.known)
    return [
      {
        subject: 'mails of notifications',
        status: 'unknown',
        value: 'unknown',
        advice: [topics.reason],
      },
    ];
  return await Promise.all(
    topics.value.map(async (topic) => {
      const subject = `mails of notification ${topic.notification}`;
      const read = await readMailSubscriptions(send, topic.arn);
      return read.known
        ? { subject, ...mailFinding(topic, read.value, location) }
        : { subject, status: 'unknown', value: 'unknown', advice: [read.reason] };
    }),
  );
}

const EXPIRY = 'SNS removes a subscription that is not confirmed within 48 hours';

function mailFinding(
  { arn, addresses }: MailTopicRecord,
  subscriptions: readonly MailSubscription[],
  location: AwsLocation,
): Omit<Finding, 'subject'> {
  const pending = subscriptions.filter(({ confirmed }) => !confirmed);
  const confirmed = subscriptions.length - pending.length;
  const removed = Math.max(addresses - subscriptions.length, 0);
  const total = confirmed + pending.length + removed;
  const all =
    total === 0 ? 'no address is subscribed' : `${confirmed} of ${total} addresses confirmed`;
  if (pending.length === 0 && removed === 0 && confirmed > 0) return { status: 'ok', value: all };
  return {
    status: 'warn',
    value:
      pending.length === 0
        ? all
        : `${all}; not confirmed: ${pending.map(({ address }) => address).join(', ')}`,
    needed: 'all confirmed',
    advice: [
      ...(pending.length === 0
        ? []
        : [
            `its owner follows the link in the mail from AWS Notifications; ${EXPIRY}; this sends another link:`,
            ...pending.map(({ address }) => subscribeCommand(arn, address, location)),
          ]),
      ...(pending.length === 0 || removed > 0
        ? [
            `${removed > 0 ? `${removed} of the configuration ${removed === 1 ? 'has' : 'have'}` : 'there is'} no subscription: ${EXPIRY}, and its owner can end it; this sends a link to an address:`,
            subscribeCommand(arn, 'ADDRESS', location),
            `subscribed: ${subscriptions.map(({ address }) => address).join(', ') || 'none'}`,
          ]
        : []),
    ],
  };
}

const subscribeCommand = (
  topic: string,
  address: string,
  { region, profile }: AwsLocation,
): string =>
  `aws sns subscribe --topic-arn ${topic} --protocol email --notification-endpoint ${quoted(address)} --region ${region}${profile === undefined ? '' : ` --profile ${profile}`}`;

/** The part before the @ may contain characters that a shell reads. */
const quoted = (address: string): string =>
  /^[\w.+@-]+$/.test(address) ? address : `'${address.replaceAll("'", "'\\''")}'`;
