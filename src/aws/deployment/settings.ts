/**
 * The settings that the stack passes to its functions, without secrets.
 *
 * 1. What is known when the stack is synthesized is in the file `settings.json` beside the bundle.
 *    It is deployed with the code, so that both change at the same time, and has no limit of size.
 * 2. What only CloudFormation knows (generated names, account, region) is in the environment
 *    variable `HEADRACE_SETTINGS`. The environment of a function holds 4 KB at most, so that nothing
 *    here may depend on the number of queues or projects.
 * 3. Names that follow from the prefix are not settings (see `resource-names.ts`).
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { queueSettings } from './message-queues.ts';
import { tableSettings } from './table-schemas.ts';

export const SETTINGS_VARIABLE = 'HEADRACE_SETTINGS';
/** The authorizer has a file of its own: the issuer whose tokens it accepts. */
export const SETTINGS_FILE = 'settings.json';
/** The folder beside the bundle that has the files of the web console. */
export const CONSOLE_FOLDER = 'console';
/**
 * The URL of the API, for jobs that evaluate logic. Only the controller has it: the API cannot
 * refer to its own URL.
 */
export const API_URL_VARIABLE = 'HEADRACE_API';

const architectureSchema = z.enum(['X86_64', 'ARM64']);

const batchQueueSchema = z.strictObject({
  platform: z.enum(['fargate', 'ec2']),
  spot: z.boolean(),
  gpu: z.boolean(),
  /** The disk of a machine on EC2. */
  diskGiB: z.int().positive().optional(),
});
/** A queue of AWS Batch. */
export type BatchQueueSettings = z.infer<typeof batchQueueSchema>;

const lambdaQueueSchema = z.strictObject({
  platform: z.literal('lambda'),
  /** The limit of a step, in seconds. */
  timeoutSeconds: z.int().positive(),
  /** The number of steps that run at the same time. */
  maxConcurrency: z.int().positive(),
  /** The memory of its functions, for estimates of costs. */
  memoryMiB: z.int().positive().optional(),
});
/** A queue whose steps run in functions. */
export type LambdaQueueSettings = z.infer<typeof lambdaQueueSchema>;

export const queueSettingsSchema = z.union([batchQueueSchema, lambdaQueueSchema]);
export type QueueSettings = z.infer<typeof queueSettingsSchema>;

/** Rule 1: the content of `settings.json`. */
export const synthesizedSettingsSchema = z.strictObject({
  prefix: z.string().min(1),
  /** Events of steps are published, too. */
  stepEvents: z.boolean(),
  /** The API accepts the external evaluation of runs. Default: false. */
  externalEvaluation: z.boolean().optional(),
  evaluatorIsolation: z.enum(['tenant', 'function']),
  /** The maximum number of concurrent instances of the controller. */
  controllerConcurrency: z.int().positive(),
  queues: z.record(z.string(), queueSettingsSchema),
  /**
   * Fargate tasks have a public address: true in the stack's own network without NAT, false in
   * given private subnets.
   */
  assignPublicIp: z.boolean(),
  /** Projects with a step role of their own. */
  projects: z.array(z.string()),
  /** The processor architecture on Fargate for steps that name none. Default: X86_64. */
  architecture: architectureSchema.optional(),
  /** The architecture that the images are built for. Without it, steps may request any. */
  imageArchitecture: architectureSchema.optional(),
  /** Options of `dockerArgs` that give a step access to its machine are accepted. Default: false. */
  allowHostAccess: z.boolean().optional(),
  resources: z.strictObject({ vcpus: z.number().positive(), memoryMiB: z.int().positive() }),
  /** Prices that replace list prices in estimates of costs (`model/list-prices.ts`). */
  prices: z.record(z.string(), z.number()).optional(),
  /** Buckets whose new objects schedules may be about. Default: none. */
  objectBuckets: z.array(z.string()).optional(),
  /** The longest time of a step in its queue. Default: that of the controller. */
  queueTimeoutSeconds: z.int().positive().optional(),
  /** Days for which runs and results are retained (`Retention`). */
  retention: z.strictObject({
    activeDays: z.int().positive(),
    runDays: z.int().positive(),
    reuseDays: z.int().positive(),
  }),
});
export type SynthesizedSettings = z.infer<typeof synthesizedSettingsSchema>;

