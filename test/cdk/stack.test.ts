import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { settingsSchema } from '../../src/aws/deployment/settings.ts';
import { IMAGE, templateOf, written } from './synthesized.ts';

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
