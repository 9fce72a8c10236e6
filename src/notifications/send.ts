/**
 * Sends a notification to a webhook: some attempts, each with a time limit.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Notification,
  type NotificationFormat,
  notificationBody,
} from '../model/notifications.ts';

/** Where a notification is sent, and in which form. The URL is a secret. */
export interface Webhook {
  readonly format: NotificationFormat;
  readonly url: string;
}

export interface SendOptions {
  readonly timeoutMs?: number;
  /** The pauses between attempts. There is one attempt more. */
  readonly pausesMs?: readonly number[];
}

const TIMEOUT_MS = 5_000;
const PAUSES_MS = [500, 2_000];

/** Undefined if it was accepted, else the reason of the last attempt. It never throws. */
export async function sendNotification(
  webhook: Webhook,
  notification: Notification,
  { timeoutMs = TIMEOUT_MS, pausesMs = PAUSES_MS }: SendOptions = {},
): Promise<string | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await post(webhook, notification, timeoutMs);
    if (outcome === undefined) return undefined;
    const pause = pausesMs[attempt];
    if (!outcome.mayPass || pause === undefined) return outcome.reason;
    await delay(pause);
  }
}

async function post(
  webhook: Webhook,
  notification: Notification,
  timeoutMs: number,
): Promise<{ readonly reason: string; readonly mayPass: boolean } | undefined> {
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: notificationBody(webhook, notification),
      // A redirect would send the message to an address that the rule does not name.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (response.ok) return undefined;
    return {
      reason: `it answered ${response.status}${explanationOf(response.status)}`,
      mayPass: response.status === 429 || response.status >= 500,
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return { reason: `it did not answer within ${timeoutMs / 1000} s`, mayPass: true };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { reason: cause instanceof Error ? cause.message : String(cause), mayPass: true };
  }
}

/** What usually causes an answer that no repetition changes. The body may contain the secret. */
function explanationOf(status: number): string {
  if (status >= 300 && status < 400) return ' (a redirect, which is not followed)';
  if (status === 400) return ' (it does not accept this form of message: slack or json)';
  if (status === 401 || status === 403) return ' (it refuses the sender: check the address)';
  return status === 404 || status === 410 ? ' (it has no such webhook: check the address)' : '';
}
