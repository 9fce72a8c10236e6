/**
 * Queues on Lambda: a queue and a function for each role of steps, and who may do what with them.
 *
 * @module
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, type HeadraceConfig, readConfig } from '../../lib/config.ts';
import { stepFunctionName } from '../../src/aws/deployment/lambda-queues.ts';
import {
  resourcesIn,
  type Statement,
  statementsByRole,
  templateOf,
  written,
} from './synthesized.ts';

const CONFIG: HeadraceConfig = {
  queues: {
    default: { type: 'fargate' },
    quick: {
      type: 'lambda',
      memoryMiB: 1024,
      timeoutSeconds: 60,
      maxConcurrency: 7,
      temporaryDiskMiB: 2048,
    },
    longest: { type: 'lambda' },
  },
  projects: { forecasts: { secrets: ['forecasts/key'] } },
  retention: { logDays: 14 },
};

let template: Template;
let roles: ReadonlyMap<string, readonly Statement[]>;
beforeAll(() => {
  template = templateOf(CONFIG);
  roles = statementsByRole(template);
});

/** The functions of steps, by what they execute. */
const stepFunctions = (of: Template) =>
  new Map(
    resourcesIn(of, 'AWS::Lambda::Function').flatMap((properties) => {
      const name = /^Headrace: steps of the queue (.*)$/.exec(String(properties.Description))?.[1];
      return name === undefined ? [] : [[name, properties] as const];
    }),
  );
const sourcesIn = (of: Template) =>
  resourcesIn(of, 'AWS::Lambda::EventSourceMapping').filter(({ EventSourceArn }) =>
    written(EventSourceArn).includes('LambdaQueues'),
  );
const queuesIn = (of: Template) =>
  resourcesIn(of, 'AWS::SQS::Queue').filter(({ QueueName }) => QueueName !== undefined);
const statementsOf = (role: string, sid: string) =>
  (roles.get(role) ?? []).filter(({ Sid }) => Sid === sid);

