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
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type EventSourceMappingOptions } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { HeadraceFunction } from './functions.ts';
import { CONSUME_QUEUE, READ_TABLE } from './grant.ts';
import type { DeploymentParts } from './parts.ts';
import { ROUTER_TIMEOUT } from './transitions.ts';

/** An event pattern holds 2,048 characters at most. */
const QUEUES_PER_RULE = 12;

/** The target of a rule, and the queue of what it cannot deliver. */
type RuleQueues = readonly [Queue, Queue];

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
        this.#rule(`JobsFailed${number}`, 'Jobs of Headrace that failed', {
          pattern: {
            detailType: ['Batch Job State Change'],
            detail: { status: ['FAILED'], jobQueue },
          },
          queues: [jobEvents, undelivered],
        }),
        this.#rule(`QueuesBlocked${number}`, 'Jobs of Headrace that block their queue', {
          pattern: { detailType: ['Batch Job Queue Blocked'], detail: { jobQueue } },
          queues: [jobEvents, undelivered],
        }),
      ];
      for (const { arn, queues: targets } of rules)
        for (const queue of targets) sent.set(queue, [...(sent.get(queue) ?? []), arn]);
    }
    for (const [queue, rules] of sent) allowRules(queue, rules);
    this.#readFrom('Delays', transitions.queues.delays, { batchSize: 10 });
    // The end of a fan-out is a burst of events. The event source waits for a second only if fewer
    // than a hundred have arrived.
    this.#readFrom('JobEvents', transitions.queues.jobEvents, {
      batchSize: 100,
      maxBatchingWindow: Duration.seconds(1),
    });
  }

  /**
   * A rule that sends events to the first queue, and to the second one what it cannot deliver.
   *
   * @returns the rule's ARN, and the queues that must accept its messages
   */
  #rule(
    id: string,
    description: string,
    { pattern, queues }: { readonly pattern: EventPattern; readonly queues: RuleQueues },
  ): { readonly arn: string; readonly queues: RuleQueues } {
    const [target, undelivered] = queues;
    const rule = new Rule(this, id, {
      description,
      eventPattern: { source: ['aws.batch'], ...pattern },
    });
    // Not the target of the CDK: for an encrypted queue, it would let every rule of every account
    // send.
    rule.addTarget({
      bind: () => ({
        arn: target.queueArn,
        deadLetterConfig: { arn: undelivered.queueArn },
        retryPolicy: { maximumRetryAttempts: 185 },
      }),
    });
    return { arn: rule.ruleArn, queues };
  }

  #readFrom(
    id: string,
    queue: Queue,
    options: Pick<EventSourceMappingOptions, 'batchSize' | 'maxBatchingWindow'>,
  ): void {
    const mapping = new EventSourceMapping(this, id, {
      target: this.function.lambda,
      eventSourceArn: queue.queueArn,
      reportBatchItemFailures: true,
      ...options,
    });
    acknowledge(mapping, {
      'Serverless-LambdaEventSourceMappingDestination':
        'An SQS source has no destination: failed messages are moved to the dead-letter queue.',
    });
  }
}

/**
 * Lets these rules send to the queue, by one statement: the policy of a queue has 10 conditions, 20
 * statements and 8,192 bytes at most.
 */
function allowRules(queue: Queue, ruleArns: readonly string[]): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'Events',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': [...ruleArns] } },
    }),
  );
}
