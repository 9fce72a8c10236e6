/**
 * Handles a batch of the FIFO queue, one run at a time, and reports the messages that failed.
 *
 * 1. A batch may contain several runs. A run that fails does not delay another.
 * 2. The first message of a run that fails is returned with all later ones of this run: the queue
 *    retains them and their order.
 * 3. Messages that failed before are handled one by one, so that a message that always fails is
 *    separated from the others. After several failures the messages behind it are handled without
 *    it, because no handler relies on the order, and it is moved to the dead letters alone.
 * 4. A message that cannot be meant for the run is dropped and logged: it is forged, it is in the
 *    group of another run, or it has one hop too many. An authentic message that this version does
 *    not know, because a newer version was deployed before it, is received again until the queue
 *    moves it to the dead letters, from which the newer version can read it.
 * 5. A failure that only the moment explains (`temporary-refusals.ts`) is no property of the
 *    messages: they are deferred, as new messages, so that they do not use up their receives. So are
 *    messages for which no time is left. A process that ends before its messages are deleted leaves
 *    both, which is harmless.
 * 6. Messages are not deferred, and are received again later, if later messages of the run must not
 *    overtake them: after a turn that failed within a launch, or may have, because its messages were
 *    received before; and if they cannot be sent.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Transition } from '../../model/transition.ts';
import { LaunchInterruptedError } from '../../ports/jobs.ts';
import { errorData, type Log } from '../observability/log.ts';
import { isTemporaryRefusal } from '../temporary-refusals.ts';
import { open } from './envelope.ts';
import { MAX_HOPS, withHops } from './hops.ts';

export interface ReceivedMessage {
  readonly id: string;
  readonly body: string;
  readonly group: string;
  /** The number of receives, from 1. */
  readonly receives: number;
}

export interface ReceiverOptions {
  readonly secret: Buffer;
  /** Handles transitions of one run as a whole. If it throws, they are received again. */
  handle(run: RunId, transitions: readonly Transition[], delivery: RunDelivery): Promise<void>;
  /** Sends transitions again, to be received later (5). Default: they are received again (6). */
  defer?(messages: readonly DeferredTransition[]): Promise<void>;
  readonly log: Log;
  /** Whether there is time for another turn. Default: there is. */
  hasTime?(): boolean;
}

/** What was received for one run. */
export interface RunDelivery {
  /** All transitions, in order: those at hand, earlier and later ones. */
  readonly received: readonly Transition[];
  /** One of them was received before. */
  readonly isRepeated: boolean;
}

/** Half of the receives after which the queue moves a message to the dead letters. */
const ISOLATE_AFTER_RECEIVES = 5;

export interface DeferredTransition {
  readonly transition: Transition;
  /** How often it was deferred, this time included. */
  readonly deferrals: number;
}

/** A day, with the delays of `turn-deferral.ts`: an increase of a quota can take that long. */
const MAX_DEFERRALS = 2000;

/** A message that is to be received again. */
export interface FailedMessage {
  readonly id: string;
  /** Only the moment explains why it was not handled. */
  readonly isTemporary: boolean;
}

interface OpenedMessage extends DeferredTransition {
  readonly id: string;
  readonly receives: number;
  readonly hops: number;
}

/** Handles the messages, and returns those to receive again. */
export async function receiveBatch(
  messages: readonly ReceivedMessage[],
  options: ReceiverOptions,
): Promise<readonly FailedMessage[]> {
  const groups = new Map<RunId, OpenedMessage[]>();
  const unknown: FailedMessage[] = [];
  for (const message of messages) {
    const opened = openMessage(message, options);
    if (opened === 'unknown') unknown.push({ id: message.id, isTemporary: false });
    if (opened === undefined || opened === 'unknown') continue;
    const { run } = opened.transition;
    const group = groups.get(run);
    if (group === undefined) groups.set(run, [opened]);
    else group.push(opened);
  }
  const failed = await Promise.all(
    [...groups].map(([run, groupMessages]) => handleGroup(run, groupMessages, options)),
  );
  return [...unknown, ...failed.flat()];
}

