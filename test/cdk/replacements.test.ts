/**
 * A deployed stack can be deployed again with another configuration: CloudFormation need not replace
 * a resource with a name of its own, and replaces no stored data and no machines.
 *
 * @module
 */
import { Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { type Resources, replacedBy } from '../support/replacements.ts';
import { newStack } from './synthesized.ts';

const FIRST: HeadraceConfig = {
  queues: {
    default: { type: 'fargate' },
    machines: { type: 'ec2', instanceTypes: ['c7i.large'] },
    low: { type: 'shared', with: 'machines', priority: 1 },
    quick: { type: 'lambda' },
  },
  projects: { forecasts: {} },
  api: {
    auth: {
      type: 'oidc',
      issuer: 'https://issuer.example',
      audience: ['headrace'],
      client: { id: 'console' },
    },
  },
  console: true,
};
const OIDC = {
  type: 'oidc' as const,
  issuer: 'https://issuer.example',
  audience: ['headrace'],
  client: { id: 'console' },
};
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0000-4000-8000-0123456789ab';

const resourcesSchema = z.record(
  z.string(),
  z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
);

function resourcesOf(config: HeadraceConfig, appTags: Readonly<Record<string, string>> = {}) {
  const { app, stack } = newStack({ ...FIRST, ...config });
  for (const [key, value] of Object.entries(appTags)) Tags.of(app).add(key, value);
  const resources = resourcesSchema.parse(Template.fromStack(stack).toJSON().Resources);
  // The specification has types of AWS only.
  return Object.fromEntries(
    Object.entries(resources).filter(([, { Type }]) => Type.startsWith('AWS::')),
  );
}

const first = resourcesOf({});

/** What must outlive each change: data, and machines with their jobs. */
const KEPT = [
  'AWS::DynamoDB::Table',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'AWS::SQS::Queue',
  'AWS::Batch::ComputeEnvironment',
  'AWS::Batch::JobQueue',
];

const harmfulIn = (before: Resources, after: Resources) =>
  replacedBy(before, after).filter(
    ({ id, customName }) => customName !== undefined || KEPT.includes(before[id]?.Type ?? ''),
  );

const queuesWith = (changed: NonNullable<HeadraceConfig['queues']>): HeadraceConfig => ({
  queues: { ...FIRST.queues, ...changed },
});

describe('a changed configuration updates a stack in place', () => {
  it.each<[string, HeadraceConfig, Record<string, string>?]>([
    ['tags', { tags: { team: 'ml', cost: '42' } }],
    ['tags of the app around the construct', {}, { team: 'ml' }],
    ['a queue that is added', queuesWith({ more: { type: 'fargate' } })],
    ['capacity on Spot', queuesWith({ default: { type: 'fargate', spot: true } })],
    ['the limit of machines', queuesWith({ default: { type: 'fargate', maxVcpus: 8 } })],
    [
      'instance types and disks',
      queuesWith({ machines: { type: 'ec2', instanceTypes: ['c7i', 'm7i'], diskGiB: 200 } }),
    ],
    ['priorities', queuesWith({ low: { type: 'shared', with: 'machines', priority: 9 } })],
    [
      'a queue on Lambda',
      queuesWith({
        quick: { type: 'lambda', memoryMiB: 4096, timeoutSeconds: 60, maxConcurrency: 5 },
      }),
    ],
    ['a project that is added', { projects: { forecasts: {}, prices: {} } }],
    ['secrets of a project', { projects: { forecasts: { secrets: ['key'] } } }],
    [
      'the architecture of steps',
      {
        architecture: 'arm64',
        ...queuesWith({
          machines: { type: 'ec2', instanceTypes: ['c7g.large'] },
        }),
      },
    ],
    [
      'the resources and the image of steps',
      { resources: { vcpus: 2, memoryMiB: 4096 }, image: { uri: 'registry.example/other:1' } },
    ],
    [
      'repositories of images',
      { imageRepositories: ['arn:aws:ecr:eu-west-1:763104351884:repository/pytorch-*'] },
    ],
    ['retention', { retention: { runDays: 30, logDays: 7 } }],
    ['data that is deleted with the stack', { retention: { onDelete: 'destroy' } }],
    ['protection of the tables', { retention: { deletionProtection: true } }],
    ['a key', { encryption: { keyArn: KEY } }],
    ['alarms', { alarms: { email: 'ml@example.org' } }],
    ['traces and metrics', { observability: { tracing: true, detailedMetrics: true } }],
    ['the isolation of the evaluator', { evaluatorIsolation: 'function' }],
    ['the concurrency of the controller', { controllerConcurrency: 10 }],
    ['events of steps', { stepEvents: true }],
    [
      'limits of requests',
      { api: { auth: OIDC, rateLimit: 10, burstLimit: 20, concurrency: 100 } },
    ],
    ['external evaluation', { api: { auth: OIDC, externalEvaluation: true } }],
    [
      'the issuer of tokens',
      { api: { auth: { ...OIDC, issuer: 'https://other.example', cacheSeconds: 0 } } },
    ],
    ['no console', { console: false }],
    ['IAM instead of tokens', { console: false, api: { auth: { type: 'iam' } } }],
    ['a private API', { console: false, api: { endpoint: 'private' } }],
    ['hosts of containers', { containers: { hostAccess: 'allow' } }],
    ['flow logs', { network: { type: 'own', flowLogs: true } }],
    ['one more zone', { network: { type: 'own', availabilityZones: 3 } }],
    ['another network', { network: { type: 'given', vpcId: 'vpc-01', subnetIds: ['subnet-01'] } }],
  ])('%s', (_, config, appTags = {}) => {
    const changed = resourcesOf(config, appTags);
    expect(changed).not.toEqual(first);
    expect(harmfulIn(first, changed)).toEqual([]);
    // A stack can also be rolled back to the first configuration.
    expect(harmfulIn(changed, first)).toEqual([]);
  });

  it('tags of a job queue would not be: the comparison finds them', () => {
    const withTags = (value: string): Resources =>
      Object.fromEntries(
        Object.entries(first).map(([id, { Type, Properties }]) => [
          id,
          {
            Type,
            Properties: Type.startsWith('AWS::Batch::')
              ? { ...Properties, Tags: { team: value } }
              : Properties,
          },
        ]),
      );
    const found = harmfulIn(withTags('a'), withTags('b'));
    expect(found.flatMap(({ customName }) => customName ?? []).sort()).toEqual([
      '"headrace-default"',
      '"headrace-low"',
      '"headrace-machines"',
    ]);
    // The others are compute environments, with the jobs on them.
    expect(found).toHaveLength(5);
    for (const { properties } of found) expect(properties).toEqual(['Tags']);
  });
});
