/**
 * The stored data of the synthesized stack: what is retained, under which names, and what expires.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resourcesIn, templateOf } from './synthesized.ts';

const policiesSchema = z.looseObject({
  Type: z.string(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});

let template: Template;
beforeAll(() => {
  template = templateOf();
});

describe('stored data', () => {
  it('stored data is retained when the stack is deleted, but not when its creation fails', () => {
    const retained = [
      'AWS::DynamoDB::Table',
      'AWS::DynamoDB::Table',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      // The two queues of messages that could not be delivered, and their policies.
      'AWS::SQS::Queue',
      'AWS::SQS::Queue',
      'AWS::SQS::QueuePolicy',
      'AWS::SQS::QueuePolicy',
      'AWS::SecretsManager::Secret',
    ];
    const policies = (of: Template) =>
      Object.values(of.toJSON().Resources)
        .map((resource) => policiesSchema.parse(resource))
        .filter(({ DeletionPolicy }) => DeletionPolicy !== undefined && DeletionPolicy !== 'Delete')
        .map(({ Type, DeletionPolicy, UpdateReplacePolicy }) =>
          [Type, DeletionPolicy, UpdateReplacePolicy].join(' '),
        )
        .sort();
    // An API's role of logs is the account's: it is retained with the setting that names it.
    const ofAccount = ['AWS::ApiGateway::Account', 'AWS::IAM::Role'];
    const all = [...retained, ...ofAccount].sort();
    expect(policies(template)).toEqual(
      all.map(
        (type) => `${type} ${ofAccount.includes(type) ? 'Retain' : 'RetainExceptOnCreate'} Retain`,
      ),
    );
    expect(
      policies(templateOf({ retention: { onDelete: 'destroy' } })).map(
        (line) => line.split(' ')[0],
      ),
    ).toEqual(ofAccount);
  });

  it('CloudFormation names stored data, so that a new stack can create it again', () => {
    const names = ['TableName', 'BucketName', 'LogGroupName', 'Name', 'QueueName'];
    const stored = [
      'AWS::DynamoDB::Table',
      'AWS::S3::Bucket',
      'AWS::SecretsManager::Secret',
      'AWS::Logs::LogGroup',
      'AWS::SQS::Queue',
    ];
    const given = stored.flatMap((type) =>
      resourcesIn(template, type).flatMap((properties) =>
        names.filter((name) => name in properties),
      ),
    );
    expect(given).toEqual([]);
  });

  it('the guide lists what a new stack can adopt, by its id and its identifier', () => {
    const guide = readFileSync(new URL('../../docs/deploying.md', import.meta.url), 'utf8');
    const section = guide.slice(guide.indexOf('### Adopting the data'));
    const [, block = ''] = /```json\n([\s\S]*?)```/.exec(section) ?? [];
    const identifiers: Record<string, string> = {
      'AWS::DynamoDB::Table': 'TableName',
      'AWS::Logs::LogGroup': 'LogGroupName',
      'AWS::S3::Bucket': 'BucketName',
      'AWS::SecretsManager::Secret': 'Id',
    };
    const retained = Object.entries(template.toJSON().Resources).flatMap(([id, resource]) => {
      const { Type, DeletionPolicy } = policiesSchema.parse(resource);
      const identifier = identifiers[Type];
      return DeletionPolicy === 'RetainExceptOnCreate' && identifier !== undefined
        ? [`${id} ${identifier}`]
        : [];
    });
    const listed = z.record(z.string(), z.record(z.string(), z.string())).parse(JSON.parse(block));
    expect(
      Object.entries(listed)
        .map(([id, names]) => `${id} ${Object.keys(names).join()}`)
        .sort(),
    ).toEqual(retained.sort());
  });

  it('tables are on demand, with expiry and point-in-time recovery', () => {
    template.resourcePropertiesCountIs(
      'AWS::DynamoDB::Table',
      {
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: false,
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
          // 90 days of reuse, 30 of activity and one to end, 90 after the end, 7 of margin.
          { Id: 'expired-runs', Prefix: 'p/', ExpirationInDays: 218, Status: 'Enabled' },
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