function openMessage(
  { id, body, group, receives }: ReceivedMessage,
  { secret, log }: ReceiverOptions,
): OpenedMessage | 'unknown' | undefined {
  const dropMessage = (reason: string) => {
    log.warn('message dropped', { messageId: id, group, reason });
    return undefined;
  };
  const result = open(body, secret);
  if (!result.ok && result.isAuthentic) {
    log.error('message retained for another version', {
      messageId: id,
      group,
      receives,
      reason: result.reason,
    });
    return 'unknown';
  }
  if (!result.ok) return dropMessage(result.reason);
  const { transition, hops, deferrals } = result;
  if (transition.run !== group) return dropMessage(`its run is ${transition.run}`);
  if (hops > MAX_HOPS)
    return dropMessage(`it is the ${hops}th consecutive message of the controller to itself`);
  return { id, receives, transition, hops, deferrals: deferrals + 1 };
}

/**
 * `deferred`: the messages of the attempt, and all later ones of the run, were sent again.
 * `postponed`: they were not, although only the moment explains the failure.
 */
type Outcome = 'handled' | 'failed' | 'deferred' | 'postponed';

async function handleGroup(
  run: RunId,
  messages: readonly OpenedMessage[],
  options: ReceiverOptions,
): Promise<readonly FailedMessage[]> {
  const { hasTime = () => true } = options;
  const delivery = {
    received: messages.map(({ transition }) => transition),
    isRepeated: messages.some(({ receives }) => receives > 1),
  };
  if (!delivery.isRepeated)
    return failedAfter(await attempt(run, messages, { later: [], delivery }, options), messages);
  const failed: FailedMessage[] = [];
  for (const [index, message] of messages.entries()) {
    const rest = messages.slice(index);
    const mayDefer = index > 0 && failed.length === 0;
    const outcome = hasTime()
      ? await attempt(run, [message], { later: rest.slice(1), delivery }, options)
      : mayDefer && (await tryDefer(run, rest, 'no time is left', options))
        ? 'deferred'
        : 'postponed';
    if (outcome === 'handled') continue;
    if (outcome !== 'failed' || message.receives < ISOLATE_AFTER_RECEIVES || !hasTime())
      return [...failed, ...failedAfter(outcome, rest)];
    failed.push({ id: message.id, isTemporary: false });
  }
  return failed;
}

function failedAfter(
  outcome: Outcome,
  messages: readonly OpenedMessage[],
): readonly FailedMessage[] {
  return outcome === 'handled' || outcome === 'deferred'
    ? []
    : messages.map(({ id }) => ({ id, isTemporary: outcome === 'postponed' }));
}

interface Received {
  /** The messages behind the batch, which are deferred with it. */
  readonly later: readonly OpenedMessage[];
  readonly delivery: RunDelivery;
}

async function attempt(
  run: RunId,
  batch: readonly OpenedMessage[],
  { later, delivery }: Received,
  options: ReceiverOptions,
): Promise<Outcome> {
  const { handle, log } = options;
  try {
    await withHops(Math.max(...batch.map(({ hops }) => hops)), () =>
      handle(
        run,
        batch.map(({ transition }) => transition),
        delivery,
      ),
    );
    return 'handled';
  } catch (error) {
    const data = {
      run,
      kinds: batch.map(({ transition }) => transition.kind),
      receives: batch[0]?.receives,
      ...errorData(error),
    };
    if (!isTemporaryRefusal(error)) {
      log.error('transitions failed', data);
      return 'failed';
    }
    const mayDefer = !delivery.isRepeated && !(error instanceof LaunchInterruptedError);
    if (mayDefer && (await tryDefer(run, [...batch, ...later], String(error), options)))
      return 'deferred';
    log.warn('transitions postponed', data);
    return 'postponed';
  }
}

/** Returns whether the messages were sent again. */
async function tryDefer(
  run: RunId,
  messages: readonly OpenedMessage[],
  reason: string,
  { defer, log }: ReceiverOptions,
): Promise<boolean> {
  const deferrals = Math.max(...messages.map((message) => message.deferrals));
  if (defer === undefined || deferrals > MAX_DEFERRALS) return false;
  try {
    await defer(messages);
  } catch (error) {
    log.warn('transitions not deferred', { run, ...errorData(error) });
    return false;
  }
  log.warn('transitions deferred', { run, deferrals, reason });
  return true;
}
