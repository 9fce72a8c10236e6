/**
 * What moves runs: wakes for a batch of transitions, decides, writes, launches, ends.
 *
 * 1. A message group is a run, and one batch of it is under way at a time: the controller is the run's only writer.
 * 2. It reports which messages of a batch failed, so that runs in one batch do not hold each other up.
 * 3. It may submit jobs of definitions and to queues of this deployment only, and hand on no role but those of its steps and its schedules.
 *
 * @module
 */
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { HeadraceFunction } from './functions.ts';
import { CONSUME_QUEUE } from './grant.ts';
import { allowRunRecords, type DeploymentParts } from './parts.ts';
import { CONTROLLER_TIMEOUT } from './transitions.ts';

/** As many as one batch of a FIFO queue may hold. */
const BATCH_SIZE = 10;

export class Controller extends Construct {
  readonly function: HeadraceFunction;

  constructor(scope: Construct, id: string, config: Configuration, parts: DeploymentParts) {
    super(scope, id);
    const { storage, transitions, evaluator, settings } = parts;
    this.function = new HeadraceFunction(this, 'Controller', config, {
      name: 'controller',
      description: 'moves runs',
      timeout: CONTROLLER_TIMEOUT,
      memoryMiB: 512,
      environment: settings,
    });
    const controllerFunction = this.function;
    controllerFunction.allow({
      sid: 'Transitions',
      actions: [...CONSUME_QUEUE, 'sqs:ChangeMessageVisibility', 'sqs:SendMessage'],
      resources: [transitions.queues.transitions.queueArn],
    });
    controllerFunction.allow({
      sid: 'Evaluate',
      actions: ['lambda:InvokeFunction'],
      resources: [evaluator.lambda.functionArn],
    });
    controllerFunction.allow({
      sid: 'PublishEvents',
      actions: ['events:PutEvents'],
      resources: [transitions.bus.eventBusArn],
    });
    allowRunRecords(controllerFunction, storage);
    this.#allowTimers(transitions);
    this.#allowJobs(config, parts);

    const mapping = new EventSourceMapping(this, 'Source', {
      target: this.function.lambda,
      eventSourceArn: transitions.queues.transitions.queueArn,
      batchSize: BATCH_SIZE,
      reportBatchItemFailures: true,
      maxConcurrency: config.controllerConcurrency,
    });
    acknowledge(mapping, {
      'Serverless-LambdaEventSourceMappingDestination':
        'A source of SQS takes no destination: what fails goes to the dead letters of the queue.',
    });
  }

  /** A delayed message, or a schedule for a longer timer. */
  #allowTimers({ queues, scheduleGroup, scheduleRole }: DeploymentParts['transitions']): void {
    const controllerFunction = this.function;
    controllerFunction.allow({
      sid: 'Delays',
      actions: ['sqs:SendMessage'],
      resources: [queues.delays.queueArn],
    });
    const schedules = controllerFunction.arn(
      'scheduler',
      `schedule/${scheduleGroup.scheduleGroupName}/*`,
    );
    controllerFunction.allow({
      sid: 'Schedules',
      actions: ['scheduler:CreateSchedule'],
      resources: [schedules],
      reason: 'Schedules of the one group are named as timers are set.',
    });
    const conditions = { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } };
    controllerFunction.allow({
      sid: 'ScheduleRole',
      actions: ['iam:PassRole'],
      resources: [scheduleRole.roleArn],
      conditions,
    });
  }

  #allowJobs(config: Configuration, { queues, projects }: DeploymentParts): void {
    const controllerFunction = this.function;
    const definitions = controllerFunction.arn('batch', `job-definition/${config.prefix}-*`);
    const because = 'A job definition is named by the hash of what it fixes.';
    controllerFunction.allow({
      sid: 'Define',
      actions: ['batch:RegisterJobDefinition', 'batch:TagResource'],
      resources: [definitions],
      reason: because,
    });
    controllerFunction.allow({
      sid: 'Submit',
      actions: ['batch:SubmitJob'],
      resources: [definitions, ...queues.arns],
      reason: because,
    });
    controllerFunction.allow({
      sid: 'Terminate',
      actions: ['batch:TerminateJob'],
      resources: [controllerFunction.arn('batch', 'job/*')],
      reason: 'AWS Batch gives a job its id.',
    });
    controllerFunction.allow({
      sid: 'LookUp',
      actions: ['batch:DescribeJobDefinitions', 'batch:DescribeJobs', 'batch:ListJobs'],
      resources: ['*'],
      reason: 'These actions of AWS Batch take no resource.',
    });
    const roles = [...Object.values(projects.stepRoles), projects.executionRole].map(
      (role) => role.roleArn,
    );
    const conditions = { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } };
    controllerFunction.allow({
      sid: 'StepRoles',
      actions: ['iam:PassRole'],
      resources: roles,
      conditions,
    });
  }
}