/** Rule 2: the content of `HEADRACE_SETTINGS`. */
export const deployedSettingsSchema = z.strictObject({
  partition: z.string().min(1),
  region: z.string().min(1),
  account: z.string().min(1),
  ...tableSettings(() => z.string().min(1)),
  bucket: z.string().min(1),
  ...queueSettings(() => z.string().min(1)),
  /** The group of one-time schedules for longer timers, and the role under which they send. */
  scheduleGroup: z.string().min(1),
  scheduleRoleArn: z.string().min(1),
  /**
   * The queue of messages that a schedule could not deliver: `DeadLetterConfig` of every schedule.
   */
  scheduleDeadLettersArn: z.string().min(1),
  /** The group of timers of users' schedules, and the role under which they send. */
  firingGroup: z.string().min(1),
  firingRoleArn: z.string().min(1),
  /** The bus of run and step events. */
  bus: z.string().min(1),
  /** The secret from which tokens derive: functions may read it, steps may not. */
  secretArn: z.string().min(1),
  /** The log group of the containers of steps. */
  stepLogGroup: z.string().min(1),
  evaluatorFunctionName: z.string().min(1),
  /** The default image of steps, and the image that provides the runner for images of users. */
  image: z.string().min(1),
  runnerImage: z.string().min(1),
});
export type DeployedSettings = z.infer<typeof deployedSettingsSchema>;

export const settingsSchema = z.strictObject({
  ...synthesizedSettingsSchema.shape,
  ...deployedSettingsSchema.shape,
});
export type Settings = z.infer<typeof settingsSchema>;

/** A queue of the deployment; undefined for a name that it does not have. */
export const queueNamed = (
  { queues }: Pick<Settings, 'queues'>,
  name: string,
): QueueSettings | undefined => (Object.hasOwn(queues, name) ? queues[name] : undefined);

/** A queue of AWS Batch; undefined for any other name. */
export function batchQueueNamed(
  settings: Pick<Settings, 'queues'>,
  name: string,
): BatchQueueSettings | undefined {
  const queue = queueNamed(settings, name);
  return queue?.platform === 'lambda' ? undefined : queue;
}

/** The options of `dockerArgs` that a queue of the deployment accepts. */
export const dockerPlatformOf = (
  queue: BatchQueueSettings,
  { imageArchitecture, allowHostAccess }: Pick<Settings, 'imageArchitecture' | 'allowHostAccess'>,
) => ({ ...queue, imageArchitecture, allowHostAccess });

/**
 * The settings of this function. Without a file beside the bundle, the variable must hold all of
 * them: harnesses without a stack use this form.
 *
 * @param folder with the bundle
 * @throws Error if the variable or a setting is missing, or a value does not match the schema
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  folder?: string,
): Settings {
  const text = environment[SETTINGS_VARIABLE];
  if (text === undefined)
    throw new Error(
      `the environment variable ${SETTINGS_VARIABLE} is missing: this function is deployed by the Headrace stack`,
    );
  return settingsSchema.parse({ ...readSettingsFile(folder), ...JSON.parse(text) });
}

/** The content of the file beside the bundle that runs; empty if there is none. */
export function readSettingsFile(folder: string = import.meta.dirname): object {
  try {
    return JSON.parse(readFileSync(join(folder, SETTINGS_FILE), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/**
 * The URL of the API; undefined if the deployment accepts no external evaluation. The controller
 * then launches no jobs that evaluate logic.
 */
export const readApiUrl = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined => environment[API_URL_VARIABLE] || undefined;
