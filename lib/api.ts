/**
 * The API: a REST API with one proxy route to one function, which validates requests against the
 * schemas that it documents.
 *
 * 1. Every caller is authorized, by IAM or by a token of the configured issuer. If the
 *    configuration enables the external evaluation of runs, it has a path of its own, which requires
 *    the run's token: the function lets a request on this path reach no other route. This path has
 *    lower limits of requests: anyone can send to it. The files of the console are open in the same
 *    way (`console.ts`), and served by a function of their own.
 * 2. A private API is reachable through the configured VPC endpoints only.
 *
 * @module
 */
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  type IAuthorizer,
  LambdaIntegration,
  LogGroupLogDestination,
  type MethodDeploymentOptions,
  MethodLoggingLevel,
  RestApi,
  TokenAuthorizer,
} from 'aws-cdk-lib/aws-apigateway';
import { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { RUN_TOKEN_RESOURCE } from '../src/aws/deployment/resource-names.ts';
import { ANY_PROJECTS_PATTERN } from '../src/model/object-layout.ts';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { CONSOLE_BURST_LIMIT, CONSOLE_METHODS, CONSOLE_RATE_LIMIT } from './console.ts';
import { encryptedBy, keyOf } from './encryption.ts';
import { HeadraceFunction, UNTRACED_REASON } from './functions.ts';
import { allowRunRecords, type DeploymentParts } from './parts.ts';

const IAM4_LOGS =
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]';

/** A smaller body fits into one packet as it is. */
const MIN_COMPRESSION_SIZE = Size.bytes(1400);

/** Limits of requests can be set for a named method, not for ANY. */
const RUN_TOKEN_METHODS = ['GET', 'POST'] as const;

export class Api extends Construct {
  readonly function: HeadraceFunction;
  readonly authorizer: HeadraceFunction | undefined;
  readonly rest: RestApi;

  constructor(scope: Construct, id: string, config: Configuration, parts: DeploymentParts) {
    super(scope, id);
    const { api, observability } = config;
    // Settings of a method replace all settings of the stage, and so repeat these.
    const methodSettings = {
      metricsEnabled: observability.detailedMetrics,
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
    };
    this.function = new HeadraceFunction(this, 'Api', config, {
      name: 'api',
      description: 'serves the API',
      timeout: Duration.seconds(29),
      memoryMiB: 512,
      settings: parts.settings,
      reservedConcurrency: api.concurrency,
    });
    this.#allow(parts);
    this.authorizer = api.auth.type === 'oidc' ? authorizerOf(this, config, api.auth) : undefined;

    const accessLogs = new LogGroup(this, 'AccessLogs', {
      ...encryptedBy(keyOf(this, config)),
      retention: config.retention.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.rest = new RestApi(this, 'Rest', {
      restApiName: config.prefix,
      description: 'Headrace: pipelines, runs, steps, models',
      cloudWatchRole: api.accountLogRole,
      minCompressionSize: MIN_COMPRESSION_SIZE,
      ...this.#endpoint(config, parts),
      defaultIntegration: new LambdaIntegration(this.function.lambda, { allowTestInvoke: false }),
      deployOptions: {
        stageName: 'live',
        tracingEnabled: observability.tracing,
        ...methodSettings,
        accessLogDestination: new LogGroupLogDestination(accessLogs),
        accessLogFormat: AccessLogFormat.jsonWithStandardFields(),
        throttlingRateLimit: api.rateLimit,
        throttlingBurstLimit: api.burstLimit,
        methodOptions: this.#openMethods(config, methodSettings),
      },
    });
    // A proxy below the root also adds its method to the root.
    this.rest.root
      .addProxy({ anyMethod: false })
      .addMethod('ANY', undefined, this.#authorization(config));
    if (api.externalEvaluation) this.#addRunTokenResource();
    acknowledge(this.rest, {
      'AwsSolutions-APIG2':
        'The function validates each request against the schemas of its OpenAPI document, and reports the field and the reason.',
      'AwsSolutions-COG4':
        'Callers authenticate with IAM or with the configured OIDC issuer: there is no user pool.',
      ...(api.accountLogRole && {
        [IAM4_LOGS]: 'API Gateway requires this managed policy to write logs.',
      }),
      ...(!observability.tracing && { 'Serverless-APIGWXrayEnabled': UNTRACED_REASON }),
      ...(api.webAclArn === undefined && {
        'AwsSolutions-APIG3':
          'Every caller is authorized before the function runs; the configuration accepts a web ACL (api.webAclArn).',
      }),
    });
    if (api.webAclArn !== undefined)
      new CfnWebACLAssociation(this, 'WebAcl', {
        resourceArn: this.rest.deploymentStage.stageArn,
        webAclArn: api.webAclArn,
      });
  }

  /** Methods that API Gateway does not authorize have lower limits of requests: rule 1. */
  #openMethods(
    { api, console }: Configuration,
    settings: MethodDeploymentOptions,
  ): Record<string, MethodDeploymentOptions> {
    const limited = (paths: readonly string[], rate: number, burst: number) =>
      Object.fromEntries(
        paths.map((path) => [
          path,
          {
            ...settings,
            throttlingRateLimit: Math.min(rate, api.rateLimit),
            throttlingBurstLimit: Math.min(burst, api.burstLimit),
          },
        ]),
      );
    const runTokenPaths = RUN_TOKEN_METHODS.map(
      (method) => `${RUN_TOKEN_RESOURCE}/{proxy+}/${method}`,
    );
    return {
      ...(api.externalEvaluation &&
        limited(runTokenPaths, api.evaluationRateLimit, api.evaluationBurstLimit)),
      ...(console && limited(CONSOLE_METHODS, CONSOLE_RATE_LIMIT, CONSOLE_BURST_LIMIT)),
    };
  }

  /** Rule 1: jobs have neither credentials for the API nor an issuer's token. */
  #addRunTokenResource(): void {
    const proxy = this.rest.root
      .addResource(RUN_TOKEN_RESOURCE.slice(1))
      .addProxy({ anyMethod: false });
    for (const method of RUN_TOKEN_METHODS)
      acknowledge(
        proxy.addMethod(method, undefined, { authorizationType: AuthorizationType.NONE }),
        {
          'AwsSolutions-APIG4':
            "The function requires the token of the run's evaluator, which neither IAM nor an issuer knows.",
          'AwsSolutions-COG4':
            "The function requires the token of the run's evaluator, which no user pool knows.",
        },
      );
  }

  #authorization({ api: { auth } }: Configuration) {
    if (this.authorizer === undefined || auth.type !== 'oidc')
      return { authorizationType: AuthorizationType.IAM };
    const authorizer: IAuthorizer = new TokenAuthorizer(this, 'Bearer', {
      handler: this.authorizer.lambda,
      resultsCacheTtl: Duration.seconds(auth.cacheSeconds),
      validationRegex: '^Bearer [-0-9a-zA-Z._]+$',
    });
    return { authorizationType: AuthorizationType.CUSTOM, authorizer };
  }

