import { describe, expect, it } from 'vitest';
import { statementSchema, type Verdict, verdictOf } from './policy.ts';

const allow = (Action: string | string[], Resource: string | string[], Condition?: object) =>
  statementSchema.parse({ Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) });
const deny = (Action: string, Resource: string) =>
  statementSchema.parse({ Effect: 'Deny', Action, Resource });
const BUCKET = 'arn:aws:s3:::bucket';

describe('a policy', () => {
  it.each<
    [
      what: string,
      statements: readonly ReturnType<typeof allow>[],
      action: string,
      resource: string,
      verdict: Verdict,
    ]
  >([
    [
      'a policy does not allow an action without a statement',
      [],
      's3:GetObject',
      `${BUCKET}/a`,
      'not allowed',
    ],
    [
      'a policy allows the named action on the named resource',
      [allow('s3:GetObject', `${BUCKET}/a`)],
      's3:GetObject',
      `${BUCKET}/a`,
      'allowed',
    ],
    [
      'actions are compared without their case',
      [allow('S3:getobject', `${BUCKET}/a`)],
      's3:GetObject',
      `${BUCKET}/a`,
      'allowed',
    ],
    [
      'resources are compared with their case',
      [allow('s3:GetObject', `${BUCKET}/A`)],
      's3:GetObject',
      `${BUCKET}/a`,
      'not allowed',
    ],
    [
      'a star matches any text, including slashes',
      [allow('s3:GetObject', `${BUCKET}/p/*`)],
      's3:GetObject',
      `${BUCKET}/p/a/b`,
      'allowed',
    ],
    [
      'a star does not match across parts of an ARN',
      [allow('s3:GetObject', 'arn:aws:*:bucket/a')],
      's3:GetObject',
      `${BUCKET}/a`,
      'not allowed',
    ],
    [
      'a question mark matches one character',
      [allow('a:B', 'arn:aws:a:::secret-??')],
      'a:B',
      'arn:aws:a:::secret-abc',
      'not allowed',
    ],
    [
      'dots and brackets match literally',
      [allow('a:B', 'arn:aws:a:::x.y[0]*')],
      'a:B',
      'arn:aws:a:::xzy0',
      'not allowed',
    ],
    [
      'a name does not match a longer one',
      [allow('s3:GetObject', `${BUCKET}/p/examples/*`)],
      's3:GetObject',
      `${BUCKET}/p/examples2/a`,
      'not allowed',
    ],
    [
      'a Deny wins over an Allow',
      [allow('s3:GetObject', `${BUCKET}/*`), deny('s3:GetObject', `${BUCKET}/p/*`)],
      's3:GetObject',
      `${BUCKET}/p/a`,
      'denied',
    ],
    [
      '* allows an action that supports no resource',
      [allow('batch:DescribeJobs', '*')],
      'batch:DescribeJobs',
      '*',
      'allowed',
    ],
    [
      'a statement with a resource does not allow an action that supports none',
      [allow('batch:DescribeJobs', 'arn:aws:batch:::job/*')],
      'batch:DescribeJobs',
      '*',
      'not allowed',
    ],
  ])('the verdict of a policy: %s', (_what, statements, action, resource, verdict) => {
    expect(verdictOf(statements, { action, resource })).toBe(verdict);
  });

  it('a statement applies only if its conditions hold, and an unknown condition is an error', () => {
    const conditional = [
      allow('iam:PassRole', 'arn:aws:iam::1:role/a', {
        StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      }),
    ];
    const check = { action: 'iam:PassRole', resource: 'arn:aws:iam::1:role/a' };
    expect(
      verdictOf(conditional, {
        ...check,
        context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      }),
    ).toBe('allowed');
    expect(
      verdictOf(conditional, {
        ...check,
        context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
      }),
    ).toBe('not allowed');
    expect(verdictOf(conditional, check)).toBe('not allowed');
    expect(() =>
      verdictOf([allow('a:B', '*', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })], {
        action: 'a:B',
        resource: '*',
      }),
    ).toThrow('IpAddress');
  });
});
