/**
 * The parts of one deployment that its constructs share.
 *
 * @module
 */
import type { Stack } from 'aws-cdk-lib';
import {
  type DeployedSettings,
  SETTINGS_VARIABLE,
  type SynthesizedSettings,
} from '../src/aws/deployment/settings.ts';
import type { Configuration } from './config.ts';
import type { FunctionSettings, HeadraceFunction } from './functions.ts';
import { READ_OBJECTS, READ_TABLE, WRITE_TABLE } from './grant.ts';
import type { LambdaQueues } from './lambda-queues.ts';
import type { Network } from './network.ts';
import type { Projects } from './projects.ts';
import type { Queues } from './queues.ts';
import type { ScheduleTimers } from './schedule-timers.ts';
import { retentionOf, type Storage } from './storage.ts';
import type { TransitionQueues } from './transitions.ts';

export interface DeploymentParts {
  readonly storage: Storage;
  readonly transitions: TransitionQueues;
  readonly network: Network;
  readonly queues: Queues;
  readonly scheduleTimers: ScheduleTimers;
  readonly projects: Projects;
  readonly lambdaQueues: LambdaQueues;
  readonly evaluator: HeadraceFunction;
  /** The settings of the functions that handle runs. */
  readonly settings: FunctionSettings;
}

/**
 * The settings of the deployment for its functions. The resources of steps need not fit a platform:
 * the jobs adapter rounds them up and reports it.
 */
export function settingsOf(
  stack: Stack,
  config: Configuration,
  image: string,
  parts: Omit<DeploymentParts, 'settings'>,
): FunctionSettings {
  const { storage, transitions, scheduleTimers, network, queues, projects, evaluator } = parts;
  const architecture = config.architecture === 'arm64' ? 'ARM64' : 'X86_64';
  const deployed: DeployedSettings = {
    partition: stack.partition,
    region: stack.region,
    account: stack.account,
    ...storage.settings,
    ...transitions.settings,
    ...scheduleTimers.settings,
    stepLogGroup: projects.logGroup.logGroupName,
    evaluatorFunctionName: evaluator.lambda.functionName,
    image,
    runnerImage: image,
  };
  const file: SynthesizedSettings = {
    prefix: config.prefix,
    stepEvents: config.stepEvents,
    ...(config.api.externalEvaluation ? { externalEvaluation: true } : {}),
    evaluatorIsolation: config.evaluatorIsolation,
    controllerConcurrency: config.controllerConcurrency,
    queues: queues.settings,
    assignPublicIp: network.assignPublicIp,
    projects: Object.keys(config.projects),
    architecture,
    ...('build' in config.image ? { imageArchitecture: architecture } : {}),
    ...(config.containers.hostAccess === 'allow' ? { allowHostAccess: true } : {}),
    resources: config.resources,
    ...(config.prices === undefined ? {} : { prices: config.prices }),
    ...(config.schedules.buckets.length > 0 ? { objectBuckets: config.schedules.buckets } : {}),
    queueTimeoutSeconds: config.queueTimeoutSeconds,
    retention: retentionOf(config),
  };
  return { file, environment: { [SETTINGS_VARIABLE]: stack.toJsonString(deployed) } };
}

/**
 * Permissions on tables, objects and the secret for functions that change runs. Indexes, which
 * lists need, and the removal of objects are permissions of the API only.
 */
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
    reason: 'All objects of the bucket of this deployment.',
  });
  // Without this permission S3 responds with 403 instead of 404 if an object is missing.
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
