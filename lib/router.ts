/**
 * The router's function: receives completions of jobs and delayed messages that are due, and sends
 * them to their run.
 *
 * The rules name each queue of this deployment, so that no other jobs invoke the function.
 *
 * @module
 */
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
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
      deadLetterQueue: transitions.queues.undelivered,
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
      new Rule(this, `JobsEnded${first / QUEUES_PER_RULE}`, {
        description: 'Completions of jobs of Headrace',
        eventPattern: {
          source: ['aws.batch'],
          detailType: ['Batch Job State Change'],
          detail: {
            status: ['SUCCEEDED', 'FAILED'],
            jobQueue: queues.arns.slice(first, first + QUEUES_PER_RULE),
          },
        },
        targets: [
          new LambdaFunction(this.function.lambda, {
            deadLetterQueue: transitions.queues.undelivered,
            retryAttempts: 185,
          }),
        ],
      });
    }

    const mapping = new EventSourceMapping(this, 'Delays', {
      target: this.function.lambda,
      eventSourceArn: transitions.queues.delays.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
    acknowledge(mapping, {
      'Serverless-LambdaEventSourceMappingDestination':
        'An SQS source has no destination: failed messages are moved to the dead-letter queue.',
    });
  }
}
