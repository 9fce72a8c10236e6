/**
 * What a deployed function is told by its stack: one JSON text in the environment variable `HEADRACE_SETTINGS`, with nothing secret in it.
 *
 * A function's environment holds 4 KB at the most: what follows from the prefix is not repeated here (see `names.ts`).
 *
 * @module
 */
import { z } from 'zod';
import { queueSettings } from './message-queues.ts';
import { tableSettings } from './table-schemas.ts';

export const SETTINGS_VARIABLE = 'HEADRACE_SETTINGS';
/** The URL of the API: for jobs that evaluate logic. Of the controller alone, because what the API is made of cannot know it. */
export const API_URL_VARIABLE = 'HEADRACE_API';
/** The issuer and audience that the authorizer takes tokens of, as JSON. */
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
  /** The standard queue that takes what a schedule could not deliver: `DeadLetterConfig` of every schedule. */
  scheduleDeadLettersArn: z.string().min(1),
  /** The bus of run and step events. */
  bus: z.string().min(1),
  /** Step events go to the bus too. */
  stepEvents: z.boolean(),
  /** The evaluator's function name. */
  evaluatorFunctionName: z.string().min(1),
  evaluatorIsolation: z.enum(['tenant', 'function']),
  queues: z.record(z.string(), queueSettingsSchema),
  /** Fargate tasks get a public address: true in the stack's own network without NAT, false in given private subnets. */
  assignPublicIp: z.boolean(),
  /** Projects with a step role of their own. */
  projects: z.array(z.string()),
  /** The default step image, and the image whose content is the runner, for images of users. */
  image: z.string().min(1),
  runnerImage: z.string().min(1),
  /** Of Fargate's processors, for steps that name none; without, x86-64. */
  architecture: architectureSchema.optional(),
  /** The one that the images are built for; without, whatever steps ask for. */
  imageArchitecture: architectureSchema.optional(),
  resources: z.strictObject({ vcpus: z.number().positive(), memoryMiB: z.int().positive() }),
  /** Days after which a run and what it wrote expire. */
  retentionDays: z.int().positive(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** @throws Error if the variable is missing or not of the shape above */
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

/** The URL of the API; undefined where the controller was not told of it: it then launches no jobs that would need it. */
export const readApiUrl = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined => environment[API_URL_VARIABLE] || undefined;
