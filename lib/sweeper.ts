/**
 * The sweeper's function: finds runs that have not changed for long, because a message was lost or
 * a function failed too often, and requests a sweep of each.
 *
 * @module
 */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { TASKS_TABLE } from '../src/aws/deployment/table-schemas.ts';
import type { Configuration } from './config.ts';
import { HeadraceFunction } from './functions.ts';
import type { DeploymentParts } from './parts.ts';

const SWEEP_INTERVAL = Duration.minutes(15);

export class SweeperFunction extends Construct {
  readonly function: HeadraceFunction;

  constructor(
    scope: Construct,
    id: string,
    config: Configuration,
    { storage, transitions, settings }: DeploymentParts,
  ) {
    super(scope, id);
    this.function = new HeadraceFunction(this, 'Sweeper', config, {
      name: 'sweeper',
      description: 'finds runs that have not changed for long',
      timeout: Duration.minutes(5),
      memoryMiB: 256,
      settings,
      deadLetterQueue: transitions.queues.undelivered,
    });
    const sweeperFunction = this.function;
    sweeperFunction.allow({
      sid: 'Transitions',
      actions: ['sqs:SendMessage'],
      resources: [transitions.queues.transitions.queueArn],
    });
    sweeperFunction.allow({
      sid: 'Records',
      actions: ['dynamodb:GetItem', 'dynamodb:Query'],
      resources: [storage.tables.tasks.tableArn],
    });
    const [, , live] = TASKS_TABLE.indexes;
    sweeperFunction.allow({
      sid: 'LiveRuns',
      actions: ['dynamodb:Query'],
      resources: [`${storage.tables.tasks.tableArn}/index/${live.name}`],
    });
    sweeperFunction.allow({
      sid: 'Tokens',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [storage.secret.secretArn],
    });

    new Rule(this, 'Sweep', {
      description: 'Headrace checks for runs that have not changed for long',
      schedule: Schedule.rate(SWEEP_INTERVAL),
      targets: [
        new LambdaFunction(this.function.lambda, {
          deadLetterQueue: transitions.queues.undelivered,
          retryAttempts: 2,
        }),
      ],
    });
  }
}
