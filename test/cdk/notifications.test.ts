/**
 * Notifications of a deployment: what is synthesized, and whether its rules select the events that
 * the controller publishes and pass them on to the function.
 *
 * @module
 */
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { readConfig } from '../../lib/config.ts';
import { createNotificationHandler } from '../../src/aws/notifications/notification-handler.ts';
import { readNotificationSettings } from '../../src/aws/notifications/settings.ts';
import {
  type EventFacts,
  publishedEvents,
  type RunChange,
} from '../aws/notifications/published-events.ts';
import { deliveriesOf, notificationRulesIn } from '../aws/notifications/synthesized-rules.ts';
import {
  functionIn,
  newStack,
  resourcesIn,
  settingsOf,
  statementsByRole,
  written,
} from './synthesized.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0000-4000-8000-0123456789ab';
const OTHER_SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:other/hook-AbCdEf';
const CONFIG: HeadraceConfig = {
  notifications: [
    { to: { type: 'mail', addresses: ['team@example.org', 'night@example.org'] } },
    {
      on: ['failed', 'waiting'],
      project: 'flowers',
      pipeline: 'iris',
      tag: 'nightly',
      to: { type: 'slack', secret: 'headrace/slack' },
    },
    { on: ['waiting'], to: { type: 'webhook', secret: OTHER_SECRET } },
  ],
};

let template: Template;
beforeAll(() => {
  template = Template.fromStack(newStack(CONFIG).stack);
});

const refusal = (notification: object): string => {
  try {
    readConfig({ notifications: [notification] });
    return 'accepted';
  } catch (error) {
    return String(error);
  }
};

describe('the configuration of notifications', () => {
  it('the address of a webhook is refused, with the remedy, and is not part of the message', () => {
    const message = refusal({
      to: { type: 'slack', secret: 'https://hooks.slack.com/services/T' },
    });
    expect(message).toContain('notifications.0.to.secret: the address of a webhook is a secret');
    expect(message).not.toContain('hooks.slack.com');
  });

  it.each([
    [{ to: { type: 'fax' } }, 'mail, slack or webhook'],
    [{ on: [], to: { type: 'slack', secret: 'a' } }, 'notifications.0.on'],
    [{ on: ['started'], to: { type: 'slack', secret: 'a' } }, 'notifications.0.on.0'],
    [{ on: ['failed', 'failed'], to: { type: 'slack', secret: 'a' } }, 'a change is listed twice'],
    [{ to: { type: 'mail', addresses: ['team'] } }, 'an e-mail address is required'],
    [{ to: { type: 'webhook', secret: 'a b' } }, 'a secret is named by its name or its ARN'],
    [{ project: '', to: { type: 'webhook', secret: 'a' } }, 'a project must not be empty'],
  ])('%j is refused', (notification, reason) => {
    expect(refusal(notification)).toContain(reason);
  });

  it('a deployment has 20 notifications at most', () => {
    const notifications = Array.from({ length: 21 }, () => CONFIG.notifications?.[2]);
    expect(() => readConfig({ notifications })).toThrow('20 notifications at most');
  });
});

