/**
 * The router's function: receives events about jobs and delayed messages that are due, and sends
 * them to their run. Events pass through a queue, so that a burst of them is handled in batches, and
 * an event that cannot be handled now is received again.
 *
 * Jobs that succeeded are in no rule: the step's own message reports them, and an event of each would
 * be a tenth of the cost of a step.
 *
 * The rules name each queue of this deployment, so that no other jobs invoke the function.
 *
 * @module
 */
import { Duration } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Configuration } from './config.ts';
import { HeadraceFunction } from './functions.ts';
import { CONSUME_QUEUE, READ_TABLE } from './grant.ts';
import type { DeploymentParts } from './parts.ts';
import { allowRules, queueRule, readQueue } from './queue-events.ts';
import { ROUTER_TIMEOUT } from './transitions.ts';

/** An event pattern holds 2,048 characters at most. */
const QUEUES_PER_RULE = 12;

export class RouterFunction extends Construct {
  readonly function: HeadraceFunction;

  constructor(
    scope: Construct,
    id: string,
    config: Configuration,
    { storage, transitions, queues, settings }: DeploymentParts,
  ) {
    super(scope, id);
    this.function = new HeadraceFunction(this, 'Router', config, {
      name: 'router',
      description: 'routes completions of jobs, and delayed messages that are due, to their run',
      timeout: ROUTER_TIMEOUT,
      memoryMiB: 256,
      settings,
    });
    const routerFunction = this.function;
    routerFunction.allow({
      sid: 'Transitions',
      actions: ['sqs:SendMessage'],
      resources: [transitions.queues.transitions.queueArn],
    });
    routerFunction.allow({
      sid: 'Delays',
      actions: [...CONSUME_QUEUE, 'sqs:SendMessage'],
      resources: [transitions.queues.delays.queueArn],
    });
    routerFunction.allow({
      sid: 'JobEvents',
      actions: CONSUME_QUEUE,
      resources: [transitions.queues.jobEvents.queueArn],
    });
    routerFunction.allow({
      sid: 'Records',
      actions: READ_TABLE,
      resources: [storage.tables.tasks.tableArn],
    });
    routerFunction.allow({
      sid: 'Tokens',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [storage.secret.secretArn],
    });

    const sent = new Map<Queue, string[]>();
    for (let first = 0; first < queues.arns.length; first += QUEUES_PER_RULE) {
      const jobQueue = queues.arns.slice(first, first + QUEUES_PER_RULE);
      const number = first / QUEUES_PER_RULE;
      const { jobEvents, undelivered } = transitions.queues;
      const rules = [
        queueRule(this, `JobsFailed${number}`, {
          description: 'Jobs of Headrace that failed',
          eventPattern: {
            source: ['aws.batch'],
            detailType: ['Batch Job State Change'],
            detail: { status: ['FAILED'], jobQueue },
          },
          queues: [jobEvents, undelivered],
        }),
        queueRule(this, `QueuesBlocked${number}`, {
          description: 'Jobs of Headrace that block their queue',
          eventPattern: {
            source: ['aws.batch'],
            detailType: ['Batch Job Queue Blocked'],
            detail: { jobQueue },
          },
          queues: [jobEvents, undelivered],
        }),
      ];
      for (const { arn, queues: targets } of rules)
        for (const queue of targets) sent.set(queue, [...(sent.get(queue) ?? []), arn]);
    }
    for (const [queue, rules] of sent) allowRules(queue, 'Events', rules);
    readQueue(this, 'Delays', this.function, transitions.queues.delays, { batchSize: 10 });
    // The end of a fan-out is a burst of events. The event source waits for a second only if fewer
    // than a hundred have arrived.
    readQueue(this, 'JobEvents', this.function, transitions.queues.jobEvents, {
      batchSize: 100,
      maxBatchingWindow: Duration.seconds(1),
    });
  }
}
