/**
 * Polls the child runs of a run that is shown, so that the lines of their steps have their progress.
 *
 * The events of a run do not change while a child run works, so they are polled on their own, and only
 * a few of them: each is one read.
 *
 * @module
 */
import { isTerminalStep, type Step } from '../../model/step.ts';
import type { ReadChildProgress } from '../../view/child-progress.ts';
import type { View } from '../../view/view.ts';

/** Child runs that are read in one poll. A run may have hundreds of them at once. */
const MAX_POLLED_RUNS = 5;

export class ChildRunPoller {
  readonly #read: ReadChildProgress;
  readonly #show: NonNullable<View['childProgress']> | undefined;
  readonly #pauseMs: number;
  /** The running child runs, by call. */
  readonly #running = new Map<number, NonNullable<Step['childRun']>>();
  #nextPollAt = 0;

  /** @param pauseMs the least pause between two polls */
  constructor(read: ReadChildProgress, view: View, pauseMs: number) {
    this.#read = read;
    this.#show = view.childProgress?.bind(view);
    this.#pauseMs = pauseMs;
  }

  /** Notes the state of a step. */
  note({ call, status, childRun }: Pick<Step, 'call' | 'status' | 'childRun'>): void {
    if (childRun === undefined || isTerminalStep(status)) this.#running.delete(call);
    else if (this.#show !== undefined) this.#running.set(call, childRun);
  }

  async poll(now = performance.now()): Promise<void> {
    if (this.#running.size === 0 || now < this.#nextPollAt) return;
    this.#nextPollAt = now + this.#pauseMs;
    for (const [call, { run }] of [...this.#running].slice(0, MAX_POLLED_RUNS)) {
      const progress = await this.#read(run);
      if (progress !== undefined) this.#show?.(call, progress);
    }
  }
}
