/**
 * A batch from the FIFO queue: opened, handled a run at a time, and what failed named.
 *
 * 1. A batch may hold several runs: one that fails does not hold up another.
 * 2. The first message of a run that fails is returned with all later ones of that run: the queue keeps them and their order.
 * 3. What failed before comes one by one, so that one message that always fails is told from those around it; when it has failed often, those behind it are
 *    handled without it (order is never relied on), and it goes to the dead letters alone.
 * 4. A message that cannot be meant for the run is dropped and logged: forged, in another run's group, or one hop too many. One of ours that this version does not
 *    know, because a newer one was deployed before it, is received again until the queue gives it to the dead letters, from which that version can take it.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Transition } from '../../model/transition.ts';
import { errorData, type Log } from '../observability/log.ts';
import { open } from './envelope.ts';
import { MAX_HOPS, withHops } from './hops.ts';

export interface ReceivedMessage {
  readonly id: string;
  readonly body: string;
  readonly group: string;
  /** How often it was received, from 1. */
  readonly receives: number;
}

export interface ReceiverOptions {
  readonly secret: Buffer;
  /** Handles transitions of one run as a whole; what throws is received again. */
  handle(run: RunId, transitions: readonly Transition[]): Promise<void>;
  readonly log: Log;
  /** Whether there is time for another turn; what is left then is received again. Default: there is. */
  hasTime?(): boolean;
}

/** Half of what the queue allows before a message is dead. */
const ISOLATE_AFTER_RECEIVES = 5;

interface OpenedMessage {
  readonly id: string;
  readonly receives: number;
  readonly transition: Transition;
  readonly hops: number;
}

/** Handles the messages; the answer names those that are to be received again. */
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
    log.error('message kept for another version', {
      messageId: id,
      group,
      receives,
      reason: result.reason,
    });
    return 'unknown';
  }
  if (!result.ok) return dropMessage(result.reason);
  const { transition, hops } = result;
  if (transition.run !== group) return dropMessage(`it speaks of run ${transition.run}`);
  if (hops > MAX_HOPS)
    return dropMessage(`it is the ${hops}th in a row that the controller sent itself`);
  return { id, receives, transition, hops };
}

async function handleGroup(
  run: RunId,
  messages: readonly OpenedMessage[],
  { handle, log, hasTime = () => true }: ReceiverOptions,
): Promise<readonly string[]> {
  const attempt = async (batch: readonly OpenedMessage[]): Promise<boolean> => {
    try {
      await withHops(Math.max(...batch.map(({ hops }) => hops)), () =>
        handle(
          run,
          batch.map(({ transition }) => transition),
        ),
      );
      return true;
    } catch (error) {
      log.error('transitions failed', {
        run,
        kinds: batch.map(({ transition }) => transition.kind),
        receives: batch[0]?.receives,
        ...errorData(error),
      });
      return false;
    }
  };
  if (messages.every(({ receives }) => receives === 1))
    return (await attempt(messages)) ? [] : messages.map(({ id }) => id);
  const failed: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (hasTime() && (await attempt([message]))) continue;
    if (message.receives < ISOLATE_AFTER_RECEIVES || !hasTime())
      return [...failed, ...messages.slice(index).map(({ id }) => id)];
    failed.push(message.id);
  }
  return failed;
}
