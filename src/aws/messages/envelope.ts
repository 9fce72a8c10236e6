/**
 * Transitions as messages.
 *
 * 1. What steps say (`started`, `reported`, `finished`) carries the token of its attempt. Everything else is a control transition and carries a MAC that
 *    nobody can make who does not have the deployment's secret: a step cannot abort a run, end another's job, or fire a timer.
 * 2. A message that is not one of ours, or whose MAC is wrong, is dropped, not tried again: nothing will make it right. One whose MAC is right is ours: if this
 *    version does not know its transition, another one does (a deployment that was rolled back), and the message is kept for it.
 * 3. The deduplication id of a message cannot be guessed by who is not to send it: it holds the attempt's token, or follows from the MAC.
 *
 * @module
 */
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { HeadraceError } from '../../model/errors.ts';
import type { RunnerMessage } from '../../model/spec.ts';
import { type Transition, transitionSchema } from '../../model/transition.ts';

const envelopeSchema = z.object({
  v: z.literal(1),
  transition: z.unknown(),
  mac: z.string().optional(),
  /** Messages of the controller in a row that led to this one. */
  hops: z.int().nonnegative().optional(),
  /** Of a message on its way through the queue of delays: when it is due, in milliseconds since the epoch. */
  at: z.number().optional(),
});

export interface TransitionMessage {
  readonly transition: Transition;
  readonly hops: number;
  readonly at: number | undefined;
}

/** `ours`: somebody with the deployment's secret wrote it. */
export type OpenResult =
  | ({ readonly ok: true } & TransitionMessage)
  | { readonly ok: false; readonly reason: string; readonly isAuthentic: boolean };

/** A control transition was to be sent by somebody who has no secret to sign it with. */
export class UnsignedControlError extends HeadraceError {
  constructor(readonly kind: Transition['kind']) {
    super(
      `a ${kind} transition needs the deployment's secret: steps may say started, reported and finished alone`,
    );
  }
}

const RUNNER_KINDS: ReadonlySet<string> = new Set<RunnerMessage['kind']>([
  'started',
  'reported',
  'finished',
]);
const isRunnerMessage = (transition: Transition): transition is RunnerMessage =>
  RUNNER_KINDS.has(transition.kind);

const macOf = (secret: Buffer, transition: unknown): string =>
  createHmac('sha256', secret)
    .update(`control:${JSON.stringify(transition)}`)
    .digest('base64url');

export interface EnvelopeOptions {
  readonly hops?: number;
  readonly at?: number;
}

/**
 * The text of a message.
 *
 * @throws UnsignedControlError
 */
export function seal(
  transition: Transition,
  secret: Buffer | undefined,
  { hops, at }: EnvelopeOptions = {},
): string {
  const options = {
    ...(hops === undefined || hops === 0 ? {} : { hops }),
    ...(at === undefined ? {} : { at }),
  };
  if (isRunnerMessage(transition)) return JSON.stringify({ v: 1, transition, ...options });
  if (secret === undefined) throw new UnsignedControlError(transition.kind);
  return JSON.stringify({ v: 1, transition, mac: macOf(secret, transition), ...options });
}

export function open(text: string, secret: Buffer): OpenResult {
  const envelope = envelopeSchema.safeParse(parseJson(text));
  if (!envelope.success)
    return { ok: false, reason: 'it is no envelope of this version', isAuthentic: false };
  const { transition, mac, hops = 0, at } = envelope.data;
  const read = transitionSchema.safeParse(transition);
  // A runner's message has a token instead.
  if (read.success && isRunnerMessage(read.data))
    return { ok: true, transition: read.data, hops, at };
  const isAuthentic = isEqual(mac ?? '', macOf(secret, transition));
  if (!read.success)
    return {
      ok: false,
      reason: isAuthentic
        ? 'it holds a transition that this version does not know'
        : 'it holds no transition',
      isAuthentic,
    };
  return isAuthentic
    ? { ok: true, transition: read.data, hops, at }
    : { ok: false, reason: `its MAC is not one of a ${read.data.kind}`, isAuthentic };
}

/** Those whose words say which of them it is. The others may be said again, and mean it. */
const IDEMPOTENT_KINDS: ReadonlySet<Transition['kind']> = new Set([
  'run.created',
  'run.continue',
  'job.ended',
  'timer.fired',
]);

/**
 * Equal for two sendings of the same words, within the five minutes for which SQS remembers.
 *
 * @param discriminator tells two sendings apart that have the same words and are both meant: the time for which a timer was set
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
  if (isRunnerMessage(transition)) {
    const { kind, token, job, call, attempt } = transition;
    return [
      kind,
      token,
      job,
      call,
      attempt,
      transition.kind === 'reported' ? transition.sequence : 0,
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
