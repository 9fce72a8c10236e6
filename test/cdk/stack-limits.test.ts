/**
 * The limits of AWS that large configurations come near: 50 queues and 50 projects fit, and what
 * does not fit is refused at synthesis.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnResource, Stack, Tags } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, type HeadraceConfig, readConfig } from '../../lib/config.ts';
import { Headrace } from '../../lib/headrace.ts';
import {
  MAX_INLINE_POLICY,
  MAX_MANAGED_POLICIES,
  MAX_MANAGED_POLICY,
  MAX_RESOURCES,
  MAX_TEMPLATE_BYTES,
  withLongestNames,
} from '../../lib/stack-limits.ts';
import { IMAGE, newStack } from './synthesized.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0000-4000-8000-0123456789ab';

type Queues = NonNullable<HeadraceConfig['queues']>;

/** Queues and projects have the longest names that the configuration accepts. */
const queues = (count: number, queue: Queues[string]): Queues => ({
  default: { type: 'fargate' },
  ...Object.fromEntries(
    Array.from({ length: count - 1 }, (_, index) => [`queue ${index} `.padEnd(64, 'q'), queue]),
  ),
});
const projects = (count: number, length = 64): NonNullable<HeadraceConfig['projects']> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `group/${index}`.padEnd(length, '需'),
      { secrets: [`group/${index}/key`] },
    ]),
  );

/** Everything that adds resources or makes them larger. */
const ALL_OPTIONS: HeadraceConfig = {
  prefix: 'a-prefix-of-20-chars',
  console: true,
  api: {
    auth: {
      type: 'oidc',
      issuer: 'https://issuer.example',
      audience: ['headrace'],
      client: { id: 'console' },
    },
    externalEvaluation: true,
  },
  alarms: { email: 'ml@example.org' },
  encryption: { keyArn: KEY },
  network: { type: 'own', availabilityZones: 3, flowLogs: true },
  observability: { tracing: true, detailedMetrics: true },
  tags: { application: 'headrace', team: 'ml', environment: 'production' },
};
const EC2: Queues[string] = { type: 'ec2', instanceTypes: ['c7i.large'] };

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.unknown()).default({}),
  Parameters: z.record(z.string(), z.unknown()).default({}),
});
const referencesSchema = z.array(z.looseObject({ Ref: z.string() }));

/** The template as the CDK writes it, and its size. */
function synthesize(config: HeadraceConfig) {
  const { app } = newStack(config);
  app.synth();
  const text = readFileSync(join(app.outdir, 'headrace.template.json'), 'utf8');
  return { ...templateSchema.parse(JSON.parse(text)), bytes: Buffer.byteLength(text) };
}
type Synthesized = ReturnType<typeof synthesize>;

const ofType = ({ Resources }: Synthesized, type: string) =>
  Object.values(Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties] : []));

const largest = (sizes: readonly number[]): number => Math.max(0, ...sizes);

/** The sizes of the policies of each role, by its logical id. */
function policiesByRole(template: Synthesized) {
  const roles = new Map<string, { inline: number; managed: number[] }>();
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'])
    for (const { Roles, PolicyDocument } of ofType(template, type))
      for (const { Ref } of referencesSchema.parse(Roles)) {
        const sizes = roles.get(Ref) ?? { inline: 0, managed: [] };
        const size = withLongestNames(PolicyDocument).length;
        if (type === 'AWS::IAM::Policy') sizes.inline += size;
        else sizes.managed.push(size);
        roles.set(Ref, sizes);
      }
  return roles;
}

/** SQS: the quotas of a queue's policy. */
function queuePolicies(template: Synthesized) {
  const schema = z.looseObject({
    Statement: z.array(
      z.looseObject({ Condition: z.record(z.string(), z.record(z.string(), z.unknown())) }),
    ),
  });
  return ofType(template, 'AWS::SQS::QueuePolicy').map(({ PolicyDocument }) => {
    const { Statement } = schema.parse(PolicyDocument);
    return {
      bytes: withLongestNames(PolicyDocument).length,
      statements: Statement.length,
      conditions: Statement.flatMap(({ Condition }) =>
        Object.values(Condition).flatMap((keys) => Object.keys(keys)),
      ).length,
    };
  });
}

function issuesOf(config: HeadraceConfig): string {
  try {
    newStack(config).app.synth();
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.join('\n');
    throw error;
  }
}

