/**
 * What the constructs of one deployment know of each other.
 *
 * @module
 */
import type { Stack } from 'aws-cdk-lib';
import { SETTINGS_VARIABLE, type Settings } from '../src/aws/deployment/settings.ts';
import type { Configuration } from './config.ts';
import type { HeadraceFunction } from './functions.ts';
import { READ_OBJECTS, READ_TABLE, WRITE_TABLE } from './grant.ts';
import type { Network } from './network.ts';
import type { Projects } from './projects.ts';
import type { Queues } from './queues.ts';
import type { Storage } from './storage.ts';
import type { Transitions } from './transitions.ts';

export interface DeploymentParts {
  readonly storage: Storage;
  readonly transitions: Transitions;
  readonly network: Network;
  readonly queues: Queues;
  readonly projects: Projects;
  readonly evaluator: HeadraceFunction;
  /** The environment variable that tells a function of all this. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Batch takes whole vCPUs or those that Fargate has; checked by the adapter, which rounds up and says so. */
export function settingsOf(
  stack: Stack,
  config: Configuration,
  image: string,
  parts: Omit<DeploymentParts, 'settings'>,
): DeploymentParts['settings'] {
  const { storage, transitions, network, queues, evaluator } = parts;
  const architecture = config.architecture === 'arm64' ? 'ARM64' : 'X86_64';
  const settings: Settings = {
    prefix: config.prefix,
    partition: stack.partition,
    region: stack.region,
    account: stack.account,
    ...storage.settings,
    ...transitions.settings,
    stepEvents: config.stepEvents,
    evaluatorFunctionName: evaluator.lambda.functionName,
    evaluatorIsolation: config.evaluatorIsolation,
    queues: queues.settings,
    assignPublicIp: network.assignPublicIp,
    projects: Object.keys(config.projects),
    image,
    runnerImage: image,
    architecture,
    ...('build' in config.image ? { imageArchitecture: architecture } : {}),
    resources: config.resources,
    retentionDays: config.retention.runDays,
  };
  return { [SETTINGS_VARIABLE]: stack.toJsonString(settings) };
}

/** Tables, objects and the secret: what moves runs reads and writes. Lists of runs and entries are the API's alone, and so are indexes and removal. */
export function allowRunRecords(
  grantee: HeadraceFunction,
  { bucket, tables, secret }: Storage,
): void {
  grantee.allow({
    sid: 'Records',
    actions: [...READ_TABLE, ...WRITE_TABLE],
    resources: [tables.tasks.tableArn, tables.cache.tableArn],
  });
  const objects = [bucket.arnForObjects('*')];
  grantee.allow({
    sid: 'Objects',
    actions: [...READ_OBJECTS, 's3:PutObject'],
    resources: objects,
    reason: 'All objects of the one bucket.',
  });
  // Without it S3 answers 403 where an object is missing.
  grantee.allow({
    sid: 'MissingObjects',
    actions: ['s3:ListBucket'],
    resources: [bucket.bucketArn],
  });
  grantee.allow({
    sid: 'Tokens',
    actions: ['secretsmanager:GetSecretValue'],
    resources: [secret.secretArn],
  });
}
