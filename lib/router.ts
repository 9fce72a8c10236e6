/**
 * The router's function: receives events about jobs and delayed messages that are due, and sends
 * them to their run. Events pass through a queue, so that a burst of them is handled in batches, and
 * an event that cannot be handled now is received again.
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
      resources: [transitions.queues.jobEvents.queueArn, transitions.queues.jobSuccesses.queueArn],
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

    for (let first = 0; first < queues.arns.length; first += QUEUES_PER_RULE) {
      const jobQueue = queues.arns.slice(first, first + QUEUES_PER_RULE);
      const number = first / QUEUES_PER_RULE;
      const { jobSuccesses, jobEvents, undelivered } = transitions.queues;
      this.#rule(`JobsSucceeded${number}`, 'Jobs of Headrace that succeeded', {
        pattern: {
          detailType: ['Batch Job State Change'],
          detail: { status: ['SUCCEEDED'], jobQueue },
        },
        queues: [jobSuccesses, undelivered],
      });
      this.#rule(`JobsFailed${number}`, 'Jobs of Headrace that failed', {
        pattern: {
          detailType: ['Batch Job State Change'],
          detail: { status: ['FAILED'], jobQueue },
        },
        queues: [jobEvents, undelivered],
      });
      this.#rule(`QueuesBlocked${number}`, 'Jobs of Headrace that block their queue', {
        pattern: { detailType: ['Batch Job Queue Blocked'], detail: { jobQueue } },
        queues: [jobEvents, undelivered],
      });
    }
    this.#readFrom('Delays', transitions.queues.delays, { batchSize: 10 });
    // The end of a fan-out is a burst of events. The event source waits for a second only if fewer
    // than a hundred have arrived.
    this.#readFrom('JobSuccesses', transitions.queues.jobSuccesses, {
      batchSize: 100,
      maxBatchingWindow: Duration.seconds(30),
    });
    this.#readFrom('JobEvents', transitions.queues.jobEvents, {
      batchSize: 100,
      maxBatchingWindow: Duration.seconds(1),
    });
  }

  /** A rule that sends events to the first queue, and to the second one what it cannot deliver. */
  #rule(
    id: string,
    description: string,
    {
      pattern,
      queues: [target, undelivered],
    }: { readonly pattern: EventPattern; readonly queues: readonly [Queue, Queue] },
  ): void {
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
    for (const queue of [target, undelivered])
      queue.addToResourcePolicy(
        new PolicyStatement({
          sid: `${id}Events`,
          principals: [new ServicePrincipal('events.amazonaws.com')],
          actions: ['sqs:SendMessage'],
          resources: [queue.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
        }),
      );
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
