/**
 * The functions, queues and events of the synthesized stack.
 *
 * @module
 */
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import {
  deployedSettingsSchema,
  settingsSchema,
  synthesizedSettingsSchema,
} from '../../src/aws/deployment/settings.ts';
import {
  functionIn,
  functionsIn,
  IMAGE,
  resourcesIn,
  settingsOf,
  templateOf,
  written,
} from './synthesized.ts';

let template: Template;
beforeAll(() => {
  template = templateOf();
});

describe('the API', () => {
  it('compresses large responses', () => {
    template.hasResourceProperties('AWS::ApiGateway::RestApi', { MinimumCompressionSize: 1400 });
  });
});

describe('the functions', () => {
  it.each(['api', 'controller', 'evaluator', 'router', 'schedules', 'sweeper'])(
    'the function %s runs on Node 24 and arm64 and logs the report of each invocation',
    (name) => {
      expect(functionIn(template, name)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: {
          LogFormat: 'JSON',
          ApplicationLogLevel: 'INFO',
          SystemLogLevel: 'INFO',
        },
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
    for (const name of ['api', 'controller', 'router', 'schedules', 'sweeper']) {
      const { file, environment } = settingsOf({}, name);
      const deployed = JSON.parse(String(environment.HEADRACE_SETTINGS));
      expect(settingsSchema.parse({ ...file, ...deployed })).toMatchObject({
        prefix: 'headrace',
        image: IMAGE.uri,
        queues: { default: { platform: 'fargate', spot: false, gpu: false } },
        assignPublicIp: true,
      });
      // Neither form repeats a setting of the other.
      expect(Object.keys(synthesizedSettingsSchema.parse(file))).not.toEqual([]);
      expect(Object.keys(deployedSettingsSchema.parse(deployed))).not.toEqual([]);
    }
    expect(settingsOf({}, 'evaluator')).toEqual({ file: undefined, environment: {} });
  });

  it('changed settings are deployed with the code: the key of the code changes', () => {
    const codeKeys = (of: Template) =>
      ['controller', 'evaluator'].map((name) => written(functionIn(of, name)?.Code));
    const [controller, evaluator] = codeKeys(template);
    expect(codeKeys(templateOf())).toEqual([controller, evaluator]);
    expect(codeKeys(templateOf({ stepEvents: true }))).toEqual([
      expect.not.stringContaining(controller ?? ''),
      evaluator,
    ]);
  });

  it('the environment of each function is a closed list, and no resource resolves the value of a secret', () => {
    const of = templateOf({
      projects: { forecasts: { secrets: ['forecasts/key'] } },
      api: { auth: { type: 'oidc', issuer: 'https://issuer.example', audience: ['a'] } },
    });
    const variables = z
      .object({ Variables: z.record(z.string(), z.unknown()) })
      .default({ Variables: {} });
    const environments = [...functionsIn(of)].map(([name, { Environment }]) => [
      name,
      Object.keys(variables.parse(Environment).Variables).sort(),
    ]);
    expect(Object.fromEntries(environments)).toEqual({
      api: ['HEADRACE_SETTINGS'],
      controller: ['HEADRACE_SETTINGS'],
      router: ['HEADRACE_SETTINGS'],
      schedules: ['HEADRACE_SETTINGS'],
      sweeper: ['HEADRACE_SETTINGS'],
      evaluator: [],
      authorizer: [],
    });
    const settings = [...functionsIn(of).values()].map(({ Environment }) => written(Environment));
    expect(settings.join()).not.toMatch(/forecasts\/key/);
    expect(JSON.stringify(of.toJSON())).not.toContain('{{resolve:');
  });

  it('the settings hold the architecture of Fargate, and that of an image that the stack builds', () => {
    const fileOf = (config: HeadraceConfig) => settingsOf(config, 'controller').file;
    expect(fileOf({ image: { build: true }, architecture: 'arm64' })).toMatchObject({
      architecture: 'ARM64',
      imageArchitecture: 'ARM64',
    });
    expect(fileOf({ image: { build: true } })).toMatchObject({
      architecture: 'X86_64',
      imageArchitecture: 'X86_64',
    });
    const given = synthesizedSettingsSchema.parse(fileOf({ architecture: 'arm64' }));
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
        maxReceiveCount: 30,
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
  it('the router receives jobs of the deployment’s queues that failed, and no others', () => {
    const rules = resourcesIn(template, 'AWS::Events::Rule').filter(({ EventPattern = {} }) =>
      JSON.stringify(EventPattern).includes('Batch Job State Change'),
    );
    expect(rules.map(({ EventPattern }) => EventPattern)).toEqual([
      {
        source: ['aws.batch'],
        'detail-type': ['Batch Job State Change'],
        detail: {
          status: ['FAILED'],
          jobQueue: [
            { 'Fn::GetAtt': [expect.stringContaining('QueuesQueuedefault'), 'JobQueueArn'] },
          ],
        },
      },
    ]);
  });

  it('the router receives events of blocked queues of the deployment', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.batch'],
        'detail-type': ['Batch Job Queue Blocked'],
        detail: {
          jobQueue: [
            { 'Fn::GetAtt': [Match.stringLikeRegexp('QueuesQueuedefault'), 'JobQueueArn'] },
          ],
        },
      },
    });
  });

  it('events of jobs pass through a queue: batches of a hundred, received again for hours', () => {
    const [mapping] = resourcesIn(template, 'AWS::Lambda::EventSourceMapping').filter(
      ({ MaximumBatchingWindowInSeconds }) => MaximumBatchingWindowInSeconds === 1,
    );
    expect(mapping).toMatchObject({
      BatchSize: 100,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: { 'Fn::GetAtt': [expect.stringContaining('JobEvents'), 'Arn'] },
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 180,
      RedrivePolicy: { maxReceiveCount: 60 },
    });
  });

  it('only the rules of the deployment may send events to its queues', () => {
    const statements = resourcesIn(template, 'AWS::SQS::QueuePolicy').flatMap(
      ({ PolicyDocument }) =>
        z
          .looseObject({ Statement: z.array(z.looseObject({ Principal: z.unknown() })) })
          .parse(PolicyDocument).Statement,
    );
    const ofEvents = statements.filter(
      ({ Principal }) => JSON.stringify(Principal) === '{"Service":"events.amazonaws.com"}',
    );
    // To the queues of job events and of firings, and to that of what could not be delivered: job
    // events, firings and sweeps.
    expect(ofEvents).toHaveLength(5);
    for (const statement of ofEvents)
      expect(statement).toMatchObject({
        Action: 'sqs:SendMessage',
        Condition: { ArnEquals: { 'aws:SourceArn': expect.anything() } },
      });
  });

  it('only new objects of the named buckets are sent to the queue of firings', () => {
    const patterns = (config: HeadraceConfig) =>
      resourcesIn(templateOf(config), 'AWS::Events::Rule').flatMap(({ EventPattern, Targets }) =>
        JSON.stringify(EventPattern ?? '').includes('aws.s3')
          ? [{ EventPattern, target: written(Targets) }]
          : [],
      );
    expect(patterns({})).toEqual([]);
    expect(patterns({ schedules: { buckets: ['uploads', 'exports'] } })).toEqual([
      {
        EventPattern: {
          source: ['aws.s3'],
          'detail-type': ['Object Created'],
          detail: { bucket: { name: ['uploads', 'exports'] } },
        },
        target: expect.stringContaining('TransitionsFirings'),
      },
    ]);
  });

  it('every target of an event has a dead-letter queue', () => {
    const targets = resourcesIn(template, 'AWS::Events::Rule').flatMap(({ Targets }) =>
      z.array(z.record(z.string(), z.unknown())).parse(Targets),
    );
    expect(targets.length).toBeGreaterThanOrEqual(2);
    for (const target of targets) expect(target).toHaveProperty('DeadLetterConfig.Arn');
    expect(functionIn(template, 'sweeper')).toHaveProperty('DeadLetterConfig.TargetArn');
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
