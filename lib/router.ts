/**
 * What brings events to their run: the ends of our jobs, and delayed messages whose time has come.
 *
 * The rules name the queues of this deployment one by one, so that neither another deployment's jobs nor anybody else's wake it.
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

/** A pattern holds 2,048 characters at the most. */
const QUEUES_PER_RULE = 12;

export class Router extends Construct {
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
      description: 'brings ends of jobs, and messages whose time has come, to their run',
      timeout: ROUTER_TIMEOUT,
      memoryMiB: 256,
      environment: settings,
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
        description: 'Jobs of Headrace that ended',
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
        'A source of SQS takes no destination: what fails goes to the dead letters of the queue.',
    });
  }
}
