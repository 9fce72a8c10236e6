/**
 * The events that notifications report, published again when a batch is delivered again: the turn
 * that wrote the last commit may have failed before it published them.
 *
 * 1. The end of a run is published again with the time on record: both events are equal.
 * 2. The record does not show which commit made a run wait. Each awaited signal is published again,
 *    with the time of the repetition.
 * 3. Other events only show progress, and later ones replace them: they are not repeated.
 *
 * @module
 */
import { isTerminalRun } from '../../model/run.ts';
import { runFacts } from '../../model/run-facts.ts';
import type { Turn } from '../turn/turn.ts';

export async function publishAgain(turn: Turn): Promise<void> {
  const { id: run, head, context } = turn;
  const now = context.clock.now();
  const facts = runFacts(turn);
  const { status } = head;
  if (isTerminalRun(status))
    return context.events.publish([{ kind: 'run', run, status, facts, at: head.endedAt ?? now }]);
  const awaited = new Set(head.signals?.awaited ?? []);
  if (awaited.size > 0)
    await context.events.publish(
      [...awaited].map((name) => ({ kind: 'signal', run, name, facts, at: now })),
    );
}
