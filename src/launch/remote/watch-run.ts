/**
 * Watches a run of an API: changes between two polls become the events that a view shows.
 *
 * 1. A poll costs one request while nothing changes. After a change, only pages with unfinished
 *    steps are read again, some of them in each poll.
 * 2. The pause between polls is proportional to the duration of a poll, so a run with very many
 *    steps is polled less often.
 *
 * @module
 */
import { allItems, type Client } from '../../client/client.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { isTerminalRun } from '../../model/run.ts';
import { isTerminalStep, type StepStatus } from '../../model/step.ts';
import { awaitedSignalEvent } from '../../view/awaited-signals.ts';
import type { HintTarget } from '../../view/hints.ts';
import type { View } from '../../view/view.ts';
import type { RunDocument } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import { MAX_API_PAGE_ITEMS, toRunListItem, toStepViewModel } from './remote-source.ts';

const MIN_POLL_MS = 500;
const MAX_POLL_MS = 10_000;
const OUTPUT_POLL_MS = 3000;
/** The most pages that one poll reads. */
const MAX_PAGES_PER_POLL = 10;

export interface WatchOptions {
  /**
   * A final status at this revision or before is from an earlier generation: the run was resumed.
   */
  readonly afterRevision?: number;
  /** For the commands in messages. Default: none. */
  readonly hintTarget?: HintTarget | undefined;
  /** Resolves when watching is to stop. */
  readonly until: Promise<unknown>;
}

/** Resolves with true when the run is finished, with false when `until` resolves. */
export async function watchRun(
  client: Client,
  id: string,
  view: View,
  { afterRevision = -1, until, hintTarget }: WatchOptions,
): Promise<boolean> {
  let stopped = false;
  const stop = until.then(() => {
    stopped = true;
  });
  const steps = new StepPoller(client, id, view);
  const output = new OutputPoller(client, id, view);
  const shown = new Set<string>();
  const showAwaitedSignals = ({ waitsForSignals }: RunDocument): void => {
    for (const name of waitsForSignals)
      if (!shown.has(name))
        view.event(awaitedSignalEvent(runIdSchema.parse(id), name, Date.now(), hintTarget));
    shown.clear();
    for (const name of waitsForSignals) shown.add(name);
  };
  let seenRevision = -1;
  let isStarted = false;
  while (!stopped) {
    const pollStartedAt = performance.now();
    const run = await client.run(id);
    if (!isStarted) view.start(toRunListItem(run));
    const isTerminal = isTerminalRun(run.status) && run.revision > afterRevision;
    if (run.revision !== seenRevision || isTerminal) await output.poll(isTerminal);
    if (run.revision !== seenRevision || steps.isBehind || isTerminal)
      await steps.poll(isTerminal, isStarted);
    showAwaitedSignals(run);
    isStarted = true;
    seenRevision = run.revision;
    if (isTerminal) return true;
    const pauseMs = Math.min(
      MAX_POLL_MS,
      Math.max(MIN_POLL_MS, 2 * (performance.now() - pollStartedAt)),
    );
    await Promise.race([stop, pauseFor(pauseMs)]);
  }
  return false;
}

interface PolledPage {
  /** Undefined for the first page. */
  readonly cursor: string | undefined;
  next: string | null;
  isComplete: boolean;
}

/** Polls what the logic and its callbacks print, and passes new lines to the view. */
class OutputPoller {
  readonly #client: Client;
  readonly #id: RunId;
  readonly #view: View;
  #shown = 0;
  #nextPollAt = 0;

  constructor(client: Client, id: string, view: View) {
    this.#client = client;
    this.#id = runIdSchema.parse(id);
    this.#view = view;
  }

