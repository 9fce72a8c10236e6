/**
 * Transitions as messages.
 *
 * 1. Messages of steps (`started`, `reported`, `finished`, `redelivered`) carry the token of their
 *    attempt. All other transitions are control transitions and carry a MAC that only a holder of the
 *    deployment's secret can make: a step cannot abort a run, complete the job of another step, or
 *    fire a timer.
 * 2. A message that is not an envelope, or whose MAC is wrong, is dropped and not redelivered: it
 *    can never become valid. A message whose MAC is right is authentic. If this version does not
 *    know its transition, another version does (a deployment was rolled back), and the message is
 *    retained for it.
 * 3. The deduplication id of a message cannot be guessed by a sender without permission: it
 *    contains the attempt's token, or follows from the MAC.
 *
 * @module
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { sign } from '../../model/derived-keys.ts';
import { HeadraceError } from '../../model/errors.ts';
import { MAX_ID_LENGTH } from '../../model/limits.ts';
import {
  type RedeliveredMessage,
  type RunnerMessage,
  readRunnerMessage,
  redeliveredSchema,
} from '../../model/spec.ts';
import { timeSchema } from '../../model/time.ts';
import { controlSchema, type Transition } from '../../model/transition.ts';
import { truncate } from '../../model/truncate.ts';
import { safeParseUntrusted } from '../../model/untrusted.ts';

const envelopeSchema = z.object({
  v: z.literal(1),
  transition: z.unknown(),
  mac: z.string().max(MAX_ID_LENGTH).optional(),
  /** The number of consecutive messages of the controller that led to this one. */
  hops: z.int().nonnegative().optional(),
  /** When a delayed message is due, in milliseconds since the epoch. */
  at: timeSchema.optional(),
  /** How often the message was sent again because a service was over a limit. */
  deferrals: z.int().nonnegative().optional(),
});

export interface TransitionMessage {
  readonly transition: Transition;
  readonly hops: number;
  readonly at: number | undefined;
  readonly deferrals: number;
}

/** `isAuthentic`: the sender has the deployment's secret. */
export type OpenResult =
  | ({ readonly ok: true } & TransitionMessage)
  | { readonly ok: false; readonly reason: string; readonly isAuthentic: boolean };

/** A sender without the deployment's secret tried to send a control transition. */
export class UnsignedControlError extends HeadraceError {
  constructor(readonly kind: Transition['kind']) {
    super(
      `a ${kind} transition needs the deployment's secret: steps may only send started, reported and finished`,
    );
  }
}

type StepMessage = RunnerMessage | RedeliveredMessage;

const STEP_KINDS: ReadonlySet<string> = new Set<StepMessage['kind']>([
  'started',
  'reported',
  'finished',
  'redelivered',
]);
const isStepMessage = (transition: Transition): transition is StepMessage =>
  STEP_KINDS.has(transition.kind);

const macOf = (secret: Buffer, transition: unknown): string =>
  sign(secret, 'control', JSON.stringify(transition)).toString('base64url');

export interface EnvelopeOptions {
  readonly hops?: number;
  readonly at?: number;
  readonly deferrals?: number;
}

/**
 * The text of a message.
 *
 * @throws UnsignedControlError
 */
export function seal(
  transition: Transition,
  secret: Buffer | undefined,
  { hops, at, deferrals }: EnvelopeOptions = {},
): string {
  const options = {
    ...(hops === undefined || hops === 0 ? {} : { hops }),
    ...(at === undefined ? {} : { at }),
    ...(deferrals === undefined || deferrals === 0 ? {} : { deferrals }),
  };
  if (isStepMessage(transition)) return JSON.stringify({ v: 1, transition, ...options });
  if (secret === undefined) throw new UnsignedControlError(transition.kind);
  return JSON.stringify({ v: 1, transition, mac: macOf(secret, transition), ...options });
}

export function open(text: string, secret: Buffer): OpenResult {
  try {
    return openEnvelope(text, secret);
  } catch (error) {
    // Content that is nested too deeply exhausts the stack when its MAC is computed.
    if (error instanceof RangeError)
      return { ok: false, reason: `it cannot be read: ${error.message}`, isAuthentic: false };
    throw error;
  }
}

function openEnvelope(text: string, secret: Buffer): OpenResult {
  const envelope = safeParseUntrusted(envelopeSchema, parseJson(text));
  if (!envelope.success)
    return { ok: false, reason: 'it is not an envelope of this version', isAuthentic: false };
  const { transition, mac, hops = 0, at, deferrals = 0 } = envelope.data;
  const kind = kindOf(transition);
  // A message of a step has a token instead of a MAC.
  if (kind === 'redelivered') {
    const read = safeParseUntrusted(redeliveredSchema, transition);
    return read.success
      ? { ok: true, transition: read.data, hops, at, deferrals }
      : { ok: false, reason: `it is not a valid ${kind}`, isAuthentic: false };
  }
  if (STEP_KINDS.has(kind)) {
    const read = readRunnerMessage(transition);
    return read.ok
      ? { ok: true, transition: read.message, hops, at, deferrals }
      : { ok: false, reason: `it is not a valid ${kind}: ${read.reason}`, isAuthentic: false };
  }
  // Content without the right MAC is not read any further.
  if (!isEqual(mac ?? '', macOf(secret, transition)))
    return { ok: false, reason: `its MAC does not match a ${kind}`, isAuthentic: false };
  const read = safeParseUntrusted(controlSchema, transition);
  return read.success
    ? { ok: true, transition: read.data, hops, at, deferrals }
    : {
        ok: false,
        reason: 'it holds a transition that this version does not know',
        isAuthentic: true,
      };
}

/** The kind is part of what is logged of a message that is dropped. */
const MAX_KIND_LENGTH = 40;

const kindOf = (transition: unknown): string =>
  typeof transition === 'object' &&
  transition !== null &&
  'kind' in transition &&
  typeof transition.kind === 'string'
    ? truncate(transition.kind, MAX_KIND_LENGTH)
    : 'transition without a kind';

/**
 * Kinds whose content identifies the message. Two equal messages of another kind may both be
 * intended.
 */
const IDEMPOTENT_KINDS: ReadonlySet<Transition['kind']> = new Set([
  'run.created',
  'run.continue',
  'job.ended',
  'timer.fired',
]);

/**
 * Equal for two messages with the same content, which SQS delivers once if they are sent within
 * five minutes.
 *
 * @param discriminator distinguishes two messages with the same content that are both intended: the
 *   time for which a timer was set, or until which a message was deferred
 */
export function deduplicationId(
  transition: Transition,
  secret: Buffer | undefined,
  discriminator = '',
): string {
  return createHash('sha256')
    .update(JSON.stringify(identityOf(transition, secret, discriminator)))
    .digest('hex');
}

function identityOf(
  transition: Transition,
  secret: Buffer | undefined,
  discriminator: string,
): readonly unknown[] {
  if (isStepMessage(transition)) {
    const { kind, token, job, call, attempt } = transition;
    return [
      kind,
      token,
      job,
      call,
      attempt,
      transition.kind === 'reported' ? transition.sequence : 0,
      ...(discriminator === '' ? [] : [discriminator]),
    ];
  }
  if (secret === undefined) throw new UnsignedControlError(transition.kind);
  return [
    'control',
    macOf(secret, transition),
    IDEMPOTENT_KINDS.has(transition.kind) ? discriminator : randomUUID(),
  ];
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
