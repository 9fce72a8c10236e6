/**
 * The settings of the notifications' function: the targets, in the order of the configuration. The
 * address of a webhook is a secret, of which they hold the name only.
 *
 * @module
 */
import { z } from 'zod';
import { recordOf } from '../../model/json.ts';
import { notificationFilterShape } from '../../model/notifications.ts';
import { NOTIFICATIONS_VARIABLE } from '../deployment/bus-events.ts';
import { readSettingsFile } from '../deployment/settings.ts';

/** The rules of the bus select by it; the function uses it for samples. */
const targetShape = notificationFilterShape;
const targetSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...targetShape, type: z.literal('mail') }),
  z.strictObject({
    ...targetShape,
    type: z.enum(['slack', 'webhook']),
    secret: z.string().min(1),
  }),
]);

const fileSchema = z.strictObject({ targets: z.array(targetSchema).min(1) });
const deployedSchema = z.strictObject({
  /** The URL of the API, for the command that shows the run. */
  api: z.string().min(1),
  /** The ARN of the topic of each target of type `mail`, by its position. */
  topics: recordOf(z.string().regex(/^\d+$/), z.string().min(1)),
  /** How many addresses are subscribed to each topic, for `headrace doctor`. */
  addresses: recordOf(z.string().regex(/^\d+$/), z.int().min(1)).optional(),
});

export type NotificationSettings = z.infer<typeof fileSchema> & z.infer<typeof deployedSchema>;

/** @throws Error if a setting is missing, or does not match the schema */
export const readNotificationSettings = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
  file: object = readSettingsFile(),
): NotificationSettings => ({
  ...fileSchema.parse(file),
  ...deployedSchema.parse(JSON.parse(environment[NOTIFICATIONS_VARIABLE] ?? '{}')),
});
