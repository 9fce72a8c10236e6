/**
 * Reads functions, queues, tables and their triggers from the synthesized template, so that the
 * host runs what would be deployed.
 *
 * The id of a resource in the template replaces a name that CloudFormation would generate.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { FunctionSpec } from '../../../testing/lambda/invocation.ts';
import type { Template } from '../deployed/template.ts';

export interface DeploymentTarget {
  readonly account: string;
  readonly region: string;
  readonly queueUrl: (queueName: string) => string;
}

export interface DeployedQueue {
  readonly name: string;
  /** In the form of `CreateQueue`. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface DeployedSource {
  readonly functionName: string;
  readonly queue: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly reportBatchItemFailures: boolean;
  readonly maximumConcurrency: number | undefined;
}

export interface DeployedFunction extends FunctionSpec {
  readonly runtime: string;
  /** ARN of the queue for events that the function did not handle. */
  readonly undelivered: string | undefined;
}

export interface Deployment {
  readonly functions: readonly DeployedFunction[];
  readonly queues: readonly DeployedQueue[];
  readonly sources: readonly DeployedSource[];
  /** Definitions in the form of `CreateTable`. */
  readonly tables: readonly {
    readonly name: string;
    readonly definition: Readonly<Record<string, unknown>>;
  }[];
  readonly buckets: readonly string[];
  readonly secrets: readonly string[];
  readonly buses: readonly string[];
  /** Functions that a schedule invokes, with its interval. */
  readonly schedules: readonly { readonly functionName: string; readonly minutes: number }[];
}

const functionSchema = z.looseObject({
  FunctionName: z.string().optional(),
  Handler: z.string(),
  Runtime: z.string(),
  MemorySize: z.number(),
  Timeout: z.number(),
  Code: z.looseObject({ S3Key: z.string() }),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.string()) }).optional(),
  ReservedConcurrentExecutions: z.number().optional(),
  RecursiveLoop: z.enum(['Allow', 'Terminate']).optional(),
  TenancyConfig: z.looseObject({ TenantIsolationMode: z.literal('PER_TENANT') }).optional(),
  DeadLetterConfig: z.looseObject({ TargetArn: z.string() }).optional(),
});
const sourceSchema = z.looseObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.number().default(10),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.looseObject({ MaximumConcurrency: z.number() }).optional(),
});
const queueSchema = z.looseObject({
  QueueName: z.string().optional(),
  FifoQueue: z.boolean().default(false),
  RedrivePolicy: z.looseObject({}).optional(),
});
const scheduleSchema = z.looseObject({
  ScheduleExpression: z.string().regex(/^rate\(\d+ minutes?\)$/u),
  Targets: z.array(z.looseObject({ Arn: z.string() })),
});
const named = z.looseObject({ Name: z.string() });
const assetsSchema = z.looseObject({
  files: z.record(
    z.string(),
    z.looseObject({
      source: z.looseObject({ path: z.string() }),
      destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
    }),
  ),
});

/** Queue attributes that a template may set and that change the behaviour of a queue. */
const ATTRIBUTES = [
  'FifoQueue',
  'DeduplicationScope',
  'FifoThroughputLimit',
  'ContentBasedDeduplication',
  'VisibilityTimeout',
  'DelaySeconds',
  'MessageRetentionPeriod',
];

/**
 * @param assembly the folder of the synthesized assembly
 * @param template without the resources for which the host has no service (`withoutBatch`)
 */
