/**
 * What wakes an engine when no step does: timers that are due, and what other processes posted.
 *
 * 1. A timer that fired is not fired again while its transition is on its way; it goes when that was handled.
 * 2. It beats only while the engine owns a run.
 *
 * @module
 */

import type { Inbox } from '../local/store/inbox.ts';
import type { DueTimer, Timers } from '../local/store/timers.ts';
import type { RunId } from '../model/ids.ts';
import type { Transition, TransitionOf } from '../model/transition.ts';
import type { Clock } from '../ports/clock.ts';

export interface HeartOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly inbox: Inbox;
  readonly owned: () => readonly RunId[];
  readonly send: (transitions: readonly Transition[]) => void;
}

const INBOX_MILLISECONDS = 100;
const BATCH = 1000;

const keyOf = ({
  run,
  kind,
  subject,
  generation,
}: Pick<DueTimer, 'run' | 'kind' | 'subject' | 'generation'>): string =>
  `${run} ${kind} ${subject} ${generation}`;

export class Heart {
  readonly #options: HeartOptions;
  readonly #fired = new Map<string, DueTimer>();
  #beat: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: HeartOptions) {
    this.#options = options;
  }

  /** Something may have become due, or owned. */
  look(): void {
    if (this.#stopped || this.#beat !== undefined) return;
    if (this.#options.owned().length === 0) return;
    this.#beat = setTimeout(() => this.#tick(), INBOX_MILLISECONDS);
  }

  /** The timers of this batch did their work. */
  handled(run: RunId, batch: readonly Transition[]): void {
    const done = batch.filter(
      (transition): transition is TransitionOf<'timer.fired'> => transition.kind === 'timer.fired',
    );
    if (done.length === 0) return;
    const timers = done.flatMap(
      ({ timer, subject, generation }) =>
        this.#fired.get(keyOf({ run, kind: timer, subject, generation })) ?? [],
    );
    this.#options.timers.handled(timers);
    for (const timer of timers) this.#fired.delete(keyOf(timer));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#beat);
  }

  #tick(): void {
    this.#beat = undefined;
    if (this.#stopped) return;
    const { clock, timers, inbox, owned, send } = this.#options;
    const runs = owned();
    const posted = inbox.take(runs);
    if (posted.length > 0) send(posted);
    const due = timers
      .due(runs, clock.now(), BATCH)
      .filter((timer) => !this.#fired.has(keyOf(timer)));
    for (const timer of due) this.#fired.set(keyOf(timer), timer);
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
    this.look();
  }
}
