/**
 * The functions, queues, events and stored data of the synthesized stack.
 *
 * @module
 */
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { settingsSchema } from '../../src/aws/deployment/settings.ts';
import { functionIn, IMAGE, resourcesIn, templateOf, written } from './synthesized.ts';

let template: Template;
beforeAll(() => {
  template = templateOf();
});

describe('the functions', () => {
  it.each(['api', 'controller', 'evaluator', 'router', 'sweeper'])(
    'the function %s runs on Node 24 and arm64 with traces and a structured log',
    (name) => {
      expect(functionIn(template, name)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON' },
        // Runs advance in a loop of SQS and Lambda, which Lambda must not stop after 16 hops.
        RecursiveLoop: 'Allow',
      });
    },
  );

  it('every log group has a retention period', () => {
    const groups = resourcesIn(template, 'AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThanOrEqual(6);
    expect(groups.filter(({ RetentionInDays }) => RetentionInDays !== 30)).toEqual([]);
  });

  it('the evaluator isolates projects as tenants, unless the configuration disables it', () => {
    expect(functionIn(template, 'evaluator')).toMatchObject({
      TenancyConfig: { TenantIsolationMode: 'PER_TENANT' },
    });
    expect(functionIn(template, 'controller')).not.toHaveProperty('TenancyConfig');
    expect(
      functionIn(templateOf({ evaluatorIsolation: 'function' }), 'evaluator'),
    ).not.toHaveProperty('TenancyConfig');
  });

  it('functions receive valid settings, and the evaluator receives none', () => {
    const environmentOf = (name: string) =>
      z
        .object({
          Environment: z.object({ Variables: z.object({ HEADRACE_SETTINGS: z.unknown() }) }),
        })
        .parse(functionIn(template, name));
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
    expect(functionIn(template, 'evaluator')).not.toHaveProperty('Environment');
  });

  it('the environment of each function is a closed list, and no resource resolves the value of a secret', () => {
    const of = templateOf({
      projects: { forecasts: { secrets: ['forecasts/key'] } },
      api: { auth: { type: 'oidc', issuer: 'https://issuer.example', audience: ['a'] } },
    });
    const environments = Object.fromEntries(
      resourcesIn(of, 'AWS::Lambda::Function').map(({ FunctionName, Environment }) => [
        FunctionName,
        Object.keys(
          z
            .object({ Variables: z.record(z.string(), z.unknown()) })
            .optional()
            .parse(Environment)?.Variables ?? {},
        ).sort(),
      ]),
    );
    expect(environments).toEqual({
      'headrace-api': ['HEADRACE_SETTINGS'],
      'headrace-controller': ['HEADRACE_API', 'HEADRACE_SETTINGS'],
      'headrace-router': ['HEADRACE_SETTINGS'],
      'headrace-sweeper': ['HEADRACE_SETTINGS'],
      'headrace-evaluator': [],
      'headrace-authorizer': ['HEADRACE_OIDC'],
    });
    const settings = resourcesIn(of, 'AWS::Lambda::Function').map(({ Environment }) =>
      written(Environment),
    );
    expect(settings.join()).not.toMatch(/StorageTokens|forecasts\/key/);
    expect(JSON.stringify(of.toJSON())).not.toContain('{{resolve:');
  });

  it('the settings hold the architecture of Fargate, and that of an image that the stack builds', () => {
    // The name of an image that the stack builds is known only after the deployment: the text is
    // not JSON before.
    const textOf = (config: Parameters<typeof templateOf>[0]) =>
      written(
        z
          .object({
            Environment: z.object({ Variables: z.object({ HEADRACE_SETTINGS: z.unknown() }) }),
          })
          .parse(functionIn(templateOf(config), 'controller')).Environment.Variables
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

  it('the controller and the router receive batches whose messages can fail one by one', () => {
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
  it('the queue of transitions orders and deduplicates each run separately', () => {
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

  it('a queue hides a message for six times the time limit of its consumer', () => {
    const [controller, router] = ['controller', 'router'].map(
      (name) => z.object({ Timeout: z.number() }).parse(functionIn(template, name)).Timeout,
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

  it('queues are encrypted and reject requests without TLS', () => {
    const queues = resourcesIn(template, 'AWS::SQS::Queue');
    expect(queues.filter(({ SqsManagedSseEnabled }) => SqsManagedSseEnabled !== true)).toEqual([]);
    const policies = resourcesIn(template, 'AWS::SQS::QueuePolicy').map((policy) =>
      JSON.stringify(policy),
    );
    expect(
      policies.filter((policy) => policy.includes('"aws:SecureTransport":"false"')),
    ).toHaveLength(queues.length);
  });
});

describe('events', () => {
  it('the router is invoked for completed jobs of the deployment’s queues only', () => {
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

  it('every target of an event has a dead-letter queue', () => {
    const targets = resourcesIn(template, 'AWS::Events::Rule').flatMap(({ Targets }) =>
      z.array(z.record(z.string(), z.unknown())).parse(Targets),
    );
    expect(targets.length).toBeGreaterThanOrEqual(2);
    for (const target of targets) expect(target).toHaveProperty('DeadLetterConfig.Arn');
    for (const name of ['router', 'sweeper'])
      expect(functionIn(template, name)).toHaveProperty('DeadLetterConfig.TargetArn');
  });

  it('event patterns for fifty queues have at most 2,048 characters each', () => {
    const queues: HeadraceConfig['queues'] = { default: { type: 'fargate' } };
    for (let index = 1; index < 50; index += 1)
      queues[`queue-with-a-long-name-${index}`] = { type: 'shared', with: 'default' };
    const rules = resourcesIn(templateOf({ queues }), 'AWS::Events::Rule').filter(
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

describe('stored data', () => {
  it('stored data is retained when the stack is deleted, unless the configuration sets destroy', () => {
    const storedTypes = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];
    const policies = (of: Template) =>
      storedTypes.flatMap((type) =>
        Object.values(of.findResources(type)).map(({ DeletionPolicy }) => String(DeletionPolicy)),
      );
    expect(new Set(policies(template))).toEqual(new Set(['Retain']));
    expect(new Set(policies(templateOf({ retention: { onDelete: 'destroy' } })))).toEqual(
      new Set(['Delete']),
    );
  });

  it('tables are on demand, with expiry and point-in-time recovery', () => {
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

  it('the bucket rejects public access and connections without TLS, and objects of runs expire but code does not', () => {
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
