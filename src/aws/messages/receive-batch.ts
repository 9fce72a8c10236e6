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
 *    messages: they are deferred, as new messages, so that they do not use up their receives. A
 *    process that ends before its messages are deleted leaves both, which is harmless. A turn that
 *    failed within a launch is not deferred: later messages of the run must not overtake it.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Transition } from '../../model/transition.ts';
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
  /** Sends transitions again, to be received later (5). Default: they are received again. */
  defer?(messages: readonly DeferredTransition[]): Promise<void>;
  readonly log: Log;
  /**
   * Whether there is time for another turn. The remaining messages are received again. Default:
   * there is time.
   */
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

/** More than an hour, with the delays of `turn-deferral.ts`, several times over. */
const MAX_DEFERRALS = 500;

interface OpenedMessage extends DeferredTransition {
  readonly id: string;
  readonly receives: number;
  readonly hops: number;
}

/** Handles the messages, and returns the ids of those to receive again. */
export async function receiveBatch(
  messages: readonly ReceivedMessage[],
  options: ReceiverOptions,
): Promise<readonly string[]> {
  const groups = new Map<RunId, OpenedMessage[]>();
  const unknown: string[] = [];
  for (const message of messages) {
    const opened = openMessage(message, options);
    if (opened === 'unknown') unknown.push(message.id);
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

/** `deferred`: the messages of the attempt, and all later ones of the run, were sent again. */
type Outcome = 'handled' | 'failed' | 'deferred';

async function handleGroup(
  run: RunId,
  messages: readonly OpenedMessage[],
  options: ReceiverOptions,
): Promise<readonly string[]> {
  const { hasTime = () => true } = options;
  const delivery = {
    received: messages.map(({ transition }) => transition),
    isRepeated: messages.some(({ receives }) => receives > 1),
  };
  if (!delivery.isRepeated)
    return (await attempt(run, messages, { later: [], delivery }, options)) === 'failed'
      ? messages.map(({ id }) => id)
      : [];
  const failed: string[] = [];
  for (const [index, message] of messages.entries()) {
    const outcome = hasTime()
      ? await attempt(run, [message], { later: messages.slice(index + 1), delivery }, options)
      : 'failed';
    if (outcome === 'deferred') break;
    if (outcome === 'handled') continue;
    if (message.receives < ISOLATE_AFTER_RECEIVES || !hasTime())
      return [...failed, ...messages.slice(index).map(({ id }) => id)];
    failed.push(message.id);
  }
  return failed;
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
  { handle, defer, log }: ReceiverOptions,
): Promise<Outcome> {
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
    const all = [...batch, ...later];
    const deferrals = Math.max(...all.map((message) => message.deferrals));
    if (defer !== undefined && isTemporaryRefusal(error) && deferrals <= MAX_DEFERRALS) {
      const isDeferred = await defer(all).then(
        () => true,
        (failure: unknown) => log.warn('transitions not deferred', { run, ...errorData(failure) }),
      );
      if (isDeferred === true) {
        log.warn('transitions deferred', { run, deferrals, ...errorData(error) });
        return 'deferred';
      }
    }
    log.error('transitions failed', {
      run,
      kinds: batch.map(({ transition }) => transition.kind),
      receives: batch[0]?.receives,
      ...errorData(error),
    });
    return 'failed';
  }
}
