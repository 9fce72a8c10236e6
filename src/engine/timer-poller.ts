/**
 * Polls the store for due timers, and for transitions that other processes posted to the inbox.
 *
 * 1. A timer that fired does not fire again while its transition is queued. It is removed when the
 *    transition was handled.
 * 2. The poller runs only while the engine owns a run.
 *
 * @module
 */
import type { Inbox } from '../local/store/inbox.ts';
import type { DueTimer, Timers } from '../local/store/timer-records.ts';
import type { RunId } from '../model/ids.ts';
import type { Transition, TransitionOf } from '../model/transition.ts';
import type { Clock } from '../ports/clock.ts';

export interface TimerPollerOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly inbox: Inbox;
  readonly ownedRuns: () => readonly RunId[];
  readonly send: (transitions: readonly Transition[]) => void;
}

const POLL_INTERVAL_MS = 100;
const MAX_DUE_TIMERS = 1000;

const firedKey = ({
  run,
  kind,
  subject,
  generation,
}: Pick<DueTimer, 'run' | 'kind' | 'subject' | 'generation'>): string =>
  `${run} ${kind} ${subject} ${generation}`;

export class TimerPoller {
  readonly #options: TimerPollerOptions;
  readonly #fired = new Map<string, DueTimer>();
  #timeout: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: TimerPollerOptions) {
    this.#options = options;
  }

  /** Schedules the next poll, unless one is scheduled or the engine owns no run. */
  schedule(): void {
    if (this.#stopped || this.#timeout !== undefined) return;
    if (this.#options.ownedRuns().length === 0) return;
    this.#timeout = setTimeout(() => this.#poll(), POLL_INTERVAL_MS);
  }

  /** Removes the timers whose transitions are in this batch. */
  removeHandled(run: RunId, batch: readonly Transition[]): void {
    const firedTransitions = batch.filter(
      (transition): transition is TransitionOf<'timer.fired'> => transition.kind === 'timer.fired',
    );
    if (firedTransitions.length === 0) return;
    const timers = firedTransitions.flatMap(
      ({ timer, subject, generation }) =>
        this.#fired.get(firedKey({ run, kind: timer, subject, generation })) ?? [],
    );
    this.#options.timers.removeHandled(timers);
    for (const timer of timers) this.#fired.delete(firedKey(timer));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timeout);
  }

  #poll(): void {
    this.#timeout = undefined;
    if (this.#stopped) return;
    const { clock, timers, inbox, ownedRuns, send } = this.#options;
    const runs = ownedRuns();
    const posted = inbox.drain(runs);
    if (posted.length > 0) send(posted);
    const due = timers
      .due(runs, clock.now(), MAX_DUE_TIMERS)
      .filter((timer) => !this.#fired.has(firedKey(timer)));
    for (const timer of due) this.#fired.set(firedKey(timer), timer);
    if (due.length > 0)
      send(
        due.map(({ run, kind, subject, generation }) => ({
          kind: 'timer.fired',
          run,
          timer: kind,
          subject,
          generation,
        })),
      );
    this.schedule();
  }
}
