/**
 * The settings that the stack passes to its functions: one JSON text in the environment variable
 * `HEADRACE_SETTINGS`, without secrets.
 *
 * The environment of a function holds 4 KB at most. Names that follow from the prefix are therefore
 * not settings (see `resource-names.ts`).
 *
 * @module
 */
import { z } from 'zod';
import { queueSettings } from './message-queues.ts';
import { tableSettings } from './table-schemas.ts';

export const SETTINGS_VARIABLE = 'HEADRACE_SETTINGS';
/**
 * The URL of the API, for jobs that evaluate logic. Only the controller has it: the API cannot
 * refer to its own URL.
 */
export const API_URL_VARIABLE = 'HEADRACE_API';
/** The issuer and audience whose tokens the authorizer accepts, as JSON. */
export const OIDC_VARIABLE = 'HEADRACE_OIDC';

const architectureSchema = z.enum(['X86_64', 'ARM64']);

export const queueSettingsSchema = z.strictObject({
  platform: z.enum(['fargate', 'ec2']),
  spot: z.boolean(),
  gpu: z.boolean(),
});
export type QueueSettings = z.infer<typeof queueSettingsSchema>;

export const settingsSchema = z.strictObject({
  prefix: z.string().min(1),
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
  /** The bus of run and step events. */
  bus: z.string().min(1),
  /** Events of steps are published, too. */
  stepEvents: z.boolean(),
  /** The evaluator's function name. */
  evaluatorFunctionName: z.string().min(1),
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
  /** The default image of steps, and the image that provides the runner for images of users. */
  image: z.string().min(1),
  runnerImage: z.string().min(1),
  /** The processor architecture on Fargate for steps that name none. Default: X86_64. */
  architecture: architectureSchema.optional(),
  /** The architecture that the images are built for. Without it, steps may request any. */
  imageArchitecture: architectureSchema.optional(),
  /** Options of `dockerArgs` that give a step access to its machine are accepted. Default: false. */
  allowHostAccess: z.boolean().optional(),
  resources: z.strictObject({ vcpus: z.number().positive(), memoryMiB: z.int().positive() }),
  /** Days after which a run and its objects expire. */
  retentionDays: z.int().positive(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** A queue of the deployment; undefined for a name that it does not have. */
export const queueNamed = (
  { queues }: Pick<Settings, 'queues'>,
  name: string,
): QueueSettings | undefined => (Object.hasOwn(queues, name) ? queues[name] : undefined);

/** The options of `dockerArgs` that a queue of the deployment accepts. */
export const dockerPlatformOf = (
  queue: QueueSettings,
  { imageArchitecture, allowHostAccess }: Pick<Settings, 'imageArchitecture' | 'allowHostAccess'>,
) => ({ ...queue, imageArchitecture, allowHostAccess });

/** @throws Error if the variable is missing, or its content does not match the schema */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  const text = environment[SETTINGS_VARIABLE];
  if (text === undefined)
    throw new Error(
      `the environment variable ${SETTINGS_VARIABLE} is missing: this function is deployed by the Headrace stack`,
    );
  return settingsSchema.parse(JSON.parse(text));
}

/**
 * The URL of the API; undefined if the environment has none. The controller then launches no jobs
 * that evaluate logic.
 */
export const readApiUrl = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined => environment[API_URL_VARIABLE] || undefined;
