/**
 * Signals of a run: received from users, and awaited by the logic. See `src/model/signals.ts`.
 *
 * 1. A signal is an event of the history as soon as it is received, whether the logic waits for it
 *    or not. It counts once, by its id.
 * 2. A run that only waits for a signal has no timer but its sweep. It is not stuck.
 *
 * @module
 */

import type { CommandOf, HistoryEvent } from '../../model/history.ts';
import { MAX_AWAITED_SIGNALS, MAX_RUN_SIGNALS } from '../../model/limits.ts';
import { runFacts } from '../../model/run-facts.ts';
import { signalReceipt } from '../../model/signal-ids.ts';
import { NO_SIGNALS, type RunSignals, withSignal, withWait } from '../../model/signals.ts';
import type { TransitionOf } from '../../model/transition.ts';
import type { Turn } from '../turn/turn.ts';
import { InvalidCommandError } from './invalid-command.ts';

export function receiveSignal(turn: Turn, { id, name, value }: TransitionOf<'run.signal'>): void {
  const { head } = turn;
  const { signals: before = NO_SIGNALS } = head;
  const received = signalReceipt(id);
  if (before.received.includes(received)) return;
  if (before.received.length >= MAX_RUN_SIGNALS)
    return turn.warn(
      `the signal ${name} is ignored: the run has received ${MAX_RUN_SIGNALS} signals, and accepts no more`,
    );
  const event = turn.append({ kind: 'signal', name, value });
  const { signals, settles } = withSignal(
    { ...before, received: [...before.received, received] },
    name,
    event,
    head.position,
  );
  head.signals = signals;
  if (settles) head.evaluationDue = true;
}

export function acceptWait(turn: Turn, { name, position }: CommandOf<'waitForSignal'>): void {
  const { head } = turn;
  if (position > head.requestedPosition)
    throw new InvalidCommandError(
      `it waits for the signal ${name} at position ${position}, which it has not reached`,
    );
  const { signals, settles } = withWait(head.signals ?? NO_SIGNALS, name, position);
  if (signals.awaited.length > MAX_AWAITED_SIGNALS)
    throw new InvalidCommandError(`it waits for more than ${MAX_AWAITED_SIGNALS} signals`);
  head.signals = signals;
  if (settles && head.eventCount > head.requestedPosition) head.evaluationDue = true;
  if (!settles && signals.awaited.includes(name))
    turn.publish({
      kind: 'signal',
      run: turn.id,
      name,
      facts: runFacts(turn),
      at: turn.context.clock.now(),
    });
}

/** The logic has ended: no signal is awaited any more. */
export function stopAwaitingSignals({ head }: Turn): void {
  if (head.signals !== undefined && head.signals.awaited.length > 0)
    head.signals = { ...head.signals, awaited: [] };
}

/**
 * The signals of a restarted run: its history, and the waits that the logic had issued at the cut.
 *
 * @param received the ids on record, of which a rerun has none
 */
export function restartedSignals(
  events: readonly HistoryEvent[],
  waits: readonly CommandOf<'waitForSignal'>[],
  received: readonly string[],
): RunSignals | undefined {
  const arrived = events.flatMap((event, number) =>
    event.kind === 'signal' ? [{ name: event.name, number }] : [],
  );
  if (arrived.length + waits.length + received.length === 0) return undefined;
  let signals: RunSignals = { ...NO_SIGNALS, received };
  let next = 0;
  for (const { name, number } of arrived) {
    for (
      let wait = waits[next];
      wait !== undefined && wait.position <= number;
      wait = waits[++next]
    )
      signals = withWait(signals, wait.name, wait.position).signals;
    signals = withSignal(signals, name, number, number).signals;
  }
  for (const { name, position } of waits.slice(next))
    signals = withWait(signals, name, position).signals;
  return signals;
}
