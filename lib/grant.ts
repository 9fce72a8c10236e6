/**
 * Adds permissions to a role, one statement at a time.
 *
 * 1. Every action is named: a wildcard among the actions is rejected.
 * 2. A resource with a wildcard needs a reason, which acknowledges the finding of cdk-nag.
 * 3. A permission on encrypted data includes the use of its key that the permission needs.
 *
 * @module
 */
import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { acknowledge } from './acknowledge.ts';
import { keyGrants } from './encryption.ts';

export interface Grant {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Why the resources cannot be more specific. Required if a resource holds a wildcard. */
  readonly reason?: string;
  /** The customer-managed key of the resources, if they have one. */
  readonly key?: IKey | undefined;
}

export const READ_TABLE = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'] as const;
export const WRITE_TABLE = [
  'dynamodb:DeleteItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
] as const;
/** The actions of Lambda for a function whose event source is a queue. */
export const CONSUME_QUEUE = [
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
] as const;
export const READ_OBJECTS = ['s3:GetObject'] as const;
export const WRITE_OBJECTS = ['s3:PutObject', 's3:AbortMultipartUpload'] as const;

/**
 * Resources in one statement. IAM limits a policy to 6,144 characters, and the CDK moves statements
 * to policies of their own if a role has too many, but splits none.
 */
const RESOURCES_PER_STATEMENT = 25;

export function grant(
  role: Role,
  { sid, actions, resources, conditions = {}, reason, key }: Grant,
): void {
  const wildcard = actions.find((action) => action.includes('*'));
  if (wildcard !== undefined)
    throw new Error(`${role.node.path} ${sid}: ${wildcard} is more than one action`);
  for (let first = 0; first < resources.length; first += RESOURCES_PER_STATEMENT)
    role.addToPolicy(
      new PolicyStatement({
        sid: first === 0 ? sid : `${sid}${first / RESOURCES_PER_STATEMENT + 1}`,
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: resources.slice(first, first + RESOURCES_PER_STATEMENT),
        conditions: { ...conditions },
      }),
    );
  if (key !== undefined)
    for (const { service, ...use } of keyGrants(role, actions))
      grant(role, { sid: `${sid}Key${service}`, ...use, resources: [key.keyArn] });
  for (const resource of resources) {
    const text = findingText(Stack.of(role).resolve(resource));
    if (!text.includes('*')) continue;
    if (reason === undefined)
      throw new Error(`${role.node.path} ${sid}: a wildcard in ${text} needs a reason`);
    acknowledge(role, { [`AwsSolutions-IAM5[Resource::${text}]`]: reason });
  }
}

/** A resolved resource in the form in which cdk-nag names a finding. */
export function findingText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  if ('Ref' in value) return `<${String(value.Ref)}>`;
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt']))
    return `<${value['Fn::GetAtt'].join('.')}>`;
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts]: readonly unknown[] = value['Fn::Join'];
    return Array.isArray(parts) ? parts.map(findingText).join(String(separator)) : '';
  }
  throw new Error(`the resource of a policy has an unknown form: ${JSON.stringify(value)}`);
}
