import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { Headrace } from '../../lib/headrace.ts';
import { settingsSchema } from '../../src/aws/deployment/settings.ts';
import { IMAGE, newStack, templateOf, written } from './synthesized.ts';

let template: Template;
beforeAll(() => {
  template = templateOf();
});

const resourcesOf = (type: string, of = template) =>
  Object.values(of.findResources(type)).map(({ Properties }) =>
    z.record(z.string(), z.unknown()).parse(Properties),
  );
const named = (type: string, key: string, name: string, of = template) =>
  resourcesOf(type, of).find((properties) => properties[key] === name);
const functionNamed = (name: string, of = template) =>
  named('AWS::Lambda::Function', 'FunctionName', `headrace-${name}`, of);

describe('the functions', () => {
  it.each(['api', 'controller', 'evaluator', 'router', 'sweeper'])(
    '%s runs on Node 24 and arm64, traced, with a structured log that ends',
    (name) => {
      expect(functionNamed(name)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON' },
        // SQS and Lambda in a circle are how runs move: Lambda must not stop it after 16 hops.
        RecursiveLoop: 'Allow',
      });
    },
  );

  it('keep no log for ever', () => {
    const groups = resourcesOf('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThanOrEqual(6);
    expect(groups.filter(({ RetentionInDays }) => RetentionInDays !== 30)).toEqual([]);
  });

  it('evaluate the logic of a project in instances of its own, unless the region cannot', () => {
    expect(functionNamed('evaluator')).toMatchObject({
      TenancyConfig: { TenantIsolationMode: 'PER_TENANT' },
    });
    expect(functionNamed('controller')).not.toHaveProperty('TenancyConfig');
    expect(
      functionNamed('evaluator', templateOf({ evaluatorIsolation: 'function' })),
    ).not.toHaveProperty('TenancyConfig');
  });

  it('are told settings that they can read, and the evaluator nothing', () => {
    const environmentOf = (name: string) =>
      z
        .object({
          Environment: z.object({ Variables: z.object({ HEADRACE_SETTINGS: z.unknown() }) }),
        })
        .parse(functionNamed(name));
    for (const name of ['api', 'controller', 'router', 'sweeper']) {
      const settings = settingsSchema.parse(
        JSON.parse(written(environmentOf(name).Environment.Variables.HEADRACE_SETTINGS)),
      );
      expect(settings).toMatchObject({
        prefix: 'headrace',
        image: IMAGE.uri,
        queues: { default: { platform: 'fargate', spot: false, gpu: false } },
        assignPublicIp: true,
      });
    }
    expect(functionNamed('evaluator')).not.toHaveProperty('Environment');
  });

  it('know which processors the image is for, if it is built here, and which Fargate is to give', () => {
    // An image that is built here is known by a name that is made at deploy: the text is JSON only then.
    const textOf = (config: Parameters<typeof templateOf>[0]) =>
      written(
        z
          .object({
            Environment: z.object({ Variables: z.object({ HEADRACE_SETTINGS: z.unknown() }) }),
          })
          .parse(functionNamed('controller', templateOf(config))).Environment.Variables
          .HEADRACE_SETTINGS,
      );
    expect(textOf({ image: { build: true }, architecture: 'arm64' })).toContain(
      '"architecture":"ARM64","imageArchitecture":"ARM64"',
    );
    expect(textOf({ image: { build: true } })).toContain(
      '"architecture":"X86_64","imageArchitecture":"X86_64"',
    );
    const given = settingsSchema.parse(JSON.parse(textOf({ architecture: 'arm64' })));
    expect([given.architecture, given.imageArchitecture]).toEqual(['ARM64', undefined]);
  });

  it('take the transitions in batches whose messages fail one by one, and the delays too', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('TransitionsQueue'), 'Arn'] },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 100 },
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('TransitionsDelays'), 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});