describe('a queue on Lambda', () => {
  it('has a function for each role of steps, with the limits of the queue', () => {
    const functions = stepFunctions(template);
    expect([...functions.keys()].sort()).toEqual([
      'longest, project default',
      'longest, project forecasts',
      'quick, project default',
      'quick, project forecasts',
    ]);
    expect(functions.get('quick, project forecasts')).toMatchObject({
      MemorySize: 1024,
      Timeout: 80,
      EphemeralStorage: { Size: 2048 },
      Architectures: ['x86_64'],
    });
    expect(written(functions.get('quick, project forecasts')?.Role)).toBe(
      '${ProjectsStepforecasts.Arn}',
    );
    expect(functions.get('longest, project default')).toMatchObject({
      MemorySize: 1769,
      Timeout: 900,
    });
    const shortest = templateOf({
      queues: { default: { type: 'fargate' }, quick: { type: 'lambda', timeoutSeconds: 1 } },
      architecture: 'arm64',
    });
    expect(stepFunctions(shortest).get('quick, project default')).toMatchObject({
      Timeout: 21,
      Architectures: ['arm64'],
    });
  });

  it('a function receives one message at a time, and as many run as the queue allows', () => {
    expect(
      sourcesIn(template)
        .map(({ BatchSize, ScalingConfig }) => JSON.stringify([BatchSize, ScalingConfig]))
        .sort(),
    ).toEqual(
      [100, 100, 7, 7].map((MaximumConcurrency) => JSON.stringify([1, { MaximumConcurrency }])),
    );
    for (const source of sourcesIn(template))
      expect(source).not.toHaveProperty('FunctionResponseTypes');
  });

  it('a message is hidden for longer than its function can run', () => {
    const hidden = Object.fromEntries(
      queuesIn(template).map(({ QueueName, VisibilityTimeout }) => [QueueName, VisibilityTimeout]),
    );
    expect(hidden).toEqual(
      Object.fromEntries(
        ['default', 'forecasts'].flatMap((project) => [
          [stepFunctionName('headrace', 'quick', project), 110],
          [stepFunctionName('headrace', 'longest', project), 930],
        ]),
      ),
    );
    for (const queue of queuesIn(template))
      expect(queue).toMatchObject({
        SqsManagedSseEnabled: true,
        MessageRetentionPeriod: 14 * 86_400,
        RedrivePolicy: { maxReceiveCount: 100 },
      });
  });

  it('its queues refuse requests without TLS, and its logs are kept as all logs', () => {
    const policies = resourcesIn(template, 'AWS::SQS::QueuePolicy').filter((policy) =>
      written(Array.isArray(policy.Queues) ? policy.Queues[0] : '').includes('LambdaQueues'),
    );
    expect(policies).toHaveLength(4);
    for (const policy of policies)
      expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"');
    const groups = resourcesIn(template, 'AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThan(8);
    expect(new Set(groups.map(({ RetentionInDays }) => RetentionInDays))).toEqual(new Set([14]));
  });

  it('only what never changes is in a property that CloudFormation cannot change', () => {
    const changed = templateOf({
      ...CONFIG,
      queues: {
        ...CONFIG.queues,
        quick: { type: 'lambda', memoryMiB: 2048, timeoutSeconds: 30, maxConcurrency: 2 },
      },
      tags: { team: 'ml' },
      architecture: 'arm64',
    });
    const names = (of: Template) => queuesIn(of).map(({ QueueName }) => QueueName);
    expect(names(changed)).toEqual(names(template));
    for (const of of [changed, template])
      for (const lambda of stepFunctions(of).values()) expect(lambda.FunctionName).toBeUndefined();
  });

  it('the environment of its functions has names only, and no variable of users', () => {
    for (const { Environment } of stepFunctions(template).values()) {
      const { Variables } = z
        .object({ Variables: z.record(z.string(), z.unknown()) })
        .parse(Environment);
      expect(Object.keys(Variables).sort()).toEqual([
        'HEADRACE_BUCKET',
        'HEADRACE_QUEUE',
        'HEADRACE_TRANSITIONS',
      ]);
      expect(written(Environment)).not.toContain('forecasts/key');
    }
  });

  it('all that it stores is encrypted under the key of the deployment', () => {
    const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0000-4000-8000-0123456789ab';
    const of = templateOf({ ...CONFIG, encryption: { keyArn } });
    expect(queuesIn(of)).toHaveLength(4);
    for (const queue of queuesIn(of)) expect(queue).toMatchObject({ KmsMasterKeyId: keyArn });
    for (const group of resourcesIn(of, 'AWS::Logs::LogGroup'))
      expect(group).toMatchObject({ KmsKeyId: keyArn });
    const uses = (role: string) =>
      (statementsByRole(of).get(role) ?? []).filter(
        ({ Action, Condition }) =>
          Action.includes('kms:Decrypt') && JSON.stringify(Condition).includes('sqs.'),
      );
    for (const role of ['ProjectsStepforecasts', 'ControllerRole'])
      expect(uses(role).length).toBeGreaterThan(0);
  });
});

describe('the permissions of a queue on Lambda', () => {
  it('a role of steps may receive the messages and write the logs of its own functions only', () => {
    for (const project of ['default', 'forecasts']) {
      const [messages] = statementsOf(`ProjectsStep${project}`, 'StepMessages');
      expect([...(messages?.Action ?? [])].sort()).toEqual([
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ReceiveMessage',
      ]);
      expect([...(messages?.Resource ?? [])].sort()).toEqual([
        `\${LambdaQueueslongest${project}Queue.Arn}`,
        `\${LambdaQueuesquick${project}Queue.Arn}`,
      ]);
      const [logs] = statementsOf(`ProjectsStep${project}`, 'StepLogs');
      expect([...(logs?.Action ?? [])].sort()).toEqual([
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ]);
      expect([...(logs?.Resource ?? [])].sort()).toEqual([
        `\${LambdaQueueslongest${project}Logs.Arn}`,
        `\${LambdaQueuesquick${project}Logs.Arn}`,
      ]);
    }
  });

  it('the controller may send to the queues only, and the API may read the logs', () => {
    const [starts] = statementsOf('ControllerRole', 'StartSteps');
    expect(starts?.Action).toEqual(['sqs:SendMessage']);
    expect(starts?.Resource).toHaveLength(4);
    const [reads] = statementsOf('ApiRole', 'StepLogs');
    expect(reads?.Action).toEqual(['logs:GetLogEvents']);
    expect(
      reads?.Resource.filter((resource) => resource.startsWith('${LambdaQueues')),
    ).toHaveLength(4);
    for (const [role, statements] of roles)
      if (!['ControllerRole', 'ApiRole'].includes(role) && !role.startsWith('ProjectsStep'))
        expect(JSON.stringify(statements), role).not.toContain('LambdaQueues');
  });

  it('Lambda may assume a role of steps only if there is a queue on Lambda', () => {
    const trusts = (of: Template) =>
      Object.entries(of.findResources('AWS::IAM::Role')).flatMap(([id, { Properties }]) =>
        id.includes('ProjectsStep') ? [JSON.stringify(Properties.AssumeRolePolicyDocument)] : [],
      );
    for (const trust of trusts(template)) expect(trust).toContain('lambda.amazonaws.com');
    const without = templateOf({ ...CONFIG, queues: { default: { type: 'fargate' } } });
    expect(trusts(without)).toHaveLength(2);
    for (const trust of trusts(without)) expect(trust).not.toContain('lambda.amazonaws.com');
    expect(JSON.stringify(without.toJSON())).not.toMatch(/LambdaQueues|StepMessages/);
  });
});

describe('many queues on Lambda', () => {
  const projects = Object.fromEntries(
    Array.from({ length: 14 }, (_, index) => [`project-${index}`, {}]),
  );
  const lambdaQueues = (count: number): NonNullable<HeadraceConfig['queues']> =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`quick-${index}`, { type: 'lambda' } as const]),
    );
  const withDefault = (count: number): HeadraceConfig['queues'] => ({
    default: { type: 'fargate' },
    ...lambdaQueues(count),
  });

  it('thirty functions of fifteen roles fit into a stack, with few alarms', () => {
    const of = templateOf({ queues: withDefault(2), projects });
    expect(stepFunctions(of).size).toBe(30);
    expect(Object.keys(of.toJSON().Resources).length).toBeLessThan(480);
    const alarms = resourcesIn(of, 'AWS::CloudWatch::Alarm').filter(({ AlarmDescription }) =>
      String(AlarmDescription).startsWith('Functions of queues on Lambda'),
    );
    expect(alarms).toHaveLength(6);
    // An alarm has ten metrics at most, besides its expression.
    for (const { Metrics } of alarms) expect(Metrics).toHaveLength(11);
    expect(JSON.stringify(alarms)).toContain('"MetricName":"Throttles"');
    expect(JSON.stringify(alarms)).toContain('"MetricName":"Errors"');
    expect(
      resourcesIn(templateOf(), 'AWS::CloudWatch::Alarm').filter(({ AlarmDescription }) =>
        String(AlarmDescription).startsWith('Functions of queues on Lambda'),
      ),
    ).toEqual([]);
  });

  it('a role whose projects have thirty functions has a policy that IAM accepts', () => {
    const of = templateOf({ queues: withDefault(30) });
    const sizes = [
      ...Object.values(of.findResources('AWS::IAM::Policy')),
      ...Object.values(of.findResources('AWS::IAM::ManagedPolicy')),
    ].map(
      ({ Properties: { PolicyDocument } }) =>
        JSON.stringify(PolicyDocument).replaceAll(/\{"Fn::GetAtt":\[[^\]]*\]\}/g, (attribute) =>
          JSON.stringify(
            `arn:aws:${attribute.includes('Logs') ? 'logs' : 'sqs'}:ap-southeast-2:123456789012:${'x'.repeat(attribute.includes('Logs') ? 80 : 35)}`,
          ),
        ).length,
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_240);
  });

  it('more functions are refused, with the number and what to do', () => {
    const issues = (config: HeadraceConfig): string => {
      try {
        readConfig(config);
        return '';
      } catch (error) {
        if (error instanceof ConfigError) return error.issues.join('\n');
        throw error;
      }
    };
    expect(issues({ queues: withDefault(2), projects })).toBe('');
    expect(issues({ queues: withDefault(5), projects })).toMatch(
      /these would be 75, and a stack has room for 70\. Declare fewer/,
    );
    for (const wrong of [
      { memoryMiB: 511 },
      { memoryMiB: 10_241 },
      { timeoutSeconds: 0 },
      { timeoutSeconds: 901 },
      { maxConcurrency: 1 },
      { maxConcurrency: 1001 },
      { temporaryDiskMiB: 511 },
      { temporaryDiskMiB: 10_241 },
    ])
      expect(
        issues({ queues: { default: { type: 'fargate' }, quick: { type: 'lambda', ...wrong } } }),
      ).toContain(`queues.quick.${Object.keys(wrong)[0]}`);
    expect(
      issues({
        queues: {
          default: { type: 'fargate' },
          quick: { type: 'lambda' },
          other: { type: 'shared', with: 'quick' },
        },
      }),
    ).toContain('the queue quick has no compute environment of its own');
  });
});
