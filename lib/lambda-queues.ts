/**
 * The queues whose steps run in Lambda functions. For each project with a role there is an SQS queue
 * and a function that has this role.
 *
 * 1. A function executes one step at a time, and the event source limits how many run.
 * 2. A message that no function could handle is moved to the undelivered messages after many
 *    receives: a function that is throttled for hours loses nothing.
 * 3. A role may write the log of its own functions only.
 *
 * @module
 */
import { Duration, Size } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  EventSourceMapping,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  functionTimeoutSeconds,
  STEP_FUNCTION_VARIABLES,
  stepFunctionName,
  stepQueueVisibilitySeconds,
} from '../src/aws/deployment/lambda-queues.ts';
import { acknowledge } from './acknowledge.ts';
import { lambdaFolder } from './bundles.ts';
import type { Configuration } from './config.ts';
import { encryptedBy, keyOf, queueEncryptedBy } from './encryption.ts';
import { CONSUME_QUEUE, grant } from './grant.ts';
import type { Projects } from './projects.ts';
import { removalPolicyOf, type Storage } from './storage.ts';
import type { TransitionQueues } from './transitions.ts';

type LambdaQueue = Extract<Configuration['queues'][string], { type: 'lambda' }>;

/** Rule 2. */
const MAX_STEP_RECEIVES = 100;
const MESSAGE_RETENTION = Duration.days(14);

interface StepFunction {
  readonly queue: Queue;
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;
}

export interface LambdaQueueParts {
  readonly storage: Storage;
  readonly transitions: TransitionQueues;
  readonly projects: Projects;
}

export class LambdaQueues extends Construct {
  readonly functions: readonly StepFunction[];
  readonly #config: Configuration;
  readonly #parts: LambdaQueueParts;
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, config: Configuration, parts: LambdaQueueParts) {
    super(scope, id);
    this.#config = config;
    this.#parts = parts;
    this.#key = keyOf(this, config);
    const functions: StepFunction[] = [];
    const queues = Object.entries(config.queues).flatMap(([name, queue]) =>
      queue.type === 'lambda' ? [[name, queue] as const] : [],
    );
    for (const [project, role] of queues.length === 0
      ? []
      : Object.entries(parts.projects.stepRoles)) {
      const own = queues.map(([name, queue]) => this.#function(name, queue, project, role));
      this.#allow(role, own);
      functions.push(...own);
    }
    this.functions = functions;
  }

  #function(name: string, settings: LambdaQueue, project: string, role: Role): StepFunction {
    const { storage, transitions } = this.#parts;
    const { architecture, retention } = this.#config;
    const scope = new Construct(this, `${name}-${project}`);
    const functionName = stepFunctionName(this.#config.prefix, name, project);
    const queue = new Queue(scope, 'Queue', {
      queueName: functionName,
      enforceSSL: true,
      ...queueEncryptedBy(this.#key),
      retentionPeriod: MESSAGE_RETENTION,
      visibilityTimeout: Duration.seconds(stepQueueVisibilitySeconds(settings.timeoutSeconds)),
      deadLetterQueue: {
        queue: transitions.queues.undelivered,
        maxReceiveCount: MAX_STEP_RECEIVES,
      },
    });
    const logGroup = new LogGroup(scope, 'Logs', {
      ...encryptedBy(this.#key),
      retention: retention.logDays,
      removalPolicy: removalPolicyOf(this.#config),
    });
    const lambda = new LambdaFunction(scope, 'Function', {
      description: `Headrace: steps of the queue ${name}, project ${project}`.slice(0, 256),
      runtime: Runtime.NODEJS_24_X,
      architecture: architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      code: Code.fromAsset(lambdaFolder('step')),
      handler: 'index.handler',
      role: role.withoutPolicyUpdates(),
      logGroup,
      timeout: Duration.seconds(functionTimeoutSeconds(settings.timeoutSeconds)),
      memorySize: settings.memoryMiB,
      ephemeralStorageSize: Size.mebibytes(settings.temporaryDiskMiB),
      environment: {
        [STEP_FUNCTION_VARIABLES.bucket]: storage.bucket.bucketName,
        [STEP_FUNCTION_VARIABLES.queue]: queue.queueUrl,
        [STEP_FUNCTION_VARIABLES.transitions]: transitions.queues.transitions.queueUrl,
      },
    });
    acknowledge(lambda, {
      'Serverless-LambdaDLQ': 'Never invoked asynchronously: its queue receives the failure.',
      'Serverless-LambdaTracing': 'A step is code of users: it has no permission to write traces.',
    });
    // The event source is created only once the role may read its queue.
    lambda.node.addDependency(role);
    const mapping = new EventSourceMapping(scope, 'Source', {
      target: lambda,
      eventSourceArn: queue.queueArn,
      batchSize: 1,
      maxConcurrency: settings.maxConcurrency,
    });
    acknowledge(mapping, {
      'Serverless-LambdaEventSourceMappingDestination':
        'An SQS source has no destination: failed messages are moved to the dead-letter queue.',
    });
    return { queue, lambda, logGroup };
  }

  /** What a step's role needs in a function, in addition to what it has in a container. */
  #allow(role: Role, functions: readonly StepFunction[]): void {
    role.assumeRolePolicy?.addStatements(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('lambda.amazonaws.com')],
        actions: ['sts:AssumeRole'],
      }),
    );
    grant(role, {
      sid: 'StepMessages',
      actions: [...CONSUME_QUEUE, 'sqs:ChangeMessageVisibility'],
      resources: functions.map(({ queue }) => queue.queueArn),
      key: this.#key,
    });
    grant(role, {
      sid: 'StepLogs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: functions.map(({ logGroup }) => logGroup.logGroupArn),
    });
  }
}
