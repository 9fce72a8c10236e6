/**
 * Reads who receives the mails of a deployment: the topics that its function of notifications
 * publishes to, and their subscriptions.
 *
 * @module
 */
import { z } from 'zod';
import { NOTIFICATIONS_VARIABLE } from '../../aws/deployment/bus-events.ts';
import type { AwsResponse, SendAwsRequest } from '../../client/aws-requests.ts';
import { recordOf } from '../../model/json.ts';
import { FORM, parseJson, type Read, unread } from './account.ts';

/** A topic that sends the mails of one notification of the configuration. */
export interface MailTopicRecord {
  /** Counted from 0. */
  readonly notification: number;
  readonly arn: string;
  /** How many the configuration lists. */
  readonly addresses: number;
}

export interface MailSubscription {
  readonly address: string;
  /** The address followed the link that SNS sent. */
  readonly confirmed: boolean;
}

const functionSchema = z.object({
  Environment: z
    .object({
      Variables: z.object({ [NOTIFICATIONS_VARIABLE]: z.string() }).optional(),
      Error: z.object({ Message: z.string().default('') }).optional(),
    })
    .optional(),
});
const positionSchema = z.string().regex(/^\d+$/);
const topicsSchema = z.object({
  topics: recordOf(positionSchema, z.string()),
  addresses: recordOf(positionSchema, z.number()).default({}),
});

export const notificationsFunction = (prefix: string): string => `${prefix}-notifications`;

/** None if the deployment has no notifications, or sends no mails. */
export async function readMailTopics(
  send: SendAwsRequest,
  prefix: string,
): Promise<Read<readonly MailTopicRecord[]>> {
  const subject = 'the topics of notifications';
  const permission = 'lambda:GetFunctionConfiguration';
  const name = notificationsFunction(prefix);
  const response = await send({
    service: 'lambda',
    method: 'GET',
    path: `/2015-03-31/functions/${name}/configuration`,
  });
  if (isMissing(response)) return { known: true, value: [] };
  if (response.kind !== 'answer') return unread(response, subject, permission);
  const environment = functionSchema.safeParse(parseJson(response.text)).data?.Environment;
  const text = environment?.Variables?.[NOTIFICATIONS_VARIABLE];
  const found = topicsSchema.safeParse(parseJson(text ?? '')).data;
  if (found === undefined)
    return {
      known: false,
      reason: `the environment of ${name} could not be read: ${environment?.Error?.Message || 'it has an unknown form'}`,
    };
  const { topics, addresses } = found;
  const records = Object.entries(topics).map(([position, arn]) => ({
    notification: Number(position),
    arn,
    addresses: addresses[position] ?? 0,
  }));
  return { known: true, value: records };
}

const isMissing = (response: AwsResponse): boolean =>
  response.kind === 'failed' && response.code === 'ResourceNotFoundException';

/** A page has 100 subscriptions, and the configuration of a notification 50 addresses at most. */
const MAX_PAGES = 10;

/** The addresses that are subscribed to the topic. SNS removes what stays unconfirmed. */
export async function readMailSubscriptions(
  send: SendAwsRequest,
  topic: string,
): Promise<Read<readonly MailSubscription[]>> {
  const found: MailSubscription[] = [];
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const response = await send({
      service: 'sns',
      headers: FORM,
      body: new URLSearchParams({
        Action: 'ListSubscriptionsByTopic',
        Version: '2010-03-31',
        TopicArn: topic,
        ...(token === undefined ? {} : { NextToken: token }),
      }).toString(),
    });
    if (response.kind !== 'answer')
      return unread(response, `the subscriptions of ${topic}`, 'sns:ListSubscriptionsByTopic');
    found.push(...mailsIn(response.text));
    token = tagOf(response.text, 'NextToken');
    if (token === undefined) break;
  }
  return { known: true, value: found };
}

const PENDING = 'PendingConfirmation';

const mailsIn = (xml: string): readonly MailSubscription[] =>
  [...xml.matchAll(/<member>([\s\S]*?)<\/member>/g)].flatMap(([, member = '']) => {
    const address = tagOf(member, 'Endpoint');
    if (tagOf(member, 'Protocol') !== 'email' || address === undefined) return [];
    return [{ address, confirmed: tagOf(member, 'SubscriptionArn') !== PENDING }];
  });

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&apos;', "'"],
  ['&amp;', '&'],
]);

/** Undefined if there is no such element, or it is empty. */
function tagOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]?.trim();
  return text?.replaceAll(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES.get(entity) ?? entity);
}