describe('the queues of messages', () => {
  it('order and deduplicate the transitions of each run apart', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      RedrivePolicy: {
        deadLetterTargetArn: {
          'Fn::GetAtt': [Match.stringLikeRegexp('TransitionsDeadLetters'), 'Arn'],
        },
        maxReceiveCount: 10,
      },
    });
  });

  it('hide a message for six times the limit of its reader', () => {
    const [controller, router] = ['controller', 'router'].map(
      (name) => z.object({ Timeout: z.number() }).parse(functionNamed(name)).Timeout,
    );
    template.hasResourceProperties('AWS::SQS::Queue', {
      FifoQueue: true,
      VisibilityTimeout: 6 * (controller ?? 0),
      RedrivePolicy: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      FifoQueue: Match.absent(),
      VisibilityTimeout: 6 * (router ?? 0),
      RedrivePolicy: Match.anyValue(),
    });
  });

  it('are encrypted, and closed to whoever does not use TLS', () => {
    const queues = resourcesOf('AWS::SQS::Queue');
    expect(queues.filter(({ SqsManagedSseEnabled }) => SqsManagedSseEnabled !== true)).toEqual([]);
    const policies = resourcesOf('AWS::SQS::QueuePolicy').map((policy) => JSON.stringify(policy));
    expect(
      policies.filter((policy) => policy.includes('"aws:SecureTransport":"false"')),
    ).toHaveLength(queues.length);
  });
});

describe('events', () => {
  it('of jobs wake the router when a job of our queues ended, and no other', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.batch'],
        'detail-type': ['Batch Job State Change'],
        detail: {
          status: ['SUCCEEDED', 'FAILED'],
          jobQueue: [
            { 'Fn::GetAtt': [Match.stringLikeRegexp('QueuesQueuedefault'), 'JobQueueArn'] },
          ],
        },
      },
    });
  });

  it('that no target takes are kept: every target has dead letters', () => {
    const targets = resourcesOf('AWS::Events::Rule').flatMap(({ Targets }) =>
      z.array(z.record(z.string(), z.unknown())).parse(Targets),
    );
    expect(targets.length).toBeGreaterThanOrEqual(2);
    for (const target of targets) expect(target).toHaveProperty('DeadLetterConfig.Arn');
    for (const name of ['router', 'sweeper'])
      expect(functionNamed(name)).toHaveProperty('DeadLetterConfig.TargetArn');
  });

  it('of fifty queues fit into patterns of 2,048 characters', () => {
    const queues: HeadraceConfig['queues'] = { default: { type: 'fargate' } };
    for (let index = 1; index < 50; index += 1)
      queues[`queue-with-a-long-name-${index}`] = { type: 'shared', with: 'default' };
    const rules = resourcesOf('AWS::Events::Rule', templateOf({ queues })).filter(
      ({ EventPattern }) => EventPattern !== undefined,
    );
    const arn = `arn:aws-us-gov:batch:us-gov-west-1:123456789012:job-queue/headrace-${'x'.repeat(33)}`;
    const sizes = rules.map(
      ({ EventPattern }) =>
        JSON.stringify(EventPattern).replaceAll(/\{"Fn::GetAtt":\[[^\]]*\]\}/g, JSON.stringify(arn))
          .length,
    );
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2048);
  });
});

describe('what is kept', () => {
  it('stays on deletion of the stack, unless the configuration says otherwise', () => {
    const kept = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];
    const policies = (of: Template) =>
      kept.flatMap((type) =>
        Object.values(of.findResources(type)).map(({ DeletionPolicy }) => String(DeletionPolicy)),
      );
    expect(new Set(policies(template))).toEqual(new Set(['Retain']));
    expect(new Set(policies(templateOf({ retention: { onDelete: 'destroy' } })))).toEqual(
      new Set(['Delete']),
    );
  });

  it('in tables is paid on demand, expires, and can be restored to a point in time', () => {
    template.resourcePropertiesCountIs(
      'AWS::DynamoDB::Table',
      {
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
      2,
    );
  });

  it('in the bucket is closed to the public and to connections without TLS; runs expire there, code does not', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: {
        Rules: [
          Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } }),
          Match.objectLike({ Prefix: 'p/', ExpirationInDays: 97, Status: 'Enabled' }),
        ],
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
  });
});

