/**
 * AWS Batch, the API, the alarms and the construct in the synthesized stack.
 *
 * @module
 */
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { Headrace } from '../../lib/headrace.ts';
import { functionIn, IMAGE, newStack, resourcesIn, settingsOf, templateOf } from './synthesized.ts';

let template: Template;
beforeAll(() => {
  template = templateOf();
});

describe('AWS Batch', () => {
  it('AWS Batch has a queue of the configured type for each configured queue', () => {
    const of = templateOf({
      queues: {
        default: { type: 'fargate', maxVcpus: 8 },
        spot: { type: 'fargate', spot: true },
        cpu: { type: 'ec2', instanceTypes: ['c7i', 'm7i.large'], spot: true, maxVcpus: 64 },
        gpu: { type: 'ec2', instanceTypes: ['g5.xlarge'], gpu: true },
        urgent: { type: 'shared', with: 'cpu', priority: 10 },
      },
    });
    const types = resourcesIn(of, 'AWS::Batch::ComputeEnvironment').map(
      ({ ComputeResources }) => z.object({ Type: z.string() }).parse(ComputeResources).Type,
    );
    expect(types.sort()).toEqual(['EC2', 'FARGATE', 'FARGATE_SPOT', 'SPOT']);
    of.hasResourceProperties('AWS::Batch::ComputeEnvironment', {
      ReplaceComputeEnvironment: false,
      ComputeResources: {
        Type: 'EC2',
        MinvCpus: 0,
        InstanceTypes: ['g5.xlarge'],
        Ec2Configuration: [{ ImageType: 'ECS_AL2023_NVIDIA' }],
      },
    });
    of.hasResourceProperties('AWS::Batch::JobQueue', {
      JobQueueName: 'headrace-urgent',
      Priority: 10,
    });
    expect(resourcesIn(of, 'AWS::Batch::JobQueue')).toHaveLength(5);
    of.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      },
    });
  });

  it('AWS Batch cancels a job that cannot start, for each reason for which it can act', () => {
    const limit = (Reason: string, MaxTimeSeconds: number) => ({
      Action: 'CANCEL',
      State: 'RUNNABLE',
      Reason,
      MaxTimeSeconds,
    });
    template.hasResourceProperties('AWS::Batch::JobQueue', {
      JobStateTimeLimitActions: [
        limit('MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE', 1800),
        limit('MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', 1800),
        limit('MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED', 1800),
        limit('CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY', 86_400),
      ],
    });
  });

  it('AWS Batch runs in a network without NAT, or in given subnets', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    template.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' }, 2);
    const given = templateOf({
      network: {
        type: 'given',
        vpcId: 'vpc-0123456789abcdef0',
        subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      },
    });
    given.resourceCountIs('AWS::EC2::VPC', 0);
    given.hasResourceProperties('AWS::Batch::ComputeEnvironment', {
      ComputeResources: { Subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'] },
    });
    given.hasResourceProperties('AWS::EC2::SecurityGroup', {
      VpcId: 'vpc-0123456789abcdef0',
      SecurityGroupIngress: Match.absent(),
    });
  });
});

