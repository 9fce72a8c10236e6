/**
 * Notifications of a deployment: rules on its bus, and a function that sends their events by mail
 * (a topic of SNS), to Slack or to a webhook. Without a configured notification there is nothing of
 * it.
 *
 * 1. A rule selects the events: the function is invoked for nothing else.
 * 2. An event that EventBridge cannot deliver, or the function cannot send, is moved to the
 *    undelivered messages, which raise an alarm.
 * 3. The function reads the secrets of the configuration, and publishes to the topics. It reads no
 *    data of runs: all that it sends is in the event.
 * 4. The function publishes to a topic under its role, so that the policy of a topic's key need not
 *    let EventBridge use it.
 *
 * @module
 */
import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import {
  busEventPatterns,
  INPUT_PATHS,
  NOTIFICATIONS_VARIABLE,
} from '../src/aws/deployment/bus-events.ts';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { keyOf } from './encryption.ts';
import { HeadraceFunction } from './functions.ts';
import type { TransitionQueues } from './transitions.ts';

/** Three attempts of 5 s, the pauses between them, and the request for the secret. */
const TIMEOUT = Duration.seconds(30);

export interface NotificationParts {
  readonly transitions: TransitionQueues;
  /** The URL of the API, for the command that shows a run. */
  readonly apiUrl: string;
}

export class Notifications extends Construct {
  readonly function: HeadraceFunction;
  readonly rules: readonly Rule[];

  constructor(
    scope: Construct,
    id: string,
    config: Configuration,
    { transitions, apiUrl }: NotificationParts,
  ) {
    super(scope, id);
    const { notifications } = config;
    const { undelivered } = transitions.queues;
    const topics = new Map<number, Topic>();
    const addresses = new Map<number, number>();
    for (const [position, { to }] of notifications.entries()) {
      if (to.type !== 'mail') continue;
      topics.set(position, this.#topic(config, position, to.addresses));
      addresses.set(position, new Set(to.addresses).size);
    }
    const topicArns = Object.fromEntries([...topics].map(([at, topic]) => [at, topic.topicArn]));
    this.function = new HeadraceFunction(this, 'Notifications', config, {
      name: 'notifications',
      description: 'sends notifications about runs',
      timeout: TIMEOUT,
      memoryMiB: 256,
      settings: {
        file: {
          targets: notifications.map(({ to, ...filter }) =>
            to.type === 'mail'
              ? { ...filter, type: to.type }
              : { ...filter, type: to.type, secret: to.secret },
          ),
        },
        environment: {
          [NOTIFICATIONS_VARIABLE]: Stack.of(this).toJsonString({
            api: apiUrl,
            topics: topicArns,
            addresses: Object.fromEntries(addresses),
          }),
        },
      },
      deadLetterQueue: undelivered,
    });
    this.#allow([...topics.values()], secretsOf(config));
    const rulesOfBus = this.function.arn('events', `rule/${config.prefix}/*`);
    this.function.lambda.addPermission('Rules', {
      principal: new ServicePrincipal('events.amazonaws.com'),
      sourceArn: rulesOfBus,
    });
    undelivered.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Notifications',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [undelivered.queueArn],
        conditions: { ArnLike: { 'aws:SourceArn': rulesOfBus } },
      }),
    );
    this.rules = notifications.flatMap((notification, position) =>
      Object.entries(busEventPatterns(notification)).map(([kind, pattern]) =>
        this.#rule(`${kind === 'run' ? 'Ended' : 'Waits'}${position}`, position, {
          pattern,
          transitions,
        }),
      ),
    );
  }

  #rule(
    id: string,
    position: number,
    {
      pattern,
      transitions,
    }: {
      readonly pattern: NonNullable<ReturnType<typeof busEventPatterns>['run']>;
      readonly transitions: TransitionQueues;
    },
  ): Rule {
    const rule = new Rule(this, id, {
      description: `Headrace: notification ${position} of the configuration`,
      eventBus: transitions.bus,
      eventPattern: pattern,
    });
    // Not the target of the CDK: it would add a permission, and a statement to the queue's policy,
    // for each rule.
    rule.addTarget({
      bind: () => ({
        arn: this.function.lambda.functionArn,
        input: RuleTargetInput.fromObject({
          notification: position,
          type: EventField.fromPath(INPUT_PATHS.type),
          detail: EventField.fromPath(INPUT_PATHS.detail),
        }),
        deadLetterConfig: { arn: transitions.queues.undelivered.queueArn },
        retryPolicy: { maximumRetryAttempts: 185 },
      }),
    });
    return rule;
  }

  #topic(config: Configuration, position: number, addresses: readonly string[]): Topic {
    const masterKey = keyOf(new Construct(this, `Mail${position}Key`), config);
    const topic = new Topic(this, `Mail${position}`, {
      displayName: 'Headrace',
      enforceSSL: true,
      ...(masterKey !== undefined && { masterKey }),
    });
    for (const address of new Set(addresses)) topic.addSubscription(new EmailSubscription(address));
    acknowledge(topic, {
      'Serverless-SNSRedrivePolicy':
        'E-mail has no dead letters: `headrace runs list` shows the run.',
    });
    return topic;
  }

  #allow(topics: readonly Topic[], secrets: readonly string[]): void {
    if (topics.length > 0)
      this.function.allow({
        sid: 'Mail',
        actions: ['sns:Publish'],
        resources: topics.map(({ topicArn }) => topicArn),
      });
    if (secrets.length > 0)
      this.function.allow({
        sid: 'Webhooks',
        actions: ['secretsmanager:GetSecretValue'],
        resources: secrets.map((secret) => this.#secretArn(secret)),
      });
  }

  /** Secrets Manager appends six random characters to the ARN of a secret. */
  #secretArn(secret: string): string {
    if (secret.startsWith('arn:'))
      return /-[A-Za-z0-9]{6}$/.test(secret) ? secret : `${secret}-??????`;
    return Arn.format(
      {
        service: 'secretsmanager',
        resource: 'secret',
        resourceName: `${secret}-??????`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      Stack.of(this),
    );
  }
}

const secretsOf = ({ notifications }: Configuration): readonly string[] => [
  ...new Set(notifications.flatMap(({ to }) => (to.type === 'mail' ? [] : [to.secret]))),
];