  #endpoint({ api }: Configuration, { network }: DeploymentParts) {
    if (api.endpoint === 'regional')
      return { endpointConfiguration: { types: [EndpointType.REGIONAL] } };
    const ids = [...network.apiEndpointIds];
    const statement = (effect: Effect, conditions: Record<string, Record<string, unknown>>) =>
      new PolicyStatement({
        effect,
        principals: [new AnyPrincipal()],
        actions: ['execute-api:Invoke'],
        resources: ['execute-api:/*'],
        conditions,
      });
    return {
      endpointConfiguration: {
        types: [EndpointType.PRIVATE],
        vpcEndpoints: ids.map((endpoint, index) =>
          InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(this, `Endpoint${index}`, {
            vpcEndpointId: endpoint,
            port: 443,
          }),
        ),
      },
      policy: new PolicyDocument({
        statements: [
          statement(Effect.ALLOW, {}),
          statement(Effect.DENY, { StringNotEquals: { 'aws:SourceVpce': ids } }),
        ],
      }),
    };
  }

  #allow({ storage, transitions, scheduleTimers, projects, lambdaQueues }: DeploymentParts): void {
    const apiFunction = this.function;
    scheduleTimers.allow(apiFunction);
    apiFunction.allow({
      sid: 'Transitions',
      actions: ['sqs:SendMessage'],
      resources: [transitions.queues.transitions.queueArn],
    });
    apiFunction.allow({
      sid: 'StepLogs',
      actions: ['logs:GetLogEvents'],
      resources: [projects.logGroup, ...lambdaQueues.functions.map(({ logGroup }) => logGroup)].map(
        ({ logGroupArn }) => logGroupArn,
      ),
    });
    apiFunction.allow({
      sid: 'QueueLoads',
      actions: ['batch:DescribeComputeEnvironments', 'batch:DescribeJobQueues', 'batch:ListJobs'],
      resources: ['*'],
      reason: 'These actions of AWS Batch accept * only.',
    });
    apiFunction.allow({
      sid: 'Delays',
      actions: ['sqs:SendMessage'],
      resources: [transitions.queues.delays.queueArn],
    });
    allowRunRecords(apiFunction, storage);
    const indexes = Object.values(storage.tables).map(({ tableArn }) => `${tableArn}/index/*`);
    apiFunction.allow({
      sid: 'Lists',
      actions: ['dynamodb:Query'],
      resources: indexes,
      reason: 'The indexes of the two tables.',
    });
    apiFunction.allow({
      sid: 'Remove',
      actions: ['s3:DeleteObject'],
      resources: [storage.bucket.arnForObjects(`${ANY_PROJECTS_PATTERN}*`)],
      reason: 'Objects of runs that are removed.',
    });
  }
}

function authorizerOf(
  scope: Construct,
  config: Configuration,
  { issuer, audience, claims }: Extract<Configuration['api']['auth'], { type: 'oidc' }>,
) {
  return new HeadraceFunction(scope, 'Authorizer', config, {
    name: 'authorizer',
    description: 'verifies bearer tokens',
    timeout: Duration.seconds(10),
    memoryMiB: 256,
    settings: { file: { issuer, audience, claims } },
  });
}
