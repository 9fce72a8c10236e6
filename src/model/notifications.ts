/**
 * Notifications: which changes of a run are sent where, and what is sent.
 *
 * @module
 */
import { z } from 'zod';
import { nameSchema, projectSchema, tagSchema } from './ids.ts';
import { NOTIFICATION_TYPES, type NotificationType } from './notification-types.ts';
import type { Run } from './run.ts';
import { rootError } from './run-facts.ts';

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);

/** Messages of errors travel to it, so it is encrypted unless it stays on the machine. */
const targetUrlSchema = z
  .url({ protocol: /^https?$/, error: 'it is no URL that starts with https://' })
  .max(2000)
  .refine((text) => {
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || isLoopback(hostname);
  }, 'it must start with https://, unless it is an address of this machine')
  .refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'it may not contain a user name or a password');

export const notificationRuleSchema = z.strictObject({
  id: z.string().regex(/^[1-9]\d{0,8}$/),
  on: z.array(z.enum(NOTIFICATION_TYPES)).min(1),
  project: projectSchema.optional(),
  pipeline: nameSchema.optional(),
  /** Only of runs with this tag. */
  tag: tagSchema.optional(),
  /** `json`: the whole document; `slack`: `{ "text": … }`. */
  format: z.enum(['json', 'slack']),
  url: targetUrlSchema,
});
export type NotificationRule = z.infer<typeof notificationRuleSchema>;

/** The document that a webhook receives. */
export interface Notification {
  readonly type: `run.${NotificationType}` | 'test';
  /** ISO 8601. */
  readonly at: string;
  readonly run: {
    readonly id: string;
    readonly project: string;
    readonly pipeline: string;
    readonly number: number;
    readonly version: string;
    readonly tags: readonly string[];
  } | null;
  /** The step whose failure ended the run. */
  readonly step: string | null;
  /** Of a failed step: what it threw. */
  readonly error: { readonly name: string; readonly message: string } | null;
  /** The signal that the run waits for. */
  readonly signal: string | null;
  /** The command that shows the run. */
  readonly command: string;
  /** All of it in one text. */
  readonly text: string;
}

export interface NotificationContext {
  readonly type: NotificationType;
  readonly at: number;
  readonly step: string | null;
  readonly signal: string | null;
  readonly command: string;
}

export function notificationOf(
  { info, head }: Run,
  { type, at, step, signal, command }: NotificationContext,
): Notification {
  const error = type === 'failed' && head.error !== null ? rootError(head.error) : null;
  const label = `${info.project}/${info.pipeline}#${info.number}`;
  const outcome =
    type === 'waiting'
      ? `waits for ${signal ?? 'a signal'}`
      : type === 'failed' && step !== null
        ? `failed at step ${step}`
        : type;
  return {
    type: `run.${type}`,
    at: new Date(at).toISOString(),
    run: {
      id: info.id,
      project: info.project,
      pipeline: info.pipeline,
      number: info.number,
      version: info.version,
      tags: head.tags,
    },
    step,
    error,
    signal,
    command,
    text: [
      `${label} ${outcome}`,
      ...(error === null ? [] : [`${error.name}: ${error.message}`]),
      command,
    ].join('\n'),
  };
}

/** What `headrace notifications test` sends. */
export const testNotification = (at: number, command: string): Notification => ({
  type: 'test',
  at: new Date(at).toISOString(),
  run: null,
  step: null,
  error: null,
  signal: null,
  command,
  text: `A test of the notifications of Headrace\n${command}`,
});

export const ruleMatches = (
  { on, project, pipeline, tag }: NotificationRule,
  type: NotificationType,
  { info, head }: Run,
): boolean =>
  on.includes(type) &&
  (project === undefined || project === info.project) &&
  (pipeline === undefined || pipeline === info.pipeline) &&
  (tag === undefined || head.tags.includes(tag));

/** The body of the request. */
export const notificationBody = (
  { format }: NotificationRule,
  notification: Notification,
): string => JSON.stringify(format === 'slack' ? { text: notification.text } : notification);

/** The URL without its path, which is the secret of a webhook. */
export const shownTarget = ({ url }: Pick<NotificationRule, 'url'>): string =>
  `${new URL(url).origin}/…`;
