/**
 * The function that fires schedules: receives messages about occurrences (timers that were due, runs
 * that ended, objects that were created), and creates runs.
 *
 * Rules send the events to a queue, so that a burst of them is handled in batches, and an event that
 * cannot be handled now is received again. A check every 15 minutes finds what no message reported.
 *
 * @module
 */
import { Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { DETAIL_TYPES, EVENT_SOURCE } from '../src/aws/deployment/bus-events.ts';
import { TASKS_TABLE } from '../src/aws/deployment/table-schemas.ts';
import type { Configuration } from './config.ts';
import { HeadraceFunction } from './functions.ts';
import { CONSUME_QUEUE, READ_TABLE } from './grant.ts';
import type { DeploymentParts } from './parts.ts';
import { allowRules, queueRule, readQueue } from './queue-events.ts';
import { SCHEDULES_TIMEOUT } from './transitions.ts';

const CHECK_INTERVAL = Duration.minutes(15);
/** Schedules need little, and must not use up the concurrency of the account. */
const MAX_CONCURRENCY = 5;

export class SchedulesFunction extends Construct {
  readonly function: HeadraceFunction;

  constructor(scope: Construct, id: string, config: Configuration, parts: DeploymentParts) {
    super(scope, id);
    this.function = new HeadraceFunction(this, 'Schedules', config, {
      name: 'schedules',
      description: 'starts the runs of schedules',
      timeout: SCHEDULES_TIMEOUT,
      memoryMiB: 256,
      settings: parts.settings,
    });
    this.#allow(parts);
    const { bus, queues } = parts.transitions;
    const { firings, undelivered } = queues;
    const { buckets } = config.schedules;
    const rules = [
      queueRule(this, 'RunsEnded', {
        description: 'Runs of Headrace that ended',
        eventBus: bus,
        eventPattern: {
          source: [EVENT_SOURCE],
          detailType: [DETAIL_TYPES.run],
          detail: { status: ['completed', 'failed', 'aborted'] },
        },
        queues: [firings, undelivered],
      }),
      queueRule(this, 'Check', {
        description: 'Headrace checks its schedules',
        schedule: Schedule.rate(CHECK_INTERVAL),
        message: JSON.stringify({ kind: 'check' }),
        queues: [firings, undelivered],
      }),
      ...(buckets.length === 0
        ? []
        : [
            queueRule(this, 'ObjectsCreated', {
              description: 'New objects that start runs of Headrace',
              eventPattern: {
                source: ['aws.s3'],
                detailType: ['Object Created'],
                detail: { bucket: { name: buckets } },
              },
              queues: [firings, undelivered],
            }),
          ]),
    ].map(({ arn }) => arn);
    for (const queue of [firings, undelivered]) allowRules(queue, 'ScheduleEvents', rules);
    readQueue(this, 'Firings', this.function, firings, {
      batchSize: 10,
      maxConcurrency: MAX_CONCURRENCY,
    });
  }

  #allow({ storage, transitions, scheduleTimers }: DeploymentParts): void {
    const schedulesFunction = this.function;
    const { queues } = transitions;
    schedulesFunction.allow({
      sid: 'Firings',
      actions: CONSUME_QUEUE,
      resources: [queues.firings.queueArn],
    });
    schedulesFunction.allow({
      sid: 'Start',
      actions: ['sqs:SendMessage'],
      resources: [queues.transitions.queueArn, queues.delays.queueArn],
    });
    schedulesFunction.allow({
      sid: 'Records',
      actions: [...READ_TABLE, 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [storage.tables.tasks.tableArn],
    });
    const [all, ofProject] = TASKS_TABLE.indexes;
    schedulesFunction.allow({
      sid: 'Runs',
      actions: ['dynamodb:Query'],
      resources: [all, ofProject].map(
        ({ name }) => `${storage.tables.tasks.tableArn}/index/${name}`,
      ),
    });
    schedulesFunction.allow({
      sid: 'Tokens',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [storage.secret.secretArn],
    });
    scheduleTimers.allow(schedulesFunction);
  }
}
