import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { requestLimits } from '../../../src/aws/request-limits.ts';
import { type Check, mustHold } from '../check.ts';
import { query } from '../query-request.ts';

const WAIT_SECONDS = 20;
const ATTEMPTS = 9;

/** A queue receives what an address would receive: whether e-mail is read is up to its owner. */
export const alarm: Check = {
  name: 'alarm',
  claim: 'an alarm is published to its topic, and reaches a subscriber',
  needs: ['alarm actions'],
  dollars: 0,
  async run(site, signal) {
    const resources = [...(await site.resources()).values()];
    const topic = resources.find(({ type }) => type === 'AWS::SNS::Topic')?.id ?? '';
    const name = resources.find(({ type }) => type === 'AWS::CloudWatch::Alarm')?.id ?? '';
    mustHold(topic !== '' && name !== '', 'the stack has no topic or no alarm');
    const client = new SQSClient({ ...requestLimits('sqs', 'longPoll'), ...site.client() });
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName: `${site.prefix}-alarms` }),
    );
    let subscription: string | undefined;
    try {
      const arn = await permit(client, QueueUrl, topic);
      const subscribed = await query('sns', site.region, {
        Action: 'Subscribe',
        TopicArn: topic,
        Protocol: 'sqs',
        Endpoint: arn,
        ReturnSubscriptionArn: 'true',
      });
      subscription = /<SubscriptionArn>([^<]+)</.exec(subscribed)?.[1];
      await query('monitoring', site.region, {
        Action: 'SetAlarmState',
        AlarmName: name,
        StateValue: 'ALARM',
        StateReason: 'the smoke test',
      });
      for (let attempt = 0; attempt < ATTEMPTS && !signal.aborted; attempt += 1) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: WAIT_SECONDS }),
        );
        const [message] = Messages;
        if (message?.Body?.includes(name) === true)
          return [`alarm ${name}`, `topic ${topic}`, `message ${message.MessageId} in ${QueueUrl}`];
      }
      const history = await query('monitoring', site.region, {
        Action: 'DescribeAlarmHistory',
        AlarmName: name,
        HistoryItemType: 'Action',
      });
      throw new Error(
        `no message after ${WAIT_SECONDS * ATTEMPTS} s; the history of the alarm: ${/<HistorySummary>([^<]+)</.exec(history)?.[1]}`,
      );
    } finally {
      if (subscription !== undefined)
        await query('sns', site.region, { Action: 'Unsubscribe', SubscriptionArn: subscription });
      await client.send(new DeleteQueueCommand({ QueueUrl }));
      client.destroy();
    }
  },
};

/** Lets the topic send to the queue. @returns the queue's ARN */
async function permit(
  client: SQSClient,
  QueueUrl: string | undefined,
  topic: string,
): Promise<string> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const arn = Attributes?.QueueArn ?? '';
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arn,
    Condition: { ArnEquals: { 'aws:SourceArn': topic } },
  };
  await client.send(
    new SetQueueAttributesCommand({
      QueueUrl,
      Attributes: { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) },
    }),
  );
  return arn;
}
