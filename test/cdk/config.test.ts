/**
 * The schema of the configuration and the messages of its errors.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import deployed from '../../headrace.config.ts';
import { ConfigError, readConfig } from '../../lib/config.ts';

const issuesOf = (config: unknown): readonly string[] => {
  try {
    readConfig(config);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
  return [];
};

describe('the configuration', () => {
  it('an empty configuration is valid: every field has a default', () => {
    const { queues, api, network, retention, evaluatorIsolation } = readConfig({});
    expect(queues).toEqual({
      default: { type: 'fargate', spot: false, maxVcpus: 256, priority: 1 },
    });
    expect(api).toMatchObject({ auth: { type: 'iam' }, endpoint: 'regional' });
    expect(network).toEqual({
      type: 'own',
      cidr: '10.42.0.0/16',
      availabilityZones: 2,
      flowLogs: false,
    });
    expect(retention).toEqual({
      activeDays: 30,
      reuseDays: 90,
      publishedDays: null,
      runDays: 90,
      logDays: 30,
      onDelete: 'retain',
      deletionProtection: false,
    });
    expect(evaluatorIsolation).toBe('tenant');
  });

  it('the configuration of the repository is valid', () => {
    expect(issuesOf(deployed)).toEqual([]);
  });

  it('the architecture of an image in a registry is not checked', () => {
    expect(
      issuesOf({
        image: { uri: 'registry.example/both:1' },
        queues: { default: { type: 'ec2', instanceTypes: ['m7g', 'm7i'] } },
      }),
    ).toEqual([]);
  });

  it('a project without settings has empty defaults', () => {
    expect(readConfig({ projects: { forecasts: {} } }).projects).toEqual({
      forecasts: { secrets: [], policies: [] },
    });
  });

  it.each<[why: string, config: unknown, issue: string | RegExp]>([
    ...['queues', 'projects', 'tags'].map((field): [string, unknown, RegExp] => [
      `the key __proto__ in ${field}`,
      JSON.parse(`{"${field}":{"__proto__":{}}}`),
      new RegExp(`${field}.*__proto__.*is reserved`),
    ]),
    ...[
      [{ claims: { groups: [] } }, /api\.auth\.claims\.groups.*at least one value/],
      [{ claims: { groups: { any: true } } }, /api\.auth\.claims\.groups/],
      [{ claims: JSON.parse('{"__proto__":"x"}') }, /api\.auth\.claims\.__proto__/],
      [{ cacheSeconds: 3601 }, /api\.auth\.cacheSeconds/],
      [{ cacheSeconds: -1 }, /api\.auth\.cacheSeconds/],
    ].map(([settings, issue]): [string, unknown, RegExp] => [
      `the settings of an issuer ${JSON.stringify(settings)}`,
      {
        api: {
          auth: { type: 'oidc', issuer: 'https://i.example', audience: ['a'], ...settings },
        },
      },
      issue instanceof RegExp ? issue : /never/,
    ]),
    [
      'a shared queue with a name that every object inherits',
      { queues: { default: { type: 'fargate' }, own: { type: 'shared', with: 'constructor' } } },
      /there is no queue constructor/,
    ],
    ['a misspelt key', { queue: {} }, /queue/],
    [
      'a prefix that is no valid part of a role name',
      { prefix: 'Headrace_1' },
      'prefix: 2 to 20 lower-case letters, digits and dashes, a letter first',
    ],
    [
      'no default queue',
      { queues: { cpu: { type: 'fargate' } } },
      'queues: a queue named default is needed for steps that name no queue',
    ],
    [
      'a queue with the name of the built-in evaluator',
      { queues: { default: { type: 'fargate' }, services: { type: 'fargate' } } },
      /queues\.services: services is the name of the built-in evaluator/,
    ],
    [
      'GPUs on Fargate',
      { queues: { default: { type: 'fargate', gpu: true } } },
      /queues\.default: .*gpu/,
    ],
    [
      'GPUs on instance types without GPUs',
      { queues: { default: { type: 'ec2', gpu: true, instanceTypes: ['c7i.large'] } } },
      /queues\.default\.instanceTypes: a queue with gpu: true needs instance types that have GPUs/,
    ],
    [
      'a shared queue with an unknown queue',
      { queues: { default: { type: 'shared', with: 'cpu' } } },
      'queues.default.with: there is no queue cpu',
    ],
    [
      'a chain of shared queues',
      {
        queues: {
          default: { type: 'fargate' },
          low: { type: 'shared', with: 'default' },
          lower: { type: 'shared', with: 'low' },
        },
      },
      'queues.lower.with: the queue low has no compute environment of its own',
    ],
    [
      'a wildcard among actions',
      { projects: { a: { policies: [{ actions: ['s3:*'], resources: ['*'] }] } } },
      /projects\.a\.policies\.0\.actions\.0: .*without wildcards/,
    ],
    [
      'the shared role declared as a project',
      { projects: { default: {} } },
      'projects.default: default is the role of projects that are not declared',
    ],
    [
      'an issuer without https',
      { api: { auth: { type: 'oidc', issuer: 'http://issuer.example', audience: ['a'] } } },
      'api.auth.issuer: the issuer is an https URL',
    ],
    [
      'a private API in a given network without endpoints',
      {
        api: { endpoint: 'private' },
        network: { type: 'given', vpcId: 'vpc-0a', subnetIds: ['subnet-0a'] },
      },
      /api\.vpcEndpointIds: a private API in a given network needs/,
    ],
    [
      'a limit of requests of 0',
      { api: { evaluationRateLimit: 0 } },
      /^api\.evaluationRateLimit: /,
    ],
    [
      'an alias as the key',
      { encryption: { keyArn: 'arn:aws:kms:eu-west-1:123456789012:alias/data' } },
      /^encryption\.keyArn: the ARN of a KMS key reads .* an alias is not enough$/,
    ],
    ['an encryption without a key', { encryption: {} }, /^encryption\.keyArn: /],
    ['a concurrency of 0', { api: { concurrency: 0 } }, /^api\.concurrency: /],
    [
      'an unknown access to machines',
      { containers: { hostAccess: true } },
      'containers.hostAccess: refuse or allow',
    ],
    [
      'instance types of another architecture than the image',
      { queues: { default: { type: 'ec2', instanceTypes: ['c7i.large', 'm7g.large', 'g5'] } } },
      /queues\.default\.instanceTypes\.1: m7g\.large is arm64, but the image of steps is built for x86_64: set architecture/,
    ],
    [
      'x86_64 instance types for an arm64 image',
      {
        architecture: 'arm64',
        queues: {
          default: {
            type: 'ec2',
            instanceTypes: ['c7gn.large', 'im4gn', 'a1', 'g5g.xlarge', 'g4dn.xlarge'],
          },
        },
      },
      /instanceTypes\.4: g4dn\.xlarge is x86_64, but the image of steps is built for arm64/,
    ],
    [
      'models that expire before the records that refer to them',
      { retention: { publishedDays: 217 } },
      /retention\.publishedDays: .* stored for 218 days/,
    ],
    [
      'a log retention that CloudWatch does not support',
      { retention: { logDays: 31 } },
      /retention\.logDays: logs can be kept for 1, 3, 5/,
    ],
    [
      'an invalid e-mail address',
      { alarms: { email: 'me' } },
      'alarms.email: an e-mail address is required',
    ],
    ...[
      'arn:aws:ecr:*:763104351884:repository/pytorch',
      'arn:aws:ecr:eu-west-1:*:repository/a',
      'pytorch',
    ].map((repository): [string, unknown, RegExp] => [
      `a repository without its region, its account or an ARN: ${repository}`,
      { imageRepositories: [repository] },
      /^imageRepositories\.0: a repository reads arn:aws:ecr:region:account:repository\/name/,
    ]),
    [
      'a disk smaller than the image of a machine',
      { queues: { default: { type: 'ec2', instanceTypes: ['c7i'], diskGiB: 20 } } },
      'queues.default.diskGiB: a machine image takes 30 GiB',
    ],
    [
      'a given network without subnets',
      { network: { type: 'given', vpcId: 'vpc-0a' } },
      /network\.subnetIds/,
    ],
  ])('the configuration error names the path and the reason: %s', (_why, config, issue) => {
    const issues = issuesOf(config);
    expect(issues).toEqual([typeof issue === 'string' ? issue : expect.stringMatching(issue)]);
  });

  it('the configuration error names every mistake', () => {
    expect(
      issuesOf({ prefix: '', alarms: { email: 'x' }, retention: { runDays: 0 } }),
    ).toHaveLength(3);
  });
});