describe('AWS Batch', () => {
  it('has a queue for each that is configured, of the kind that is asked for', () => {
    const of = templateOf({
      queues: {
        default: { type: 'fargate', maxVcpus: 8 },
        spot: { type: 'fargate', spot: true },
        cpu: { type: 'ec2', instanceTypes: ['c7i', 'm7i.large'], spot: true, maxVcpus: 64 },
        gpu: { type: 'ec2', instanceTypes: ['g5.xlarge'], gpu: true },
        urgent: { type: 'shared', with: 'cpu', priority: 10 },
      },
    });
    const types = resourcesOf('AWS::Batch::ComputeEnvironment', of).map(
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
    expect(resourcesOf('AWS::Batch::JobQueue', of)).toHaveLength(5);
    of.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      },
    });
  });

  it('cancels a job that cannot start, for a reason that has stood long enough', () => {
    template.hasResourceProperties('AWS::Batch::JobQueue', {
      JobStateTimeLimitActions: Match.arrayWith([
        {
          Action: 'CANCEL',
          State: 'RUNNABLE',
          Reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
          MaxTimeSeconds: 1800,
        },
      ]),
    });
  });

  it('runs without NAT in a network of its own, or in given subnets', () => {
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
  /** What each path asks of its callers. */
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
      resourcesOf('AWS::ApiGateway::Method', of).map(({ ResourceId, AuthorizationType }) => [
        pathOf(referred.safeParse(ResourceId).data?.Ref),
        String(AuthorizationType),
      ]),
    );
  }

  it('tells the controller where it is, for jobs that evaluate logic', () => {
    const { Environment } = z
      .looseObject({
        Environment: z.object({ Variables: z.looseObject({ HEADRACE_API: z.looseObject({}) }) }),
      })
      .parse(functionNamed('controller'));
    expect(JSON.stringify(Environment.Variables.HEADRACE_API)).toContain('.execute-api.');
  });

  it('asks every caller for authorization, at the root as below it', () => {
    expect(authorizations(template)).toEqual({
      '': 'AWS_IAM',
      '/{proxy+}': 'AWS_IAM',
      '/evaluations/{proxy+}': 'NONE',
    });
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
  });

  it('takes tokens of an issuer when one is configured', () => {
    const of = templateOf({
      api: { auth: { type: 'oidc', issuer: 'https://issuer.example', audience: ['headrace'] } },
    });
    expect(authorizations(of)).toEqual({
      '': 'CUSTOM',
      '/{proxy+}': 'CUSTOM',
      '/evaluations/{proxy+}': 'NONE',
    });
    expect(functionNamed('authorizer', of)).toMatchObject({
      Environment: {
        Variables: {
          HEADRACE_OIDC: JSON.stringify({
            issuer: 'https://issuer.example',
            audience: ['headrace'],
          }),
        },
      },
    });
  });

  it('can be private: only its VPC endpoints reach it', () => {
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

describe('alarms', () => {
  it('stand for what Headrace does not mend by itself, and tell whoever is named', () => {
    const of = templateOf({ alarms: { email: 'ml@example.org' } });
    const alarms = resourcesOf('AWS::CloudWatch::Alarm', of);
    const metrics = alarms.map(({ MetricName }) => String(MetricName));
    for (const metric of [
      'ApproximateNumberOfMessagesVisible',
      'ApproximateAgeOfOldestMessage',
      'Errors',
      'Throttles',
      '5XXError',
    ])
      expect(metrics).toContain(metric);
    expect(alarms.filter(({ AlarmActions }) => AlarmActions === undefined)).toEqual([]);
    of.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ml@example.org',
    });
    expect(resourcesOf('AWS::CloudWatch::Dashboard', of)).toHaveLength(1);
  });
});

describe('the construct', () => {
  it('is put into a stack of somebody else', () => {
    const { stack } = newStack({ prefix: 'first' });
    new Headrace(stack, 'Second', { prefix: 'second', image: IMAGE });
    const names = resourcesOf('AWS::Lambda::Function', Template.fromStack(stack)).map(
      ({ FunctionName }) => FunctionName,
    );
    expect(names).toContain('first-controller');
    expect(names).toContain('second-controller');
  });

  it('tags what it makes', () => {
    templateOf({ tags: { team: 'ml' } }).hasResourceProperties('AWS::S3::Bucket', {
      Tags: Match.arrayWith([{ Key: 'team', Value: 'ml' }]),
    });
  });
});