describe('the resources of notifications', () => {
  it('without a notification there is no function, topic or rule of them', () => {
    const of = Template.fromStack(newStack().stack);
    expect(functionIn(of, 'notifications')).toBeUndefined();
    expect(notificationRulesIn(of.toJSON())).toEqual([]);
    of.resourceCountIs('AWS::SNS::Topic', 0);
  });

  it('neither the template nor the environment has an address, and the code has names of secrets only', () => {
    const { file, environment } = settingsOf(CONFIG, 'notifications');
    expect(file).toEqual({
      targets: [
        { on: ['failed'], type: 'mail' },
        {
          on: ['failed', 'waiting'],
          project: 'flowers',
          pipeline: 'iris',
          tag: 'nightly',
          type: 'slack',
          secret: 'headrace/slack',
        },
        { on: ['waiting'], type: 'webhook', secret: OTHER_SECRET },
      ],
    });
    expect(JSON.stringify(environment)).toContain('HEADRACE_NOTIFICATIONS');
    // `headrace doctor` compares the number with the subscriptions.
    expect(JSON.stringify(environment).replaceAll('\\', '')).toContain('"addresses":{"0":2}');
    expect(JSON.stringify(environment)).not.toContain('@example.org');
    expect(JSON.stringify(functionIn(template, 'notifications'))).not.toContain('slack');
  });

  it('the function may write its log, publish to its topics and read its secrets, and nothing else', () => {
    const lines = (statementsByRole(template).get('NotificationsRole') ?? [])
      .flatMap(({ Action, Resource }) =>
        Action.flatMap((action) => Resource.map((resource) => `${action} on ${resource}`)),
      )
      .sort();
    expect(lines).toEqual([
      'logs:CreateLogStream on ${NotificationsLogs.Arn}',
      'logs:PutLogEvents on ${NotificationsLogs.Arn}',
      'secretsmanager:GetSecretValue on arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:headrace/slack-??????',
      `secretsmanager:GetSecretValue on ${OTHER_SECRET}`,
      'sns:Publish on ${NotificationsMail0}',
      'sqs:SendMessage on ${TransitionsUndelivered.Arn}',
    ]);
  });

  it('the addresses of a mail subscribe to its topic, which requires TLS', () => {
    const subscriptions = resourcesIn(template, 'AWS::SNS::Subscription');
    expect(subscriptions.map(({ Protocol, Endpoint }) => `${Protocol} ${Endpoint}`).sort()).toEqual(
      ['email night@example.org', 'email team@example.org'],
    );
    expect(JSON.stringify(resourcesIn(template, 'AWS::SNS::TopicPolicy'))).toContain(
      '"aws:SecureTransport":"false"',
    );
  });

  it('with a key of its own, the topic is encrypted under it, and the function may use it for SNS and secrets', () => {
    const of = Template.fromStack(newStack({ ...CONFIG, encryption: { keyArn: KEY } }).stack);
    expect(resourcesIn(of, 'AWS::SNS::Topic')).toMatchObject([{ KmsMasterKeyId: KEY }]);
    const uses = (statementsByRole(of).get('NotificationsRole') ?? [])
      .filter(({ Resource }) => Resource.includes(KEY))
      .flatMap(({ Action, Condition }) => `${JSON.stringify(Condition)} ${Action.join(' ')}`);
    expect(uses.find((use) => use.includes('sns.'))).toContain('kms:Decrypt kms:GenerateDataKey');
    expect(uses.find((use) => use.includes('secretsmanager.'))).toContain('kms:Decrypt');
  });

  it('only rules of the bus of the deployment may invoke the function and send to the undelivered messages', () => {
    const rules = 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/headrace/*';
    const [permission] = resourcesIn(template, 'AWS::Lambda::Permission').filter(
      ({ FunctionName }) => JSON.stringify(FunctionName).includes('Notifications'),
    );
    expect(permission).toMatchObject({ Principal: 'events.amazonaws.com' });
    expect(written(permission?.SourceArn)).toBe(rules);
    const policies = z
      .array(
        z.looseObject({ PolicyDocument: z.looseObject({ Statement: z.array(z.looseObject({})) }) }),
      )
      .parse(resourcesIn(template, 'AWS::SQS::QueuePolicy'));
    const statement = policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .find(({ Sid }) => Sid === 'Notifications');
    expect(statement).toMatchObject({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 'events.amazonaws.com' },
    });
    expect(JSON.stringify(statement)).toContain('ArnLike');
  });

  it('what cannot be delivered or sent is moved to the undelivered messages, and lost or refused events raise an alarm', () => {
    const undelivered = '${TransitionsUndelivered.Arn}';
    const { DeadLetterConfig } = z
      .looseObject({ DeadLetterConfig: z.object({ TargetArn: z.unknown() }) })
      .parse(functionIn(template, 'notifications'));
    expect(written(DeadLetterConfig.TargetArn)).toBe(undelivered);
    const rules = notificationRulesIn(template.toJSON());
    expect(rules).toHaveLength(4);
    for (const { deadLetters } of rules) expect(written(deadLetters)).toBe(undelivered);
    const alarms = resourcesIn(template, 'AWS::CloudWatch::Alarm').map(({ AlarmDescription }) =>
      String(AlarmDescription),
    );
    expect(alarms.filter((text) => text.includes('notification'))).toHaveLength(3);
  });
});

describe('the rules of notifications', () => {
  const facts = { project: 'flowers', pipeline: 'iris', tags: ['nightly', 'b'] };
  const positions = async (change: RunChange, over: Partial<EventFacts> = {}) => {
    const events = await publishedEvents(change, { ...facts, ...over });
    return events
      .flatMap((event) => deliveriesOf(template.toJSON(), event))
      .map(({ notification }) => notification);
  };

  it('an event that the controller publishes is delivered by the rules whose changes, project, pipeline and tag it has', async () => {
    expect(await positions('failed')).toEqual([0, 1]);
    expect(await positions('waiting')).toEqual([1, 2]);
    expect(await positions('failed', { project: 'other' })).toEqual([0]);
    expect(await positions('failed', { pipeline: 'other' })).toEqual([0]);
    expect(await positions('failed', { tags: ['b'] })).toEqual([0]);
    for (const change of ['completed', 'aborted'] as const)
      expect(await positions(change)).toEqual([]);
  });

  it('the function accepts the input that a rule makes of an event, and sends it to the target of the rule', async () => {
    const [event] = (await publishedEvents('waiting', facts)).slice(-1);
    const { file } = settingsOf(CONFIG, 'notifications');
    const sent: string[] = [];
    const handler = createNotificationHandler({
      settings: readNotificationSettings(
        { HEADRACE_NOTIFICATIONS: '{"api":"a","topics":{}}' },
        file,
      ),
      webhookUrl: async (secret) => secret,
      mail: { publish: async () => undefined },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      send: async ({ url }, { text }) => void sent.push(`${url} ${text.split('\n')[0]}`),
    });
    for (const input of event === undefined ? [] : deliveriesOf(template.toJSON(), event))
      await handler(input);
    expect(sent).toEqual([
      'headrace/slack flowers/iris#1 waits for approve',
      `${OTHER_SECRET} flowers/iris#1 waits for approve`,
    ]);
  });
});
