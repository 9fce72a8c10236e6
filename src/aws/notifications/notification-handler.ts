/**
 * Sends one event of the bus to one target of the configuration; on request, tests to targets.
 *
 * 1. EventBridge and Lambda may deliver an event twice, and the controller publishes it again after a
 *    crash. An instance ignores what it has sent before. Another instance sends it again, under the
 *    same `id`: a message is sent at least once.
 * 2. A message that cannot be sent fails the invocation. Lambda invokes the function twice more, and
 *    then moves the event to the undelivered messages, which raise an alarm.
 * 3. Neither errors nor the log contain the address of a webhook.
 * 4. Tests are sent when a user invokes the function, and their outcomes are returned.
 *
 * @module
 */
import { z } from 'zod';
import { HeadraceError } from '../../model/errors.ts';
import { type Notification, notificationOf } from '../../model/notifications.ts';
import { runFactsSchema } from '../../model/run-facts.ts';
import { sendNotification, type Webhook } from '../../notifications/send.ts';
import { sendTests, type TestOutcome } from '../../notifications/send-test.ts';
import type { Clock } from '../../ports/clock.ts';
import { DETAIL_TYPES } from '../deployment/bus-events.ts';
import type { Log } from '../observability/log.ts';
import type { MailTopic } from './mail-topic.ts';
import type { NotificationSettings } from './settings.ts';

export interface NotificationHandlerOptions {
  readonly settings: NotificationSettings;
  /** The address of the webhook in a secret. */
  webhookUrl(secret: string): Promise<string>;
  readonly mail: MailTopic;
  readonly log: Log;
  readonly clock?: Clock;
  readonly send?: (webhook: Webhook, notification: Notification) => Promise<string | undefined>;
}

/** A notification was not accepted by its target. Lambda invokes the function again. */
export class NotificationNotSentError extends HeadraceError {
  constructor(
    readonly notification: number,
    readonly id: string,
    reason: string,
  ) {
    super(`notification ${notification} was not sent: ${reason}`);
  }
}

const ofRun = { run: z.string(), at: z.number(), ...runFactsSchema.shape };
const positionSchema = z.int().min(0);
const inputSchema = z.union([
  z.object({
    notification: positionSchema,
    type: z.literal(DETAIL_TYPES.run),
    detail: z.object({ status: z.enum(['completed', 'failed', 'aborted']), ...ofRun }),
  }),
  z.object({
    notification: positionSchema,
    type: z.literal(DETAIL_TYPES.signal),
    detail: z.object({ name: z.string(), ...ofRun }),
  }),
]);
type NotificationInput = z.infer<typeof inputSchema>;
const testSchema = z.object({
  test: z.literal(true),
  /** Default: all. */
  notification: positionSchema.optional(),
  samples: z.boolean().default(false),
});

/** The outcome of the tests of one notification of the configuration. */
export interface NotificationTest extends TestOutcome {
  readonly notification: number;
  readonly to: NotificationSettings['targets'][number]['type'];
}

const NO_SUCH_NOTIFICATION = 'the configuration has no such notification';
/** Sent messages that an instance remembers (1). */
const MAX_REMEMBERED = 1000;

/** The handler throws a NotificationNotSentError, and returns the outcomes of tests. */
export function createNotificationHandler({
  settings,
  webhookUrl,
  mail,
  log,
  clock = { now: Date.now },
  send = sendNotification,
}: NotificationHandlerOptions): (
  event: unknown,
) => Promise<readonly NotificationTest[] | undefined> {
  const sent = new Set<string>();

  async function trySend(
    position: number,
    notification: Notification,
  ): Promise<string | undefined> {
    const target = settings.targets[position];
    if (target === undefined) return NO_SUCH_NOTIFICATION;
    try {
      if (target.type !== 'mail') {
        const format = target.type === 'slack' ? 'slack' : 'json';
        return await send({ format, url: await webhookUrl(target.secret) }, notification);
      }
      const [subject = ''] = notification.text.split('\n');
      await mail.publish(settings.topics[position] ?? '', { subject, text: notification.text });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Rule 4. */
  async function sendAllTests({
    notification: wanted,
    samples,
  }: z.infer<typeof testSchema>): Promise<readonly NotificationTest[]> {
    if (wanted !== undefined && settings.targets[wanted] === undefined)
      throw new NotificationNotSentError(wanted, 'test', NO_SUCH_NOTIFICATION);
    const request = { samples, at: clock.now(), command: commandOf(settings.api, 'runs', 'list') };
    const tests = await Promise.all(
      settings.targets.map(async (target, notification) => {
        if (wanted !== undefined && wanted !== notification) return [];
        const outcome = await sendTests(target, request, (each) => trySend(notification, each));
        return [{ notification, to: target.type, ...outcome }];
      }),
    );
    for (const test of tests.flat()) log.info('notification tested', test);
    return tests.flat();
  }

  return async (event) => {
    const test = testSchema.safeParse(event);
    if (test.success) return await sendAllTests(test.data);
    const input = inputSchema.parse(event);
    const { notification: position } = input;
    const notification = notificationOfInput(input, settings.api);
    const { id } = notification;
    const key = `${position} ${id}`;
    if (sent.has(key)) {
      log.info('notification repeated', { notification: position, id });
      return undefined;
    }
    const reason = await trySend(position, notification);
    if (reason !== undefined) throw new NotificationNotSentError(position, id, reason);
    const [oldest] = sent;
    if (sent.size >= MAX_REMEMBERED && oldest !== undefined) sent.delete(oldest);
    sent.add(key);
    log.info('notification sent', { notification: position, id });
    return undefined;
  };
}

const commandOf = (api: string, ...words: readonly string[]): string =>
  ['headrace', ...words, '--endpoint', api].join(' ');

function notificationOfInput(input: NotificationInput, api: string): Notification {
  const { run: id, at, ...facts } = input.detail;
  const waits = 'name' in facts;
  return notificationOf(
    { id, facts },
    {
      type: 'status' in facts ? facts.status : 'waiting',
      at,
      step: facts.step,
      signal: waits ? facts.name : null,
      command: commandOf(api, 'runs', 'show', id),
    },
  );
}
