/**
 * Sends test messages to one target, one after the other, until the target does not accept one.
 *
 * @module
 */
import type { NotificationType } from '../model/notification-types.ts';
import {
  type Notification,
  type NotificationFilter,
  sampleNotification,
  testNotification,
} from '../model/notifications.ts';

export interface TestRequest {
  /** One message about each change that the rule is for, in place of a plain test. */
  readonly samples: boolean;
  readonly at: number;
  /** The command in the messages. */
  readonly command: string;
}

export interface TestOutcome {
  /** What the target accepted. */
  readonly sent: readonly (NotificationType | 'test')[];
  /** Why it did not accept the next message. */
  readonly problem: string | null;
}

/** @param send returns the reason if the message was not accepted */
export async function sendTests(
  rule: NotificationFilter,
  { samples, at, command }: TestRequest,
  send: (notification: Notification) => Promise<string | undefined>,
): Promise<TestOutcome> {
  const sent: (NotificationType | 'test')[] = [];
  for (const type of samples ? rule.on : (['test'] as const)) {
    const problem = await send(
      type === 'test' ? testNotification(at, command) : sampleNotification(type, rule, at, command),
    );
    if (problem !== undefined) return { sent, problem };
    sent.push(type);
  }
  return { sent, problem: null };
}
