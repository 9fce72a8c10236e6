/**
 * The customer-managed key: which resources are encrypted under it, and which roles may use it.
 *
 * @module
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { resourcesIn, statementsByRole, templateOf } from './synthesized.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0000-4000-8000-0123456789ab';
const CONFIG: HeadraceConfig = {
  queues: { default: { type: 'fargate' }, cpu: { type: 'ec2', instanceTypes: ['c7i'] } },
  projects: {
    forecasts: {
      secrets: ['forecasts/key'],
      policies: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::data/*'] }],
    },
  },
  network: { type: 'own', flowLogs: true },
  alarms: { email: 'ml@example.org' },
};

let template: Template;
beforeAll(() => {
  template = templateOf({ ...CONFIG, encryption: { keyArn: KEY } });
});

/** The types of resources that store data, and the part of their properties that names the key. */
const ENCRYPTED = {
  'AWS::DynamoDB::Table': {
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KEY },
  },
  'AWS::S3::Bucket': {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
        },
      ],
    },
  },
  'AWS::SecretsManager::Secret': { KmsKeyId: KEY },
  'AWS::SQS::Queue': { KmsMasterKeyId: KEY },
  'AWS::Logs::LogGroup': { KmsKeyId: KEY },
  'AWS::SNS::Topic': { KmsMasterKeyId: KEY },
  'AWS::Events::EventBus': { KmsKeyIdentifier: KEY },
};

describe('a customer-managed key', () => {
  it.each(Object.entries(ENCRYPTED))(
    'every resource of the type %s is encrypted under the key',
    (type, encrypted) => {
      const resources = resourcesIn(template, type);
      expect(resources.length).toBeGreaterThan(0);
      for (const properties of resources) expect(properties).toMatchObject(encrypted);
    },
  );

  it('a role may use the key only through the services whose data it may use, and only as its permissions need', () => {
    const uses = Object.fromEntries(
      [...statementsByRole(template)].map(([role, statements]) => [role, keyUses(statements)]),
    );
    const readTable = 'DescribeKey';
    const writeTable =
      'DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo';
    const records = [`dynamodb: Decrypt ${writeTable}`, 's3: Decrypt GenerateDataKey'];
    const functions = ['secretsmanager: Decrypt', 'sqs: Decrypt GenerateDataKey'];
    const step = ['s3: Decrypt GenerateDataKey', 'sqs: Decrypt GenerateDataKey'];
    expect(uses).toEqual({
      ControllerRole: [...records, ...functions],
      ApiRole: [...records, ...functions],
      RouterRole: [`dynamodb: Decrypt ${readTable}`, ...functions],
      SweeperRole: [`dynamodb: Decrypt ${readTable}`, ...functions],
      SchedulesRole: [`dynamodb: Decrypt ${writeTable}`, ...functions],
      ScheduleTimersRole: ['sqs: Decrypt GenerateDataKey'],
      TransitionsScheduleRole: ['sqs: Decrypt GenerateDataKey'],
      ProjectsStepdefault: step,
      ProjectsStepforecasts: step,
      // Code of users runs under this role, and it has no data.
      EvaluatorRole: [],
      ProjectsExecution: [],
      QueuesMachineRole: [],
      NetworkVpcFlowsIAMRole: [],
    });
  });

  it('without the option nothing is encrypted under a key of its own, and no role may use one', () => {
    const text = JSON.stringify(templateOf(CONFIG).toJSON());
    expect(text).not.toMatch(/kms/i);
    expect(text).toContain('"SqsManagedSseEnabled":true');
    expect(text).toContain('"SSEAlgorithm":"AES256"');
  });

  it('without the option and with it, the stack has the same resources', () => {
    const typesOf = (of: Template) =>
      Object.entries(
        z.record(z.string(), z.looseObject({ Type: z.string() })).parse(of.toJSON().Resources),
      ).map(([id, { Type }]) => `${Type} ${id}`);
    expect(typesOf(template)).toEqual(typesOf(templateOf(CONFIG)));
  });
});

const conditionSchema = z.strictObject({
  StringEquals: z.strictObject({ 'kms:ViaService': z.unknown() }),
});

/** `service: actions`, of all statements on the key. */
function keyUses(
  statements: NonNullable<ReturnType<ReturnType<typeof statementsByRole>['get']>>,
): readonly string[] {
  const byService = new Map<string, Set<string>>();
  for (const { Action, Resource, Condition } of statements) {
    const ofKey = Action.filter((action) => action.startsWith('kms:'));
    if (ofKey.length === 0) continue;
    expect([ofKey, Resource]).toEqual([Action, [KEY]]);
    const { StringEquals } = conditionSchema.parse(Condition);
    const service = /[a-z0-9]+(?=\.)/.exec(JSON.stringify(StringEquals['kms:ViaService']))?.[0];
    const uses = byService.get(service ?? '') ?? new Set();
    for (const action of ofKey) uses.add(action.replace('kms:', ''));
    byService.set(service ?? '', uses);
  }
  return [...byService]
    .map(([service, uses]) => `${service}: ${[...uses].sort().join(' ')}`)
    .sort();
}