  /** @param isLast the run is finished; else output is read only from time to time */
  async poll(isLast: boolean): Promise<void> {
    const now = performance.now();
    if (!isLast && now < this.#nextPollAt) return;
    this.#nextPollAt = now + OUTPUT_POLL_MS;
    let count = 0;
    for await (const { text, at } of allItems((cursor) =>
      this.#client.runTexts(this.#id, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    )) {
      if (++count <= this.#shown) continue;
      this.#view.event({ kind: 'log', run: this.#id, level: 'info', text, at: Date.parse(at) });
    }
    this.#shown = Math.max(this.#shown, count);
  }
}

/** Polls the steps of a run and passes changes to the view. */
class StepPoller {
  readonly #client: Client;
  readonly #id: RunId;
  readonly #view: View;
  readonly #pages: PolledPage[] = [{ cursor: undefined, next: null, isComplete: false }];
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
  #nextPage = 0;
  #lastShownReason: string | undefined;
  isBehind = false;

  constructor(client: Client, id: string, view: View) {
    this.#client = client;
    this.#id = runIdSchema.parse(id);
    this.#view = view;
  }

  /**
   * @param all reads all pages in this poll @param emitEvents false in the first poll: existing
   *   steps are no events
   */
  async poll(all: boolean, emitEvents: boolean): Promise<void> {
    let read = 0;
    let index = this.#nextPage < this.#pages.length ? this.#nextPage : 0;
    for (
      let visited = 0;
      visited < this.#pages.length;
      visited += 1, index = (index + 1) % this.#pages.length
    ) {
      const page = this.#pages[index];
      if (page === undefined || (page.isComplete && page.next !== null)) continue;
      if (read === MAX_PAGES_PER_POLL && !all) break;
      read += 1;
      await this.#readPage(page, emitEvents);
    }
    this.#nextPage = index;
    this.isBehind = read === MAX_PAGES_PER_POLL && !all;
  }

  async #readPage(page: PolledPage, emitEvents: boolean): Promise<void> {
    const { items, next } = await this.#client.steps(this.#id, {
      limit: MAX_API_PAGE_ITEMS,
      ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
    });
    for (const step of items) if (step.status !== 'superseded') this.#update(step, emitEvents);
    if (next !== null && page.next === null)
      this.#pages.push({ cursor: next, next: null, isComplete: false });
    page.next = next;
    page.isComplete =
      items.length === MAX_API_PAGE_ITEMS &&
      items.every(({ status, waitingFor }) => isTerminalStep(status) && waitingFor === 'none');
  }

  /** Shows a reason once: all members of a fan-out may wait for the same one. */
  #showWaiting(step: string, reason: string): void {
    if (this.#lastShownReason === reason) return;
    this.#lastShownReason = reason;
    this.#view.event({
      kind: 'log',
      run: this.#id,
      level: 'warn',
      text: `step ${step} waits: ${reason}`,
      at: Date.now(),
    });
  }

  /** Once for each component: the reason changes whenever a step of its limit ends. */
  #showLimitWait({ name, component }: StepDocument, reason: string): void {
    if (this.#limitedComponents.has(component)) return;
    this.#limitedComponents.add(component);
    const text = `${name} ${reason}`;
    this.#view.event({ kind: 'log', run: this.#id, level: 'info', text, at: Date.now() });
  }

  #update(step: StepDocument, emitEvents: boolean): void {
    const before = this.#lastSeen.get(step.call);
    const { status, waitingReason, attempts } = step;
    this.#lastSeen.set(step.call, { status, waitingReason, attempts: attempts.length });
    if (waitingReason !== null && before?.waitingReason !== waitingReason) {
      if (step.waitingFor === 'limit') this.#showLimitWait(step, waitingReason);
      else this.#showWaiting(step.name, waitingReason);
    }
    if (before?.status === status && before.attempts === attempts.length) return;
    if (!emitEvents) return this.#view.addExistingStep(toStepViewModel(step));
    for (const [status, at] of passedStatuses(step, before?.status)) {
      const attempt = step.attempts.at(-1);
      this.#view.event({
        kind: 'step',
        run: this.#id,
        call: step.call,
        step: step.name,
        status,
        previous: before?.status ?? null,
        attempt: step.attempts.length,
        reason: attempt?.reason ?? undefined,
        adopted: step.adoptedFrom !== null,
        ...(step.retryAt === null ? {} : { retryAt: Date.parse(step.retryAt) }),
        ...(before === undefined ? { arguments: step.arguments } : {}),
        at,
      });
    }
  }
}

/**
 * The statuses that the step had since the last poll, with their times. Statuses between two polls
 * are included.
 */
function passedStatuses(
  step: StepDocument,
  before: StepStatus | undefined,
): readonly (readonly [StepStatus, number])[] {
  const attempt = step.attempts.at(-1);
  const created = Date.parse(step.createdAt);
  const statuses: (readonly [StepStatus, number])[] = [];
  if (before === undefined) statuses.push(['pending', created]);
  if (attempt !== undefined && step.status !== 'pending') {
    if (before !== 'queued' && before !== 'running')
      statuses.push(['queued', Date.parse(attempt.queuedAt)]);
    if (attempt.startedAt !== null && step.status !== 'queued' && before !== 'running')
      statuses.push(['running', Date.parse(attempt.startedAt)]);
  }
  const last = statuses.at(-1)?.[0];
  if (last !== step.status)
    statuses.push([step.status, Date.parse(step.endedAt ?? attempt?.startedAt ?? step.createdAt)]);
  return statuses;
}

const pauseFor = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
