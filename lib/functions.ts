/**
 * A function of Headrace: its bundle, its role and its log group.
 *
 * 1. The role can write its own log, and traces if tracing is on. Other permissions are added one
 *    action at a time.
 * 2. A permission on data of the deployment includes the use of its key.
 * 3. A setting that is known at synthesis is deployed with the code, in a file beside the bundle.
 * 4. Recursive invocations are allowed: a turn of the controller sends the message that starts its
 *    next turn. The messages themselves count their hops.
 *
 * @module
 */
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  TenancyConfig,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { codeFolder, type LambdaName, lambdaFolder } from './bundles.ts';
import type { Configuration } from './config.ts';
import { encryptedBy, keyOf } from './encryption.ts';
import { type Grant, grant } from './grant.ts';

/** The settings of a function (`src/aws/deployment/settings.ts`). */
export interface FunctionSettings {
  /** The content of the file beside the bundle. No value may be a token of the CDK. */
  readonly file: object;
  readonly environment?: Readonly<Record<string, string>>;
  /** Folders beside the bundle: their sources by their names. */
  readonly folders?: Readonly<Record<string, string>>;
}

export const UNTRACED_REASON =
  'Traces cost money for each request: the configuration enables them (observability.tracing).';

export interface FunctionOptions {
  readonly name: LambdaName;
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMiB: number;
  readonly settings?: FunctionSettings;
  /** False: CloudFormation names the function, so that it can replace it. Default: true. */
  readonly fixedName?: boolean;
  readonly tenantIsolation?: boolean;
  /** Null: the function shares the account's concurrency. */
  readonly reservedConcurrency?: number | null;
  /** The queue of events that an asynchronous invocation did not handle. */
  readonly deadLetterQueue?: IQueue;
}

export class HeadraceFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, config: Configuration, options: FunctionOptions) {
    super(scope, id);
    const {
      name,
      description,
      timeout,
      memoryMiB,
      settings,
      fixedName = true,
      tenantIsolation = false,
      reservedConcurrency = null,
      deadLetterQueue,
    } = options;
    this.#key = keyOf(this, config);
    this.logGroup = new LogGroup(this, 'Logs', {
      ...encryptedBy(this.#key),
      retention: config.retention.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      description: `Headrace: ${description}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    this.allow({
      sid: 'Logs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [this.logGroup.logGroupArn],
    });
    const { tracing } = config.observability;
    if (tracing)
      this.allow({
        sid: 'Traces',
        actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
        resources: ['*'],
        reason: 'Traces are no resource: these actions accept * only.',
      });
    if (deadLetterQueue !== undefined)
      this.allow({
        sid: 'Undelivered',
        actions: ['sqs:SendMessage'],
        resources: [deadLetterQueue.queueArn],
      });

    this.lambda = new LambdaFunction(this, 'Function', {
      ...(fixedName && { functionName: `${config.prefix}-${name}` }),
      description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(
        settings === undefined
          ? lambdaFolder(name)
          : codeFolder(this, name, settings.file, settings.folders),
      ),
      handler: 'index.handler',
      role: this.role.withoutPolicyUpdates(),
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // At INFO, Lambda logs the report of each invocation: duration, memory, initialization.
      systemLogLevelV2: SystemLogLevel.INFO,
      ...(tracing && { tracing: Tracing.ACTIVE }),
      recursiveLoop: RecursiveLoop.ALLOW,
      timeout,
      memorySize: memoryMiB,
      environment: { ...settings?.environment },
      ...(tenantIsolation && { tenancyConfig: TenancyConfig.PER_TENANT }),
      ...(reservedConcurrency !== null && { reservedConcurrentExecutions: reservedConcurrency }),
      ...(deadLetterQueue !== undefined && { deadLetterQueue }),
    });
    acknowledge(this.lambda, {
      ...(deadLetterQueue === undefined && {
        'Serverless-LambdaDLQ':
          'Never invoked asynchronously: its caller, or the queue before it, receives the failure.',
      }),
      ...(!tracing && { 'Serverless-LambdaTracing': UNTRACED_REASON }),
    });
  }

  allow(statement: Grant): void {
    grant(this.role, { ...statement, key: this.#key });
  }

  /** The ARN of a resource in the stack's account and region. */
  arn(service: string, resource: string): string {
    const { partition, region, account } = Stack.of(this);
    return `arn:${partition}:${service}:${region}:${account}:${resource}`;
  }
}
