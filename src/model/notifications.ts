/**
 * Notifications: which changes of a run are sent where, and what is sent.
 *
 * @module
 */
import { z } from 'zod';
import { nameSchema, projectSchema, tagSchema } from './ids.ts';
import { NOTIFICATION_TYPES, type NotificationType } from './notification-types.ts';
import type { RunFacts } from './run-facts.ts';

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);

/** An IP address, or a name that only a machine or a network of its own resolves. */
function isLocalAddress(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return (
    !name.includes('.') ||
    /^\d+(?:\.\d+){3}$/.test(name) ||
    /\.(?:localhost|local|internal)$/.test(name)
  );
}

const MAX_URL_LENGTH = 2000;

const urlSchema = z
  // Later checks read the URL.
  .url({ protocol: /^https?$/, error: 'it is no URL that starts with https://', abort: true })
  .max(MAX_URL_LENGTH)
  .refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'it may not contain a user name or a password');

/** Messages of errors travel to it, so it is encrypted unless it stays on the machine. */
const targetUrlSchema = urlSchema.refine((text) => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isLoopback(hostname);
}, 'it must start with https://, unless it is an address of this machine');

/** The address of a webhook on the internet: a deployment reaches no other one. */
export const publicUrlSchema = urlSchema
  .refine((text) => new URL(text).protocol === 'https:', 'it must start with https://')
  .refine(
    (text) => !isLocalAddress(new URL(text).hostname),
    'it must name a host on the internet, not an IP address or a host of a network of its own',
  );

/** Which changes of which runs a rule is for. */
export const notificationFilterShape = {
  on: z.array(z.enum(NOTIFICATION_TYPES)).min(1),
  project: projectSchema.optional(),
  pipeline: nameSchema.optional(),
  /** Only of runs with this tag. */
  tag: tagSchema.optional(),
};
export type NotificationFilter = z.infer<z.ZodObject<typeof notificationFilterShape>>;

/** `json`: the whole document; `slack`: `{ "text": … }`. */
const notificationFormatSchema = z.enum(['json', 'slack']);
export type NotificationFormat = z.infer<typeof notificationFormatSchema>;

export const notificationRuleSchema = z.strictObject({
  id: z.string().regex(/^[1-9]\d{0,8}$/),
  ...notificationFilterShape,
  format: notificationFormatSchema,
  url: targetUrlSchema,
});
export type NotificationRule = z.infer<typeof notificationRuleSchema>;

/** The document that a webhook receives. */
export interface Notification {
  readonly type: `run.${NotificationType}` | 'test';
  /** The same in a message that is sent again. */
  readonly id: string;
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
  { id, facts }: { readonly id: string; readonly facts: RunFacts },
  { type, at, step, signal, command }: NotificationContext,
): Notification {
  const { project, pipeline, number, version, tags, generation } = facts;
  const error = type === 'failed' ? facts.error : null;
  const outcome =
    type === 'waiting'
      ? `waits for ${signal ?? 'a signal'}`
      : type === 'failed' && step !== null
        ? `failed at step ${step}`
        : type;
  return {
    type: `run.${type}`,
    id: [id, generation, type, at].join('/'),
    at: new Date(at).toISOString(),
    run: { id, project, pipeline, number, version, tags },
    step,
    error,
    signal,
    command,
    text: [
      `${project}/${pipeline}#${number} ${outcome}`,
      ...(error === null ? [] : [`${error.name}: ${error.message}`]),
      command,
    ].join('\n'),
  };
}

/** What `headrace notifications test` sends. */
export const testNotification = (at: number, command: string): Notification => ({
  type: 'test',
  id: `test/${at}`,
  at: new Date(at).toISOString(),
  run: null,
  step: null,
  error: null,
  signal: null,
  command,
  text: `A test of the notifications of Headrace\n${command}`,
});

/** A run that does not exist. */
const SAMPLE_RUN = '0'.repeat(26);

/**
 * What `headrace notifications test --samples` sends: the message about a change of a run that does
 * not exist.
 */
export function sampleNotification(
  type: NotificationType,
  { project = 'project', pipeline = 'pipeline', tag }: Partial<Omit<NotificationFilter, 'on'>>,
  at: number,
  command: string,
): Notification {
  const step = type === 'failed' ? 'step' : null;
  const facts: RunFacts = {
    project,
    pipeline,
    number: 1,
    version: '1.0.0',
    tags: tag === undefined ? [] : [tag],
    generation: 0,
    step,
    error: type === 'failed' ? { name: 'Error', message: 'the error of the step' } : null,
  };
  const sample = notificationOf(
    { id: SAMPLE_RUN, facts },
    { type, at, step, signal: type === 'waiting' ? 'signal' : null, command },
  );
  return { ...sample, id: `test/${at}/${type}`, text: `Sample: ${sample.text}` };
}

export const ruleMatches = (
  { on, project, pipeline, tag }: NotificationFilter,
  type: NotificationType,
  facts: Pick<RunFacts, 'project' | 'pipeline' | 'tags'>,
): boolean =>
  on.includes(type) &&
  (project === undefined || project === facts.project) &&
  (pipeline === undefined || pipeline === facts.pipeline) &&
  (tag === undefined || facts.tags.includes(tag));

/** The body of the request. */
export const notificationBody = (
  { format }: { readonly format: NotificationFormat },
  notification: Notification,
): string => JSON.stringify(format === 'slack' ? { text: notification.text } : notification);

/** The URL without its path, which is the secret of a webhook. */
export const shownTarget = ({ url }: Pick<NotificationRule, 'url'>): string =>
  `${new URL(url).origin}/…`;
