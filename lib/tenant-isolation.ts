/**
 * Regions without Lambda's tenant isolation, on which the evaluator relies by default. Lambda
 * refuses to create the function there: the deployment would fail after minutes.
 *
 * 1. A stack whose region is known at synthesis is refused at synthesis.
 * 2. A stack for any region has a rule in its template: CloudFormation then refuses the deployment
 *    before it creates a resource.
 * 3. The isolation is never lowered without the configuration: with `function`, one process
 *    evaluates the logic of all projects (docs/deploying.md).
 *
 * Source: the announcement of tenant isolation (November 2025): all commercial regions but Asia
 * Pacific (New Zealand); neither GovCloud nor China.
 *
 * @module
 */
import { Aws, CfnRule, Fn, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConfigError, type Configuration } from './config.ts';

/** Commercial regions without it. */
const COMMERCIAL_REGIONS_WITHOUT = ['ap-southeast-6'];
/** Regions of all other partitions: China, GovCloud, the sovereign and the isolated clouds. */
const OTHER_PARTITION = /^(?:cn|us-gov|eusc|[a-z]+-iso[a-z]*)-/;

const REMEDY =
  "set evaluatorIsolation: 'function', and give projects that must not trust each other deployments of their own";

/** @throws ConfigError in a region without tenant isolation, if the configuration needs it */
export function requireTenantIsolation(
  scope: Construct,
  { evaluatorIsolation }: Configuration,
): void {
  if (evaluatorIsolation !== 'tenant') return;
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region)) {
    if (COMMERCIAL_REGIONS_WITHOUT.includes(region) || OTHER_PARTITION.test(region))
      throw new ConfigError([
        `evaluatorIsolation: Lambda has no tenant isolation in ${region}: ${REMEDY}`,
      ]);
    return;
  }
  new CfnRule(scope, 'TenantIsolation', {
    assertions: [
      {
        assert: Fn.conditionEquals(Aws.PARTITION, 'aws'),
        assertDescription: `Lambda has no tenant isolation in this partition of AWS: ${REMEDY}`,
      },
      {
        assert: Fn.conditionNot(Fn.conditionContains(COMMERCIAL_REGIONS_WITHOUT, region)),
        assertDescription: `Lambda has no tenant isolation in this region: ${REMEDY}`,
      },
    ],
  });
}
