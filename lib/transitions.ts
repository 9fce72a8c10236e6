/**
 * The transport of messages: the queues, the group of schedules for longer timers, and the bus of
 * Headrace's own events.
 *
 * 1. Deduplication and throughput limits apply to each message group separately: a group is a run.
 * 2. A message stays invisible for six times the time limit of its consumer, so that it is received
 *    again only after that consumer has ended.
 * 3. Messages that cannot be delivered stay for 14 days in a queue that raises an alarm.
 * 4. These queues are retained with the stored data when the stack is deleted: their messages may
 *    belong to runs that a new stack continues.
 *
 * @module
 */
import { Duration, RemovalPolicy, Resource, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { DeduplicationScope, FifoThroughputLimit, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  CONSUMER_TIMEOUT_SECONDS,
  forEachQueue,
  type MessageQueue,
  type MessageQueueName,
  type QueueSetting,
  queueSettings,
  visibilityTimeoutSeconds,
} from '../src/aws/deployment/message-queues.ts';
import type { DeployedSettings } from '../src/aws/deployment/settings.ts';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { keyOf, queueEncryptedBy } from './encryption.ts';
import { grant } from './grant.ts';
import { removalPolicyOf } from './storage.ts';

export const CONTROLLER_TIMEOUT = Duration.seconds(CONSUMER_TIMEOUT_SECONDS.controller);
export const ROUTER_TIMEOUT = Duration.seconds(CONSUMER_TIMEOUT_SECONDS.router);
export const SCHEDULES_TIMEOUT = Duration.seconds(CONSUMER_TIMEOUT_SECONDS.schedules);

const DEAD_LETTER_QUEUE_REASONS = {
  'AwsSolutions-SQS3': 'This queue is a dead-letter queue.',
  'Serverless-SQSRedrivePolicy': 'This queue is a dead-letter queue.',
};
const MESSAGE_RETENTION = Duration.days(14);
/** Rule 1. */
const THROUGHPUT_PER_GROUP = {
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
};

export class TransitionQueues extends Construct {
  readonly queues: Readonly<Record<MessageQueueName, Queue>>;
  readonly scheduleGroup: ScheduleGroup;
  readonly scheduleRole: Role;
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, config: Configuration) {
    super(scope, id);
    const key = keyOf(this, config);
    const stack = Stack.of(this);

    const created = new Map<string, Queue>();
    this.queues = forEachQueue((definition) => {
      const queue = this.#queue(definition, created, key);
      created.set(definition.name, queue);
      if (definition.deadLetterQueue === null) applyRemovalPolicy(queue, removalPolicyOf(config));
      return queue;
    });

    this.scheduleGroup = new ScheduleGroup(this, 'Schedules', {
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.scheduleRole = new Role(this, 'ScheduleRole', {
      description: 'Headrace: schedules send their message under this role',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnEquals: { 'aws:SourceArn': this.scheduleGroup.scheduleGroupArn },
        },
      }),
    });
    grant(this.scheduleRole, {
      sid: 'Send',
      actions: ['sqs:SendMessage'],
      resources: [this.queues.delays.queueArn, this.queues.undelivered.queueArn],
      key,
    });

    this.bus = new EventBus(this, 'Bus', {
      eventBusName: config.prefix,
      description: 'Status changes of runs, and of steps on request, for rules of your own.',
      ...(key !== undefined && { kmsKey: key }),
    });
  }

  /** The settings by which functions find the queues, the schedules and the bus. */
  get settings(): Pick<
    DeployedSettings,
    QueueSetting | 'scheduleGroup' | 'scheduleRoleArn' | 'scheduleDeadLettersArn' | 'bus'
  > {
    const { queues, scheduleGroup, scheduleRole, bus } = this;
    return {
      ...queueSettings((name, attribute) =>
        attribute === 'url' ? queues[name].queueUrl : queues[name].queueArn,
      ),
      scheduleGroup: scheduleGroup.scheduleGroupName,
      scheduleRoleArn: scheduleRole.roleArn,
      scheduleDeadLettersArn: queues.undelivered.queueArn,
      bus: bus.eventBusName,
    };
  }

  /**
   * `created`: the queues that come before this one in the table, its dead-letter queue included.
   */
  #queue(
    definition: MessageQueue,
    created: ReadonlyMap<string, Queue>,
    key: IKey | undefined,
  ): Queue {
    const { constructId, fifo, consumer, deadLetterQueue, maxReceives } = definition;
    const redrive = deadLetterQueue === null ? undefined : created.get(deadLetterQueue);
    const visibilitySeconds = visibilityTimeoutSeconds(definition);
    const queue = new Queue(this, constructId, {
      enforceSSL: true,
      ...queueEncryptedBy(key),
      retentionPeriod: MESSAGE_RETENTION,
      ...(fifo && { fifo }),
      ...(fifo && consumer !== null && THROUGHPUT_PER_GROUP),
      ...(visibilitySeconds !== undefined && {
        visibilityTimeout: Duration.seconds(visibilitySeconds),
      }),
      ...(redrive !== undefined &&
        maxReceives !== null && {
          deadLetterQueue: { queue: redrive, maxReceiveCount: maxReceives },
        }),
    });
    if (redrive === undefined) acknowledge(queue, DEAD_LETTER_QUEUE_REASONS);
    return queue;
  }
}

/** Rule 4: of the queue and of its policy, which requires TLS. */
function applyRemovalPolicy(queue: Queue, removalPolicy: RemovalPolicy): void {
  for (const resource of [queue, queue.node.findChild('Policy')])
    if (resource instanceof Resource) resource.applyRemovalPolicy(removalPolicy);
}