describe.each<readonly [string, HeadraceConfig]>([
  ['on Fargate', { queues: queues(50, { type: 'fargate' }), projects: projects(50) }],
  ['on EC2, with all options', { ...ALL_OPTIONS, queues: queues(50, EC2), projects: projects(50) }],
  [
    'on EC2, 49 of them, and one on Lambda for 12 projects',
    {
      ...ALL_OPTIONS,
      queues: { ...queues(49, EC2), quick: { type: 'lambda' } },
      projects: projects(12),
    },
  ],
  [
    'on Lambda, 35 of them for a project and all others',
    { queues: queues(36, { type: 'lambda' }), projects: projects(1) },
  ],
])('queues %s', (_, config) => {
  let template: Synthesized;
  beforeAll(() => {
    template = synthesize(config);
  });

  it('the template is within the limits of CloudFormation', () => {
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(MAX_RESOURCES);
    expect(template.bytes).toBeLessThanOrEqual(MAX_TEMPLATE_BYTES);
    expect(Object.keys(template.Outputs).length).toBeLessThanOrEqual(200);
    expect(Object.keys(template.Parameters).length).toBeLessThanOrEqual(200);
  });

  it('the policies of each role are within the limits of IAM', () => {
    const roles = [...policiesByRole(template).values()];
    expect(roles.length).toBeGreaterThan(8);
    expect(largest(roles.map(({ inline }) => inline))).toBeLessThanOrEqual(MAX_INLINE_POLICY);
    expect(largest(roles.flatMap(({ managed }) => managed))).toBeLessThanOrEqual(
      MAX_MANAGED_POLICY,
    );
    expect(largest(roles.map(({ managed }) => managed.length))).toBeLessThanOrEqual(
      MAX_MANAGED_POLICIES,
    );
    const trusts = ofType(template, 'AWS::IAM::Role').map(
      ({ AssumeRolePolicyDocument }) => withLongestNames(AssumeRolePolicyDocument).length,
    );
    expect(largest(trusts)).toBeLessThanOrEqual(2048);
  });

  it('the policies of queues and the patterns of rules are within the limits of SQS and EventBridge', () => {
    const policies = queuePolicies(template);
    expect(largest(policies.map(({ bytes }) => bytes))).toBeLessThanOrEqual(8192);
    expect(largest(policies.map(({ statements }) => statements))).toBeLessThanOrEqual(20);
    expect(largest(policies.map(({ conditions }) => conditions))).toBeLessThanOrEqual(10);
    const rules = ofType(template, 'AWS::Events::Rule');
    expect(rules.length).toBeLessThanOrEqual(300);
    expect(
      largest(rules.map(({ EventPattern = {} }) => withLongestNames(EventPattern).length)),
    ).toBeLessThanOrEqual(2048);
  });

  it('functions have environments and descriptions that Lambda accepts', () => {
    const functions = ofType(template, 'AWS::Lambda::Function');
    const environments = functions.map(({ Environment = {} }) => withLongestNames(Environment));
    expect(largest(environments.map(({ length }) => length))).toBeLessThanOrEqual(4096);
    const descriptions = functions.map(({ Description = '' }) => String(Description).length);
    expect(largest(descriptions)).toBeLessThanOrEqual(256);
  });
});

describe('the permissions of many projects', () => {
  it('the shared role is denied each declared project exactly once', () => {
    const declared = projects(50, 60);
    const template = synthesize({ projects: declared });
    const statementSchema = z.looseObject({ Sid: z.string().optional(), Resource: z.unknown() });
    const denied = Object.values(template.Resources)
      .filter(({ Type }) => ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].includes(Type))
      .flatMap(
        ({ Properties }) =>
          z.looseObject({ Statement: z.array(statementSchema) }).parse(Properties.PolicyDocument)
            .Statement,
      )
      .filter(({ Sid }) => Sid === 'NotDeclared')
      .flatMap(({ Resource }) => [Resource].flat().map((resource) => JSON.stringify(resource)));
    expect(denied).toHaveLength(50);
    for (const project of Object.keys(declared))
      expect(
        denied.filter((resource) => resource.includes(`/?/${encodeURIComponent(project)}/*`)),
      ).toHaveLength(1);
  });
});

describe('what does not fit is refused at synthesis', () => {
  it('fifty queues on Lambda for fifty projects, by the configuration', () => {
    const config: HeadraceConfig = {
      queues: queues(50, { type: 'lambda' }),
      projects: projects(50),
    };
    expect(() => readConfig(config)).toThrow(
      /these would be 2499, and a stack has room for 70\. Declare fewer/,
    );
  });

  it('queues of several types that are too many resources together', () => {
    const config: HeadraceConfig = {
      ...ALL_OPTIONS,
      queues: { ...queues(49, EC2), quick: { type: 'lambda' } },
      projects: projects(50),
    };
    expect(issuesOf(config)).toMatch(
      /^the stack has \d{3} resources, and CloudFormation allows 500: .* make two deployments$/,
    );
  });

  it('resources of the app around the construct count, too', () => {
    const app = new App();
    const stack = new Stack(app, 'app');
    for (let index = 0; index < 450; index += 1)
      new CfnResource(stack, `Own${index}`, { type: 'AWS::SNS::Topic' });
    new Headrace(stack, 'Headrace', { image: IMAGE });
    expect(() => app.synth()).toThrow(ConfigError);
  });

  it('tags that make the template too large, also those of the app around the construct', () => {
    const tags = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`tag-${index}`, 'x'.repeat(250)]),
    );
    const large: HeadraceConfig = { queues: queues(50, EC2), projects: projects(50) };
    expect(issuesOf({ ...large, tags })).toMatch(
      /^the template has \d{7} bytes, and CloudFormation allows 1000000: tags/,
    );
    const { app } = newStack(large);
    for (const [key, value] of Object.entries(tags)) Tags.of(app).add(key, value);
    expect(() => app.synth()).toThrow(/CloudFormation allows 1000000: tags/);
    expect(issuesOf(large)).toBe('');
  });

  it('permissions of a project that IAM does not accept', () => {
    const secrets = Array.from({ length: 30 }, (_, index) => `${index}`.padEnd(500, 'x'));
    expect(issuesOf({ projects: { forecasts: { secrets } } })).toMatch(
      /^IAM refuses the permissions of the role .*Stepforecasts.*: its inline policies have \d{5} characters of 10240\. Shorten/,
    );
  });

  it('names of projects that are too long for the policies of the shared role', () => {
    expect(issuesOf({ projects: projects(50, 250) })).toMatch(/IAM refuses .*Stepdefault/);
  });
});
