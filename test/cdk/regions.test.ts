/**
 * What a stack does in each region, and that it does not depend on who synthesizes it.
 *
 * @module
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Environment, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, type HeadraceConfig } from '../../lib/config.ts';
import { Headrace } from '../../lib/headrace.ts';
import { HeadraceStack } from '../../lib/stack.ts';
import { functionIn, IMAGE, resourcesIn } from './synthesized.ts';

const ACCOUNT = '123456789012';

function stackIn(env: Environment, config: HeadraceConfig = {}) {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-synth-')) });
  return { app, stack: new HeadraceStack(app, 'headrace', { image: IMAGE, ...config }, { env }) };
}

const zonesIn = (template: Template) =>
  resourcesIn(template, 'AWS::EC2::Subnet').map(({ AvailabilityZone }) => AvailabilityZone);

const zone = (index: number) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] });

describe('the availability zones', () => {
  it.each([1, 2, 3])(
    '%i of them are those of the deployment, with and without an account',
    (availabilityZones) => {
      const config: HeadraceConfig = { network: { type: 'own', availabilityZones } };
      const expected = Array.from({ length: availabilityZones }, (_, index) => zone(index));
      for (const env of [{}, { account: ACCOUNT, region: 'eu-west-1' }])
        expect(zonesIn(Template.fromStack(stackIn(env, config).stack))).toEqual(expected);
    },
  );

  it('a synthesis with an account requests nothing of it, so that it needs no cdk.context.json', () => {
    const { app } = stackIn({ account: ACCOUNT, region: 'eu-west-1' });
    expect(app.synth().manifest.missing ?? []).toEqual([]);
  });

  it('zones in the context of an app change nothing, also in a stack of users', () => {
    const app = new App({
      context: {
        [`availability-zones:account=${ACCOUNT}:region=eu-west-1`]: ['eu-west-1b', 'eu-west-1c'],
      },
    });
    const stack = new Stack(app, 'app', { env: { account: ACCOUNT, region: 'eu-west-1' } });
    new Headrace(stack, 'Headrace', { image: IMAGE });
    expect(zonesIn(Template.fromStack(stack))).toEqual([zone(0), zone(1)]);
  });
});

describe('regions without tenant isolation of Lambda', () => {
  const without = [
    'ap-southeast-6',
    'cn-north-1',
    'cn-northwest-1',
    'us-gov-east-1',
    'us-gov-west-1',
    'us-iso-east-1',
    'eu-isoe-west-1',
    'eusc-de-east-1',
  ];

  it.each(without)('%s is refused at synthesis, with the remedy', (region) => {
    const deploy = () => stackIn({ account: ACCOUNT, region });
    expect(deploy).toThrow(ConfigError);
    expect(deploy).toThrow(
      `evaluatorIsolation: Lambda has no tenant isolation in ${region}: set evaluatorIsolation: 'function'`,
    );
  });

  it.each([...without, 'us-east-1'])(
    '%s is accepted if the configuration sets function',
    (region) => {
      const { stack } = stackIn({ account: ACCOUNT, region }, { evaluatorIsolation: 'function' });
      const template = Template.fromStack(stack);
      expect(functionIn(template, 'evaluator')).not.toHaveProperty('TenancyConfig');
      expect(template.toJSON().Rules ?? {}).not.toHaveProperty('HeadraceTenantIsolation');
    },
  );

  it.each(['us-east-1', 'eu-west-1', 'ap-southeast-2', 'ap-southeast-5', 'il-central-1'])(
    '%s is accepted with tenant isolation',
    (region) => {
      const { stack } = stackIn({ account: ACCOUNT, region });
      expect(functionIn(Template.fromStack(stack), 'evaluator')).toHaveProperty('TenancyConfig');
    },
  );

  it('CloudFormation refuses a stack for any region there, before it creates a resource', () => {
    const { Rules } = Template.fromStack(stackIn({}).stack).toJSON();
    const rules = Object.entries(Rules ?? {}).filter(([id]) => id.includes('TenantIsolation'));
    expect(rules.map(([, rule]) => rule)).toEqual([
      {
        Assertions: [
          {
            Assert: { 'Fn::Equals': [{ Ref: 'AWS::Partition' }, 'aws'] },
            AssertDescription: expect.stringContaining("set evaluatorIsolation: 'function'"),
          },
          {
            Assert: {
              'Fn::Not': [{ 'Fn::Contains': [['ap-southeast-6'], { Ref: 'AWS::Region' }] }],
            },
            AssertDescription: expect.stringContaining("set evaluatorIsolation: 'function'"),
          },
        ],
      },
    ]);
    const function_ = Template.fromStack(stackIn({}, { evaluatorIsolation: 'function' }).stack);
    expect(Object.keys(function_.toJSON().Rules ?? {}).join()).not.toContain('TenantIsolation');
  });
});

describe('two deployments of one configuration in two regions', () => {
  it('names that AWS knows in all regions of an account contain the region', () => {
    const { stack } = stackIn(
      {},
      {
        console: true,
        api: {
          auth: {
            type: 'oidc',
            issuer: 'https://issuer.example',
            audience: ['headrace'],
            client: { id: 'console' },
          },
        },
        projects: { forecasts: {} },
        queues: { default: { type: 'fargate' }, quick: { type: 'lambda' } },
      },
    );
    const resourceSchema = z.looseObject({ Type: z.string(), Properties: z.unknown() });
    const names = Object.values(Template.fromStack(stack).toJSON().Resources)
      .map((resource) => resourceSchema.parse(resource))
      .filter(({ Type }) => /^AWS::IAM::|::Dashboard$/.test(Type))
      // The name of an inline policy belongs to its role.
      .filter(({ Type }) => Type !== 'AWS::IAM::Policy')
      .flatMap(({ Type, Properties }) => namesIn(Properties).map((name) => `${Type} ${name}`));
    expect(names).toHaveLength(4);
    for (const name of names) expect(name).toMatch(/"Ref":"AWS::Region"/);
  });
});

/** The names that a resource gives to itself. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    /^(?:Role|Dashboard|Policy|InstanceProfile|ManagedPolicy)?Name$/.test(key)
      ? [JSON.stringify(child)]
      : key.endsWith('Config')
        ? namesIn(child)
        : [],
  );
}
