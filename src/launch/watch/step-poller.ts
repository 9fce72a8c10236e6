/**
 * Polls the steps of a run: changes between two polls become the events that a view shows.
 *
 * @module
 */
import type { StepStatus } from '../../model/step.ts';
import { originText } from '../../view/step-origin.ts';
import type { View } from '../../view/view.ts';
import type { StepViewModel } from '../../view/view-models.ts';
import { ChildRunPoller } from './child-run-poller.ts';
import type { LogFollower } from './log-follower.ts';
import type { RunFeed } from './run-feed.ts';
import { StepPages } from './step-pages.ts';

export class StepPoller {
  readonly #feed: RunFeed;
  readonly #view: View;
  readonly #follower: LogFollower | undefined;
  readonly #pages: StepPages;
  readonly #lastSeen = new Map<
    number,
    {
      readonly status: StepStatus;
      readonly attempts: number;
      readonly waitingReason: string | null;
    }
  >();
  /** Components of which a step was shown to wait for a limit. */
  readonly #limitedComponents = new Set<string>();
  readonly #childRuns: ChildRunPoller;
  #lastShownReason: string | undefined;

  constructor(feed: RunFeed, view: View, follower: LogFollower | undefined) {
    this.#childRuns = new ChildRunPoller(feed.childProgress, view, feed.pace.textsMs);
    this.#feed = feed;
    this.#pages = new StepPages(feed);
    this.#view = view;
    this.#follower = follower;
  }

  /** The last poll did not read all pages with unfinished steps. */
  get isBehind(): boolean {
    return this.#pages.isBehind;
  }

  /** These calls changed; undefined: any call may have. */
  noteChanges(calls: ReadonlySet<number> | undefined): void {
    this.#pages.noteChanges(calls);
  }

  /**
   * @param all reads all pages in this poll @param emitEvents false in the first poll: existing
   *   steps are no events
   */
  async poll(all: boolean, emitEvents: boolean): Promise<void> {
    for await (const step of this.#pages.poll(all)) await this.#update(step, emitEvents);
  }

  /** Shows how far the child runs of the run are. */
  async pollChildRuns(): Promise<void> {
    await this.#childRuns.poll();
  }

  /** Shows a reason once: all members of a fan-out may wait for the same one. */
  #showWaiting(step: string, reason: string): void {
    if (this.#lastShownReason === reason) return;
    this.#lastShownReason = reason;
    this.#view.event({
      kind: 'log',
      run: this.#feed.id,
      level: 'warn',
      text: `step ${step} waits: ${reason}`,
      at: Date.now(),
    });
  }

  /** Once for each component: the reason changes whenever a step of its limit ends. */
  #showLimitWait({ name, component }: StepViewModel, reason: string): void {
    if (this.#limitedComponents.has(component)) return;
    this.#limitedComponents.add(component);
    const text = `${name} ${reason}`;
    this.#view.event({ kind: 'log', run: this.#feed.id, level: 'info', text, at: Date.now() });
  }

  async #update(step: StepViewModel, emitEvents: boolean): Promise<void> {
    const before = this.#lastSeen.get(step.call);
    this.#childRuns.note(step);
    const { status, waitingReason = null, attempts } = step;
    this.#lastSeen.set(step.call, { status, waitingReason, attempts: attempts.length });
    if (waitingReason !== null && before?.waitingReason !== waitingReason) {
      if (step.waitingFor === 'limit') this.#showLimitWait(step, waitingReason);
      else this.#showWaiting(step.name, waitingReason);
    }
    if (before?.status === status && before.attempts === attempts.length) return;
    await this.#followAttempts(step, before?.attempts ?? 0, emitEvents);
    const origin =
      step.adoptedFrom === undefined ? null : await originText(this.#feed.reported, step);
    if (!emitEvents) return this.#view.addExistingStep(step, origin);
    for (const [status, at] of passedStatuses(step, before?.status)) {
      const attempt = step.attempts.at(-1);
      const event = {
        kind: 'step',
        run: this.#feed.id,
        call: step.call,
        step: step.name,
        status,
        previous: before?.status ?? null,
        attempt: step.attempts.length,
        reason: attempt?.reason ?? undefined,
        adoptedFrom: step.adoptedFrom,
        ...(step.retryAt === undefined ? {} : { retryAt: step.retryAt }),
        ...(step.childRun === undefined ? {} : { childRun: step.childRun }),
        ...(before === undefined ? { arguments: step.arguments } : {}),
        at,
      } as const;
      this.#view.event(event, origin);
    }
  }

  /**
   * Prints what attempts printed before the end of the attempt is shown.
   *
   * @param seenAttempts of the attempts that were seen before, only the last can be unfinished
   * @param printEnded attempts that ended before the run was watched are not printed
   */
  async #followAttempts(
    { call, name, attempts, adoptedFrom }: StepViewModel,
    seenAttempts: number,
    printEnded: boolean,
  ): Promise<void> {
    if (this.#follower === undefined || adoptedFrom !== undefined) return;
    for (const { number, status } of attempts.slice(Math.max(0, seenAttempts - 1))) {
      if (status === 'running') this.#follower.open(call, name, number);
      else if (status !== 'queued' && printEnded) await this.#follower.finish(call, name, number);
    }
  }
}

/**
 * The statuses that the step had since the last poll, with their times. Statuses between two polls
 * are included.
 */
function passedStatuses(
  step: StepViewModel,
  before: StepStatus | undefined,
): readonly (readonly [StepStatus, number])[] {
  const attempt = step.attempts.at(-1);
  const created = step.createdAt;
  if (step.adoptedFrom !== undefined) return [[step.status, step.endedAt ?? created]];
  const statuses: (readonly [StepStatus, number])[] = [];
  if (before === undefined) statuses.push(['pending', created]);
  if (attempt !== undefined && step.status !== 'pending') {
    if (before !== 'queued' && before !== 'running') statuses.push(['queued', attempt.queuedAt]);
    if (attempt.startedAt != null && step.status !== 'queued' && before !== 'running')
      statuses.push(['running', attempt.startedAt]);
  }
  const last = statuses.at(-1)?.[0];
  if (last !== step.status)
    statuses.push([step.status, step.endedAt ?? attempt?.startedAt ?? step.createdAt]);
  return statuses;
}
