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
import type { RunId } from '../model/ids.ts';
import type { Transition } from '../model/transition.ts';
import { open } from './envelope.ts';
import { HOP_LIMIT, withHops } from './hops.ts';
import { errorData, type Log } from './log.ts';

export interface Received {
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
const OFTEN = 5;

interface Letter {
  readonly id: string;
  readonly receives: number;
  readonly transition: Transition;
  readonly hops: number;
}

/** Handles the messages; the answer names those that are to be received again. */
export async function receive(messages: readonly Received[], options: ReceiverOptions): Promise<readonly string[]> {
  const groups = new Map<RunId, Letter[]>();
  const unknown: string[] = [];
  for (const message of messages) {
    const letter = openLetter(message, options);
    if (letter === 'unknown') unknown.push(message.id);
    if (letter === undefined || letter === 'unknown') continue;
    const { run } = letter.transition;
    const group = groups.get(run);
    if (group === undefined) groups.set(run, [letter]);
    else group.push(letter);
  }
  const failed = await Promise.all([...groups].map(([run, letters]) => handleGroup(run, letters, options)));
  return [...unknown, ...failed.flat()];
}

function openLetter({ id, body, group, receives }: Received, { secret, log }: ReceiverOptions): Letter | 'unknown' | undefined {
  const drop = (reason: string) => {
    log.warn('message dropped', { messageId: id, group, reason });
    return undefined;
  };
  const opened = open(body, secret);
  if (!opened.ok && opened.ours) {
    log.error('message kept for another version', { messageId: id, group, receives, reason: opened.reason });
    return 'unknown';
  }
  if (!opened.ok) return drop(opened.reason);
  const { transition, hops } = opened;
  if (transition.run !== group) return drop(`it speaks of run ${transition.run}`);
  if (hops > HOP_LIMIT) return drop(`it is the ${hops}th in a row that the controller sent itself`);
  return { id, receives, transition, hops };
}

async function handleGroup(run: RunId, letters: readonly Letter[], { handle, log, hasTime = () => true }: ReceiverOptions): Promise<readonly string[]> {
  const attempt = async (some: readonly Letter[]): Promise<boolean> => {
    try {
      await withHops(Math.max(...some.map(({ hops }) => hops)), () =>
        handle(
          run,
          some.map(({ transition }) => transition),
        ),
      );
      return true;
    } catch (error) {
      log.error('transitions failed', { run, kinds: some.map(({ transition }) => transition.kind), receives: some[0]?.receives, ...errorData(error) });
      return false;
    }
  };
  if (letters.every(({ receives }) => receives === 1)) return (await attempt(letters)) ? [] : letters.map(({ id }) => id);
  const failed: string[] = [];
  for (const [index, letter] of letters.entries()) {
    if (hasTime() && (await attempt([letter]))) continue;
    if (letter.receives < OFTEN || !hasTime()) return [...failed, ...letters.slice(index).map(({ id }) => id)];
    failed.push(letter.id);
  }
  return failed;
}
