/**
 * cdk-nag on the synthesized stack.
 *
 * @module
 */
import { type App, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { newStack } from './synthesized.ts';

/** The findings of the packs without an acknowledged reason. */
const findings = (app: App): readonly string[] =>
  [new AwsSolutionsChecks(app), new ServerlessChecks(app)].flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
      ),
  );

const ALL: HeadraceConfig = {
  queues: {
    default: { type: 'fargate' },
    cpu: { type: 'ec2', instanceTypes: ['c7i'], spot: true },
    gpu: { type: 'ec2', instanceTypes: ['g5.xlarge'], gpu: true },
    quick: { type: 'lambda' },
  },
  projects: {
    'team/forecasts': {
      secrets: ['forecasts/key'],
      policies: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::data/*'] }],
    },
  },
  alarms: { email: 'ml@example.org' },
  notifications: [
    { to: { type: 'mail', addresses: ['ml@example.org'] } },
    { on: ['failed', 'waiting'], to: { type: 'slack', secret: 'headrace/slack' } },
  ],
};

describe('cdk-nag', () => {
  it.each<[string, HeadraceConfig]>([
    ['the defaults', {}],
    ['all kinds of queues, a project, alarms', ALL],
    [
      'a private API with tokens',
      {
        api: {
          endpoint: 'private',
          auth: { type: 'oidc', issuer: 'https://issuer.example', audience: ['a'] },
        },
      },
    ],
    [
      'the web console',
      {
        console: true,
        api: {
          auth: {
            type: 'oidc',
            issuer: 'https://issuer.example',
            audience: ['a'],
            client: { id: 'console' },
          },
        },
      },
    ],
    [
      'a key of KMS',
      {
        ...ALL,
        encryption: { keyArn: 'arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0000-4000-8000' },
      },
    ],
    [
      'a given network',
      {
        network: { type: 'given', vpcId: 'vpc-0a1', subnetIds: ['subnet-0b'] },
        evaluatorIsolation: 'function',
      },
    ],
  ])('cdk-nag has no finding without a reason: %s', (_what, config) => {
    expect(findings(newStack(config).app)).toEqual([]);
  });

  it('cdk-nag reports a resource without a reason', () => {
    const { app, stack } = newStack();
    new Bucket(stack, 'Unexplained');
    expect(findings(app)).toContain('AwsSolutions-S1 headrace/Unexplained/Resource');
  });

  it('every acknowledged reason is a sentence', () => {
    const { stack } = newStack(ALL);
    const reasons = stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.values(z.record(z.string(), z.string()).parse(data)));
    expect(reasons.length).toBeGreaterThan(10);
    expect(reasons.filter((reason) => reason.length < 20)).toEqual([]);
  });
});