describe('the API', () => {
  const EXTERNAL: HeadraceConfig = { api: { externalEvaluation: true } };

  /** The authorization that each method of a path requires. */
  function authorizations(of: Template): Readonly<Record<string, string>> {
    const { Resources } = z
      .object({
        Resources: z.record(
          z.string(),
          z.looseObject({ Properties: z.looseObject({}).optional() }),
        ),
      })
      .parse(of.toJSON());
    const referred = z.object({ Ref: z.string() });
    const pathOf = (id: string | undefined): string => {
      const resource = id === undefined ? undefined : Resources[id]?.Properties;
      return resource === undefined
        ? ''
        : `${pathOf(referred.safeParse(resource.ParentId).data?.Ref)}/${String(resource.PathPart)}`;
    };
    return Object.fromEntries(
      resourcesIn(of, 'AWS::ApiGateway::Method').map(
        ({ ResourceId, HttpMethod, AuthorizationType }) => [
          `${HttpMethod} ${pathOf(referred.safeParse(ResourceId).data?.Ref)}`,
          String(AuthorizationType),
        ],
      ),
    );
  }

  it('the controller receives the URL of the API if jobs may evaluate logic', () => {
    expect(JSON.stringify(functionIn(template, 'controller'))).not.toContain('HEADRACE_API');
    const { Environment } = z
      .looseObject({
        Environment: z.object({ Variables: z.looseObject({ HEADRACE_API: z.looseObject({}) }) }),
      })
      .parse(functionIn(templateOf(EXTERNAL), 'controller'));
    expect(JSON.stringify(Environment.Variables.HEADRACE_API)).toContain('.execute-api.');
  });

  it('the API requires authorization on every path', () => {
    expect(authorizations(template)).toEqual({ 'ANY ': 'AWS_IAM', 'ANY /{proxy+}': 'AWS_IAM' });
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
  });

  it('one path requires no authorization if external evaluation is enabled: the function checks its token', () => {
    expect(authorizations(templateOf(EXTERNAL))).toEqual({
      'ANY ': 'AWS_IAM',
      'ANY /{proxy+}': 'AWS_IAM',
      'GET /evaluations/{proxy+}': 'NONE',
      'POST /evaluations/{proxy+}': 'NONE',
    });
    expect(settingsOf(EXTERNAL, 'api').file).toMatchObject({ externalEvaluation: true });
    expect(settingsOf({}, 'api').file).not.toHaveProperty('externalEvaluation');
  });

  it('the API accepts tokens of a configured issuer', () => {
    const issuer = {
      issuer: 'https://issuer.example',
      audience: ['headrace'],
      claims: { groups: ['ml', 'ops'], email_verified: true },
    };
    const config = { api: { auth: { type: 'oidc' as const, ...issuer, cacheSeconds: 60 } } };
    const of = templateOf(config);
    of.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'TOKEN',
      AuthorizerResultTtlInSeconds: 60,
    });
    expect(authorizations(of)).toEqual({ 'ANY ': 'CUSTOM', 'ANY /{proxy+}': 'CUSTOM' });
    expect(settingsOf(config, 'authorizer').file).toEqual(issuer);
  });

  it('the path without authorization has lower limits of requests than all others, and the same logs', () => {
    const settings = { LoggingLevel: 'ERROR', MetricsEnabled: false, DataTraceEnabled: false };
    const limits = (rate: number, burst: number) => ({
      ...settings,
      ThrottlingRateLimit: rate,
      ThrottlingBurstLimit: burst,
    });
    const limitsOf = (of: Template) =>
      resourcesIn(of, 'AWS::ApiGateway::Stage').flatMap(({ MethodSettings }) => MethodSettings);
    const all = { HttpMethod: '*', ResourcePath: '/*', ...limits(200, 400) };
    expect(limitsOf(template)).toEqual([all]);
    expect(limitsOf(templateOf(EXTERNAL))).toEqual([
      all,
      { HttpMethod: 'GET', ResourcePath: '/~1evaluations~1{proxy+}', ...limits(50, 100) },
      { HttpMethod: 'POST', ResourcePath: '/~1evaluations~1{proxy+}', ...limits(50, 100) },
    ]);
    const few = { externalEvaluation: true, rateLimit: 20, burstLimit: 30 };
    const fewer = { ...few, evaluationRateLimit: 2, evaluationBurstLimit: 3 };
    expect(limitsOf(templateOf({ api: fewer }))).toMatchObject([
      { HttpMethod: '*', ...limits(20, 30) },
      { HttpMethod: 'GET', ...limits(2, 3) },
      { HttpMethod: 'POST', ...limits(2, 3) },
    ]);
    expect(limitsOf(templateOf({ api: few }))).toMatchObject([
      { HttpMethod: '*', ...limits(20, 30) },
      { HttpMethod: 'GET', ...limits(20, 30) },
      { HttpMethod: 'POST', ...limits(20, 30) },
    ]);
  });

  it("the API's function has reserved concurrency only if it is configured, so that the stack deploys in every account", () => {
    const reserved = (of: Template) =>
      resourcesIn(of, 'AWS::Lambda::Function').flatMap(
        ({ FunctionName, ReservedConcurrentExecutions }) =>
          ReservedConcurrentExecutions === undefined
            ? []
            : [[FunctionName, ReservedConcurrentExecutions]],
      );
    expect(reserved(template)).toEqual([]);
    expect(reserved(templateOf({ api: { concurrency: null } }))).toEqual([]);
    expect(reserved(templateOf({ api: { concurrency: 100 } }))).toEqual([['headrace-api', 100]]);
  });

  it('a private API is reachable through its VPC endpoints only', () => {
    const of = templateOf({ api: { endpoint: 'private' } });
    of.hasResourceProperties('AWS::ApiGateway::RestApi', {
      EndpointConfiguration: { Types: ['PRIVATE'] },
      Policy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Condition: { StringNotEquals: { 'aws:SourceVpce': Match.anyValue() } },
          }),
        ]),
      },
    });
  });
});

describe('the construct', () => {
  it('the construct can be used in another stack', () => {
    const { stack } = newStack({ prefix: 'first' });
    new Headrace(stack, 'Second', { prefix: 'second', image: IMAGE });
    const names = resourcesIn(Template.fromStack(stack), 'AWS::Lambda::Function').map(
      ({ FunctionName }) => FunctionName,
    );
    expect(names).toContain('first-controller');
    expect(names).toContain('second-controller');
  });

  it('the construct tags its resources', () => {
    templateOf({ tags: { team: 'ml' } }).hasResourceProperties('AWS::S3::Bucket', {
      Tags: Match.arrayWith([{ Key: 'team', Value: 'ml' }]),
    });
  });
});
