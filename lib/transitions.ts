/**
 * How messages travel: the FIFO queue of transitions, the queue of delays, the group of longer schedules, the bus of Headrace's own events.
 *
 * 1. Deduplication and throughput are per message group: one group is one run.
 * 2. A message stays invisible for six times its reader's limit, so that a reader that dies is followed by one, never joined.
 * 3. Whatever cannot be delivered ends in a queue where it stays for 14 days and raises an alarm.
 *
 * @module
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';

/** The controller's limit: a turn stops at a cursor well before. */
export const CONTROLLER_TIMEOUT = Duration.seconds(60);
export const ROUTER_TIMEOUT = Duration.seconds(30);

const DEAD_LETTER_QUEUE_REASONS = {
  'AwsSolutions-SQS3': 'This queue is where dead letters go.',
  'Serverless-SQSRedrivePolicy': 'This queue is where dead letters go.',
};
const MESSAGE_RETENTION = Duration.days(14);
const ENCRYPTED_QUEUE = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };

export class Transitions extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly delays: Queue;
  /** Of everything that is no FIFO queue: delays, schedules, rules' targets, functions invoked asynchronously. */
  readonly undelivered: Queue;
  readonly scheduleGroup: ScheduleGroup;
  readonly scheduleRole: Role;
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, { prefix }: Configuration) {
    super(scope, id);
    const stack = Stack.of(this);

    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...ENCRYPTED_QUEUE,
      fifo: true,
      retentionPeriod: MESSAGE_RETENTION,
    });
    this.undelivered = new Queue(this, 'Undelivered', {
      ...ENCRYPTED_QUEUE,
      retentionPeriod: MESSAGE_RETENTION,
    });
    for (const queue of [this.deadLetters, this.undelivered])
      acknowledge(queue, DEAD_LETTER_QUEUE_REASONS);

    this.queue = new Queue(this, 'Queue', {
      ...ENCRYPTED_QUEUE,
      fifo: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      visibilityTimeout: Duration.seconds(6 * CONTROLLER_TIMEOUT.toSeconds()),
      retentionPeriod: MESSAGE_RETENTION,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 10 },
    });
    this.delays = new Queue(this, 'Delays', {
      ...ENCRYPTED_QUEUE,
      visibilityTimeout: Duration.seconds(6 * ROUTER_TIMEOUT.toSeconds()),
      retentionPeriod: MESSAGE_RETENTION,
      deadLetterQueue: { queue: this.undelivered, maxReceiveCount: 10 },
    });

    this.scheduleGroup = new ScheduleGroup(this, 'Schedules', {
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.scheduleRole = new Role(this, 'ScheduleRole', {
      description: 'Under which schedules of Headrace send their one message.',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnEquals: { 'aws:SourceArn': this.scheduleGroup.scheduleGroupArn },
        },
      }),
    });
    this.scheduleRole.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['sqs:SendMessage'],
        resources: [this.delays.queueArn, this.undelivered.queueArn],
      }),
    );

    this.bus = new EventBus(this, 'Bus', {
      eventBusName: prefix,
      description: 'Status changes of runs, and of steps on request, for rules of your own.',
      deadLetterQueue: this.undelivered,
    });
  }
}
