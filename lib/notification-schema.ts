/**
 * The schema of a configured notification: which changes of which runs are sent, and where to.
 *
 * @module
 */
import { z } from 'zod';
import { notificationFilterShape } from '../src/model/notifications.ts';

/**
 * The name or the ARN of a secret. The address of a webhook is a secret, so that an address in its
 * place is refused with the remedy.
 */
const secretSchema = z
  .string()
  .refine(
    (text) => !/^https?:/i.test(text),
    'the address of a webhook is a secret: store it in Secrets Manager, and name that secret here',
  )
  .regex(
    /^(?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}|[A-Za-z0-9/_+=.@-]{1,512}|https?:.*)$/s,
    'a secret is named by its name or its ARN',
  );

const targetSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('mail'),
      /** Each address confirms its subscription once, by a link that SNS sends. */
      addresses: z.array(z.email('an e-mail address is required')).min(1).max(50),
    }),
    z.strictObject({ type: z.literal('slack'), secret: secretSchema }),
    z.strictObject({ type: z.literal('webhook'), secret: secretSchema }),
  ],
  { error: 'the type of a target is mail, slack or webhook' },
);

/** A notification has up to three resources, and the environment of a function 4 KB. */
export const MAX_NOTIFICATIONS = 20;

export const notificationSchema = z.strictObject({
  ...notificationFilterShape,
  on: notificationFilterShape.on
    .refine((changes) => new Set(changes).size === changes.length, 'a change is listed twice')
    .default(['failed']),
  to: targetSchema,
});
