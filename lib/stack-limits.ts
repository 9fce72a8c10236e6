/**
 * The limits of CloudFormation and IAM that a configuration can exceed. AWS enforces them when the
 * stack is deployed, some of them after minutes; this check refuses such a configuration at
 * synthesis, and names what to change.
 *
 * It measures the template with all tags and the policies that the CDK splits off, of the whole
 * stack: other resources of the app count, too. Names that only CloudFormation knows are measured
 * with the longest that they can be. Decision record 32.
 *
 * @module
 */
import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnManagedPolicy, CfnPolicy } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { z } from 'zod';
import { ConfigError } from './config.ts';

/** CloudFormation: resources in a template. */
export const MAX_RESOURCES = 500;
/** CloudFormation: "Template may not exceed 1000000 bytes in size." */
export const MAX_TEMPLATE_BYTES = 1_000_000;
/** IAM: characters of all inline policies of a role together, white space not counted. */
export const MAX_INLINE_POLICY = 10_240;
/** IAM: characters of a managed policy. */
export const MAX_MANAGED_POLICY = 6144;
/** IAM: managed policies of a role, before an increase of the quota. */
export const MAX_MANAGED_POLICIES = 10;

/** Checks the stack when it is synthesized, once its content is complete. */
export function checkLimits(scope: Construct): void {
  scope.node.addValidation({
    validate: () => {
      const issues = exceededLimits(Stack.of(scope));
      if (issues.length > 0) throw new ConfigError(issues);
      return [];
    },
  });
}

function exceededLimits(stack: Stack): readonly string[] {
  const resources = stack.node
    .findAll()
    .filter((child) => CfnResource.isCfnResource(child) && child.stack === stack);
  // The CDK refuses to make a larger template.
  if (resources.length > MAX_RESOURCES)
    return [
      `the stack has ${resources.length} resources, and CloudFormation allows ${MAX_RESOURCES}: a queue on Fargate has 2, one on EC2 3, a project 2, and each queue on Lambda 5 for each project and 5 for all others. Declare fewer, or make two deployments`,
    ];
  const bytes = templateBytes(stack);
  return [
    ...(bytes > MAX_TEMPLATE_BYTES
      ? [
          `the template has ${bytes} bytes, and CloudFormation allows ${MAX_TEMPLATE_BYTES}: tags are repeated on each resource, and names of projects in policies. Shorten them, or make two deployments`,
        ]
      : []),
    ...exceededPolicies(stack),
  ];
}

/** The size of the template as the CDK writes it. */
function templateBytes(stack: Stack): number {
  // Each stack has this method, but the CDK does not declare it. Without it, CloudFormation is the
  // first to measure the template.
  const toCloudFormation: unknown = Reflect.get(stack, '_toCloudFormation');
  if (typeof toCloudFormation !== 'function') return 0;
  const template: unknown = stack.resolve(Reflect.apply(toCloudFormation, stack, []));
  return Buffer.byteLength(JSON.stringify(template, undefined, 1));
}

interface RolePolicies {
  inline: number;
  readonly managed: number[];
}

function exceededPolicies(stack: Stack): readonly string[] {
  const roles = new Map<string, RolePolicies>();
  for (const policy of stack.node.findAll()) {
    if (!(policy instanceof CfnPolicy || policy instanceof CfnManagedPolicy)) continue;
    const size = policySize(stack, policy.policyDocument);
    for (const role of z.array(z.unknown()).parse(stack.resolve(policy.roles) ?? [])) {
      const id = JSON.stringify(role);
      const policies = roles.get(id) ?? { inline: 0, managed: [] };
      if (policy instanceof CfnPolicy) policies.inline += size;
      else policies.managed.push(size);
      roles.set(id, policies);
    }
  }
  return [...roles].flatMap(([id, { inline, managed }]) => {
    const problems = [
      ...(inline > MAX_INLINE_POLICY
        ? [`its inline policies have ${inline} characters of ${MAX_INLINE_POLICY}`]
        : []),
      ...managed
        .filter((size) => size > MAX_MANAGED_POLICY)
        .map((size) => `a managed policy has ${size} characters of ${MAX_MANAGED_POLICY}`),
      ...(managed.length > MAX_MANAGED_POLICIES
        ? [`it has ${managed.length} managed policies of ${MAX_MANAGED_POLICIES}`]
        : []),
    ];
    return problems.length === 0
      ? []
      : [
          `IAM refuses the permissions of the role ${id}: ${problems.join('; ')}. Shorten or remove names of projects, secrets and policies`,
        ];
  });
}

const policySize = (stack: Stack, document: unknown): number =>
  withLongestNames(stack.resolve(document)).length;

/** The longest values: `ap-southeast-2`, `aws-us-gov`, and names of generated resources. */
const LONGEST_REGION = 14;
const LONGEST: Readonly<Record<string, number>> = {
  'AWS::AccountId': 12,
  'AWS::Partition': 10,
  'AWS::Region': LONGEST_REGION,
  'AWS::URLSuffix': 20,
};
/** CloudFormation generates names of up to 64 characters, also for a bucket. */
const LONGEST_NAME = 64;
/** `arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:` */
const LONGEST_ARN = LONGEST_NAME + 65;

/** A document as JSON, with references as long as they can be. */
export function withLongestNames(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(withLongestNames).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if ('Ref' in value) return JSON.stringify('x'.repeat(LONGEST[String(value.Ref)] ?? LONGEST_NAME));
  if ('Fn::GetAtt' in value) return JSON.stringify('x'.repeat(LONGEST_ARN));
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts]: readonly unknown[] = value['Fn::Join'];
    if (Array.isArray(parts)) {
      const texts = parts.map((part) => withLongestNames(part).slice(1, -1));
      return `"${texts.join(String(separator))}"`;
    }
  }
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${withLongestNames(item)}`)
    .join(',')}}`;
}
