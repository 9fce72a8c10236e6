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
    ['says no to what it does not name', [], 's3:GetObject', `${BUCKET}/a`, 'not allowed'],
    [
      'allows what it names',
      [allow('s3:GetObject', `${BUCKET}/a`)],
      's3:GetObject',
      `${BUCKET}/a`,
      'allowed',
    ],
    [
      'names actions in any case',
      [allow('S3:getobject', `${BUCKET}/a`)],
      's3:GetObject',
      `${BUCKET}/a`,
      'allowed',
    ],
    [
      'names resources in theirs',
      [allow('s3:GetObject', `${BUCKET}/A`)],
      's3:GetObject',
      `${BUCKET}/a`,
      'not allowed',
    ],
    [
      'has a star for any text, folders included',
      [allow('s3:GetObject', `${BUCKET}/p/*`)],
      's3:GetObject',
      `${BUCKET}/p/a/b`,
      'allowed',
    ],
    [
      'has a star that stops at the end of a part',
      [allow('s3:GetObject', 'arn:aws:*:bucket/a')],
      's3:GetObject',
      `${BUCKET}/a`,
      'not allowed',
    ],
    [
      'has a question mark for one character',
      [allow('a:B', 'arn:aws:a:::secret-??')],
      'a:B',
      'arn:aws:a:::secret-abc',
      'not allowed',
    ],
    [
      'takes dots and brackets as they are',
      [allow('a:B', 'arn:aws:a:::x.y[0]*')],
      'a:B',
      'arn:aws:a:::xzy0',
      'not allowed',
    ],
    [
      'does not mistake a name for a longer one',
      [allow('s3:GetObject', `${BUCKET}/p/examples/*`)],
      's3:GetObject',
      `${BUCKET}/p/examples2/a`,
      'not allowed',
    ],
    [
      'denies before it allows',
      [allow('s3:GetObject', `${BUCKET}/*`), deny('s3:GetObject', `${BUCKET}/p/*`)],
      's3:GetObject',
      `${BUCKET}/p/a`,
      'denied',
    ],
    [
      'takes * for whatever takes no resource',
      [allow('batch:DescribeJobs', '*')],
      'batch:DescribeJobs',
      '*',
      'allowed',
    ],
    [
      'with a resource does not allow an action that takes none',
      [allow('batch:DescribeJobs', 'arn:aws:batch:::job/*')],
      'batch:DescribeJobs',
      '*',
      'not allowed',
    ],
  ])('%s', (_what, statements, action, resource, verdict) => {
    expect(verdictOf(statements, { action, resource })).toBe(verdict);
  });

  it('holds under its conditions alone, and a condition that nobody knows is an error', () => {
    const passing = [
      allow('iam:PassRole', 'arn:aws:iam::1:role/a', {
        StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      }),
    ];
    const question = { action: 'iam:PassRole', resource: 'arn:aws:iam::1:role/a' };
    expect(
      verdictOf(passing, {
        ...question,
        context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      }),
    ).toBe('allowed');
    expect(
      verdictOf(passing, {
        ...question,
        context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
      }),
    ).toBe('not allowed');
    expect(verdictOf(passing, question)).toBe('not allowed');
    expect(() =>
      verdictOf([allow('a:B', '*', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })], {
        action: 'a:B',
        resource: '*',
      }),
    ).toThrow('IpAddress');
  });
});
