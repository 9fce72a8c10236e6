/**
 * The synthesized template with every reference replaced by the name, URL or ARN of the resource.
 *
 * @module
 */
import { z } from 'zod';
import type { Template } from '../aws/deployed/template.ts';
import { type Statement, statementSchema } from './policy.ts';

export interface StackLocation {
  readonly account: string;
  readonly region: string;
  /** The part of the queues' URLs before `/<account>/<name>`. */
  readonly endpoint: string;
  /** ARNs of secrets by name: Secrets Manager appends characters of its own to them. */
  readonly secrets: ReadonlyMap<string, string>;
}

export interface StackRole {
  /** The id in the template, without CDK's hash. */
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly trust: unknown;
  readonly statements: readonly Statement[];
}

export interface StackFunction {
  /** `controller`, `api`, … */
  readonly name: string;
  readonly role: string;
  /** The key of its code among the assets. */
  readonly codeKey: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface StackResource {
  readonly id: string;
  readonly type: string;
  /** The name in the account: the resource's own name, or its id. */
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface Stack {
  readonly resources: readonly StackResource[];
  readonly roles: readonly StackRole[];
  readonly functions: readonly StackFunction[];
}

const NAMES: Readonly<Record<string, string>> = {
  'AWS::SQS::Queue': 'QueueName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::Events::EventBus': 'Name',
  'AWS::Scheduler::ScheduleGroup': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::Batch::JobQueue': 'JobQueueName',
};

/**
 * Resolves the references that the code and the policies use. Any other attribute is resolved to
 * the id, on which no code may depend.
 */
export function readStack(template: Template, location: StackLocation): Stack {
  const { account, region, endpoint } = location;
  const kinds = new Map<string, { readonly type: string; readonly name: string }>();
  const arn = (service: string, resource: string) =>
    `arn:aws:${service}:${region}:${account}:${resource}`;

  const arnOf = (id: string): string => {
    const { type = '', name = id } = kinds.get(id) ?? {};
    switch (type) {
      case 'AWS::SQS::Queue':
        return arn('sqs', name);
      case 'AWS::DynamoDB::Table':
        return arn('dynamodb', `table/${name}`);
      case 'AWS::S3::Bucket':
        return `arn:aws:s3:::${name}`;
      case 'AWS::SecretsManager::Secret':
        return location.secrets.get(name) ?? arn('secretsmanager', `secret:${name}-000000`);
      case 'AWS::Events::EventBus':
        return arn('events', `event-bus/${name}`);
      case 'AWS::Scheduler::ScheduleGroup':
        return arn('scheduler', `schedule-group/${name}`);
      case 'AWS::IAM::Role':
        return `arn:aws:iam::${account}:role/${name}`;
      case 'AWS::Lambda::Function':
        return arn('lambda', `function:${name}`);
      case 'AWS::Logs::LogGroup':
        return arn('logs', `log-group:${name}:*`);
      case 'AWS::Batch::JobQueue':
        return arn('batch', `job-queue/${name}`);
      default:
        return id;
    }
  };

  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const referred = (id: string): string => {
    const { type, name = id } = kinds.get(id) ?? {};
    if (type === 'AWS::SQS::Queue') return `${endpoint}/${account}/${name}`;
    if (type === 'AWS::SecretsManager::Secret') return arnOf(id);
    return pseudo[id] ?? name;
  };

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    if ('Ref' in value) return referred(String(value.Ref));
    if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt']))
      return arnOf(String(value['Fn::GetAtt'][0]));
    if ('Fn::Sub' in value && typeof value['Fn::Sub'] === 'string')
      return value['Fn::Sub'].replaceAll(/\$\{([^}]+)\}/g, (_, id: string) => referred(id));
    if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
      const [separator, parts]: readonly unknown[] = value['Fn::Join'];
      if (Array.isArray(parts)) return parts.map(resolve).join(String(separator));
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
  };

  // The name of a role contains the region.
  for (const [id, { Type: type, Properties }] of Object.entries(template.Resources)) {
    const given = resolve(Properties[NAMES[type] ?? '']);
    kinds.set(id, {
      type,
      name: typeof given === 'string' ? given : generatedName(id, type, Properties),
    });
  }
  const resources = Object.entries(template.Resources).map(
    ([id, { Type: type, Properties }]): StackResource => {
      const properties = z.record(z.string(), z.unknown()).parse(resolve(Properties));
      return { id, type, name: kinds.get(id)?.name ?? id, properties };
    },
  );
  return { resources, roles: rolesOf(resources, arnOf), functions: functionsOf(resources) };
}

/** The name that CloudFormation generates in this account. */
function generatedName(
  id: string,
  type: string,
  properties: Readonly<Record<string, unknown>>,
): string {
  if (type === 'AWS::SQS::Queue' && properties.FifoQueue === true) return `${id}.fifo`;
  return type === 'AWS::S3::Bucket' ? id.toLowerCase() : id;
}

/** The names of the secrets that the stack creates. */
export const secretsOf = ({ Resources }: Template): readonly string[] =>
  Object.entries(Resources).flatMap(([id, { Type, Properties }]) =>
    Type === 'AWS::SecretsManager::Secret' ? [generatedName(id, Type, Properties)] : [],
  );

export const plainId = (id: string): string =>
  id.replace(/^Headrace/, '').replace(/[0-9A-F]{8}$/, '');

const roleSchema = z.looseObject({ AssumeRolePolicyDocument: z.unknown() });
const policySchema = z.looseObject({
  Roles: z.array(z.string()),
  PolicyDocument: z.looseObject({ Statement: z.array(statementSchema) }),
});

function rolesOf(
  resources: readonly StackResource[],
  arnOf: (id: string) => string,
): readonly StackRole[] {
  const policies = resources
    .filter(({ type }) => type === 'AWS::IAM::Policy')
    .map(({ properties }) => policySchema.parse(properties));
  return resources.flatMap(({ id, type, name, properties }) => {
    if (type !== 'AWS::IAM::Role') return [];
    const statements = policies
      .filter(({ Roles }) => Roles.includes(name))
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    return [
      {
        id: plainId(id),
        name,
        arn: arnOf(id),
        trust: roleSchema.parse(properties).AssumeRolePolicyDocument,
        statements,
      },
    ];
  });
}

const functionSchema = z.looseObject({
  Role: z.string(),
  Code: z.looseObject({ S3Key: z.string() }),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.string()) }).optional(),
});

function functionsOf(resources: readonly StackResource[]): readonly StackFunction[] {
  return resources.flatMap(({ id, type, properties }) => {
    if (type !== 'AWS::Lambda::Function') return [];
    const { Role, Code, Environment } = functionSchema.parse(properties);
    return [
      {
        name: plainId(id)
          .replace(/Function$/, '')
          .toLowerCase(),
        role: Role,
        codeKey: Code.S3Key,
        environment: Environment?.Variables ?? {},
      },
    ];
  });
}
