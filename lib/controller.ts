/**
 * The controller's function, the only writer of run state: handles batches of transitions, commits
 * the outcome, and launches jobs.
 *
 * 1. A message group is a run, and only one batch of a group is handled at a time. The controller
 *    is therefore the only writer of a run.
 * 2. The function reports which messages of a batch failed, so that the runs in a batch do not
 *    delay each other.
 * 3. It may submit jobs only with job definitions and to queues of this deployment, may terminate
 *    only jobs that have its tag, and may pass only the roles of its steps and its schedules.
 *
 * @module
 */
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DEPLOYMENT_TAG, jobDefinitionPattern } from '../src/aws/deployment/resource-names.ts';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { HeadraceFunction } from './functions.ts';
import { CONSUME_QUEUE } from './grant.ts';
import { allowRunRecords, type DeploymentParts } from './parts.ts';
import { CONTROLLER_TIMEOUT } from './transitions.ts';

/** The limit for a FIFO queue. */
const BATCH_SIZE = 10;

export class ControllerFunction extends Construct {
  readonly function: HeadraceFunction;

  constructor(scope: Construct, id: string, config: Configuration, parts: DeploymentParts) {
    super(scope, id);
    const { storage, transitions, evaluator, settings } = parts;
    this.function = new HeadraceFunction(this, 'Controller', config, {
      name: 'controller',
      description: 'handles the transitions of runs',
      timeout: CONTROLLER_TIMEOUT,
      memoryMiB: 512,
      settings,
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
        'An SQS source has no destination: failed messages are moved to the dead-letter queue.',
    });
  }

  /** Permissions to set timers: a delayed message, or a schedule for a longer timer. */
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
      reason: 'Schedules of this deployment are named when timers are set.',
    });
    const conditions = { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } };
    controllerFunction.allow({
      sid: 'ScheduleRole',
      actions: ['iam:PassRole'],
      resources: [scheduleRole.roleArn],
      conditions,
    });
  }

  #allowJobs(config: Configuration, { queues, lambdaQueues, projects }: DeploymentParts): void {
    const controllerFunction = this.function;
    if (lambdaQueues.functions.length > 0)
      controllerFunction.allow({
        sid: 'StartSteps',
        actions: ['sqs:SendMessage'],
        resources: lambdaQueues.functions.map(({ queue }) => queue.queueArn),
      });
    const definition = `job-definition/${jobDefinitionPattern(config.prefix)}`;
    const definitions = [definition, `${definition}:*`].map((resource) =>
      controllerFunction.arn('batch', resource),
    );
    const reason = 'The name of a job definition is the hash of its content.';
    controllerFunction.allow({
      sid: 'Define',
      actions: ['batch:RegisterJobDefinition'],
      resources: definitions,
      reason,
    });
    // A job is tagged with the permission to tag the queue and the definition that it is submitted
    // with. Without a permission on jobs, the controller cannot tag the job of someone else.
    controllerFunction.allow({
      sid: 'Submit',
      actions: ['batch:SubmitJob', 'batch:TagResource'],
      resources: [...definitions, ...queues.arns],
      reason,
    });
    controllerFunction.allow({
      sid: 'Terminate',
      actions: ['batch:TerminateJob'],
      resources: [controllerFunction.arn('batch', 'job/*')],
      conditions: { StringEquals: { [`aws:ResourceTag/${DEPLOYMENT_TAG}`]: config.prefix } },
      reason: 'AWS Batch assigns the id of a job.',
    });
    controllerFunction.allow({
      sid: 'TerminateMember',
      actions: ['batch:TerminateJob'],
      resources: [controllerFunction.arn('batch', 'job/*:*')],
      reason: 'A member of an array job has no tags, and AWS Batch assigns the id of the array.',
    });
    controllerFunction.allow({
      sid: 'LookUp',
      actions: [
        'batch:DescribeJobDefinitions',
        'batch:DescribeJobQueues',
        'batch:DescribeJobs',
        'batch:ListJobs',
      ],
      resources: ['*'],
      reason: 'These actions of AWS Batch accept * only.',
    });
    const roles = [...Object.values(projects.stepRoles), projects.executionRole].map(
      (role) => role.roleArn,
    );
    // The roles belong to containers of ECS, but Batch receives them: AWS does not document which of
    // the two names a request to Batch presents.
    const services = ['ecs-tasks.amazonaws.com', 'batch.amazonaws.com'];
    const conditions = { StringEquals: { 'iam:PassedToService': services } };
    controllerFunction.allow({
      sid: 'StepRoles',
      actions: ['iam:PassRole'],
      resources: roles,
      conditions,
    });
  }
}