export function readDeployment(
  assembly: string,
  stack: string,
  template: Template,
  target: DeploymentTarget,
): Deployment {
  const resolve = resolver(template, target);
  const of = (type: string): readonly (readonly [id: string, properties: unknown])[] =>
    Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) =>
      Type === type ? [[id, resolve(Properties)] as const] : [],
    );
  const bundleOf = bundles(assembly, stack);
  return {
    functions: of('AWS::Lambda::Function').map(([id, properties]) => {
      const read = functionSchema.parse(properties);
      return {
        name: read.FunctionName ?? id,
        bundle: bundleOf(read.Code.S3Key),
        handler: read.Handler,
        runtime: read.Runtime,
        timeoutMs: read.Timeout * 1000,
        memoryMiB: read.MemorySize,
        environment: read.Environment?.Variables ?? {},
        tenantIsolation: read.TenancyConfig !== undefined,
        recursiveLoop: read.RecursiveLoop ?? 'Terminate',
        undelivered: read.DeadLetterConfig?.TargetArn,
        ...(read.ReservedConcurrentExecutions !== undefined && {
          reservedConcurrency: read.ReservedConcurrentExecutions,
        }),
      };
    }),
    queues: inOrder(
      of('AWS::SQS::Queue').map(([id, properties]) => {
        const read = queueSchema.parse(properties);
        const plain = ATTRIBUTES.flatMap((name) =>
          read[name] === undefined ? [] : [[name, String(read[name])]],
        );
        const redrive =
          read.RedrivePolicy === undefined
            ? {}
            : { RedrivePolicy: JSON.stringify(read.RedrivePolicy) };
        return {
          name: queueName(id, read),
          attributes: {
            ...Object.fromEntries(plain),
            FifoQueue: String(read.FifoQueue),
            ...redrive,
          },
        };
      }),
    ),
    sources: of('AWS::Lambda::EventSourceMapping').map(([, properties]) => {
      const read = sourceSchema.parse(properties);
      return {
        functionName: read.FunctionName,
        queue: read.EventSourceArn.split(':').at(-1) ?? '',
        batchSize: read.BatchSize,
        windowMs: read.MaximumBatchingWindowInSeconds * 1000,
        reportBatchItemFailures: read.FunctionResponseTypes.includes('ReportBatchItemFailures'),
        maximumConcurrency: read.ScalingConfig?.MaximumConcurrency,
      };
    }),
    tables: of('AWS::DynamoDB::Table').map(([id, properties]) => {
      const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = z
        .looseObject({})
        .parse(properties);
      return {
        name: id,
        definition: { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode },
      };
    }),
    buckets: of('AWS::S3::Bucket').map(([id]) => bucketName(id)),
    secrets: of('AWS::SecretsManager::Secret').map(([id]) => id),
    buses: of('AWS::Events::EventBus').map(([, properties]) => named.parse(properties).Name),
    schedules: of('AWS::Events::Rule').flatMap(([, properties]) => {
      const read = scheduleSchema.safeParse(properties);
      if (!read.success) return [];
      const minutes = Number(/\d+/u.exec(read.data.ScheduleExpression)?.[0]);
      return read.data.Targets.map(({ Arn }) => ({
        functionName: Arn.split(':').at(-1) ?? '',
        minutes,
      }));
    }),
  };
}

/** CloudFormation names the evaluator's function: its name is its id. */
export const isEvaluator = (functionName: string): boolean =>
  functionName.startsWith('HeadraceEvaluator');

const queueName = (id: string, { QueueName, FifoQueue }: z.infer<typeof queueSchema>): string =>
  QueueName ?? `${id}${FifoQueue ? '.fifo' : ''}`;
const bucketName = (id: string): string => id.toLowerCase();

/** Dead-letter queues come before the queues that refer to them. */
const inOrder = (queues: readonly DeployedQueue[]): readonly DeployedQueue[] =>
  [...queues].sort(
    (a, b) => Number('RedrivePolicy' in a.attributes) - Number('RedrivePolicy' in b.attributes),
  );

/** Returns the folder of an asset, by its key. */
export function bundles(assembly: string, stack: string): (key: string) => string {
  const { files } = assetsSchema.parse(
    JSON.parse(readFileSync(join(assembly, `${stack}.assets.json`), 'utf8')),
  );
  const paths = new Map(
    Object.values(files).flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ objectKey }) => [objectKey, source.path] as const),
    ),
  );
  return (key) => {
    const path = paths.get(key);
    if (path === undefined) throw new Error(`no asset of the assembly has the key ${key}`);
    return join(assembly, path);
  };
}

/**
 * Resolves the intrinsic functions that the parts read here use. An unknown reference becomes a
 * text with its name.
 */
function resolver(
  { Resources }: Template,
  { account, region, queueUrl }: DeploymentTarget,
): (value: unknown) => unknown {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': 'host',
  };

  function nameOf(id: string): string {
    const { Type = '', Properties = {} } = Resources[id] ?? {};
    if (Type === 'AWS::SQS::Queue') return queueName(id, queueSchema.parse(Properties));
    if (Type === 'AWS::S3::Bucket') return bucketName(id);
    const given = ['FunctionName', 'Name', 'RoleName', 'TopicName']
      .map((key) => Properties[key])
      .find((each) => typeof each === 'string');
    return typeof given === 'string' ? given : id;
  }

  const ref = (id: string): string =>
    pseudo[id] ?? (Resources[id]?.Type === 'AWS::SQS::Queue' ? queueUrl(nameOf(id)) : nameOf(id));

  function arnOf(id: string): string {
    const services: Readonly<Record<string, string>> = {
      'AWS::SQS::Queue': `arn:aws:sqs:${region}:${account}:`,
      'AWS::Lambda::Function': `arn:aws:lambda:${region}:${account}:function:`,
      'AWS::IAM::Role': `arn:aws:iam::${account}:role/`,
    };
    return `${services[Resources[id]?.Type ?? ''] ?? `arn:aws:unknown:${region}:${account}:`}${nameOf(id)}`;
  }

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    if ('Ref' in value) return ref(String(value.Ref));
    if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) {
      const [id, attribute] = value['Fn::GetAtt'].map(String);
      return attribute === 'Arn' ? arnOf(id ?? '') : `${id}.${attribute}`;
    }
    if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
      const [separator, parts] = value['Fn::Join'];
      return Array.isArray(parts) ? parts.map(resolve).join(String(separator)) : '';
    }
    if ('Fn::Sub' in value && typeof value['Fn::Sub'] === 'string')
      return value['Fn::Sub'].replaceAll(/\$\{([^}]+)\}/gu, (_, id: string) => ref(id));
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
  }

  return resolve;
}
