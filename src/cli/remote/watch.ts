/**
 * Watches a run behind an API: what changed between two looks becomes the events that a view knows.
 *
 * 1. A look costs one request while nothing changed. When something did, only pages of steps that were not over are read again, some at a time.
 * 2. Looks are as far apart as they take long: a run with very many steps is looked at less often.
 *
 * @module
 */
import type { Client } from '../../client/client.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { isTerminalRun as isRunOver } from '../../model/run.ts';
import { isTerminalStep, type StepStatus } from '../../model/step.ts';
import type { StepDocument } from '../../wire/steps.ts';
import type { View } from '../view/view.ts';
import { listedRun, PAGE, shownStep } from './source.ts';

const SHORTEST_MILLISECONDS = 500;
const LONGEST_MILLISECONDS = 10_000;
/** Pages that one look reads at the most. */
const PAGES_A_LOOK = 10;

export interface WatchOptions {
  /** The end of the run at this revision is an old one: somebody asked for it to go on. */
  readonly beyond?: number;
  /** Resolves when nobody watches any more. */
  readonly until: Promise<unknown>;
}

/** Resolves when the run is over (true), or nobody watches (false). */
export async function watch(
  client: Client,
  id: string,
  view: View,
  { beyond = -1, until }: WatchOptions,
): Promise<boolean> {
  let stopped = false;
  const stop = until.then(() => {
    stopped = true;
  });
  const steps = new Steps(client, id, view);
  let seen = -1;
  let begun = false;
  while (!stopped) {
    const began = performance.now();
    const run = await client.run(id);
    if (!begun) view.begin(listedRun(run));
    const isOver = isRunOver(run.status) && run.revision > beyond;
    if (run.revision !== seen || steps.isBehind || isOver) await steps.look(isOver, begun);
    begun = true;
    seen = run.revision;
    if (isOver) return true;
    const pause = Math.min(
      LONGEST_MILLISECONDS,
      Math.max(SHORTEST_MILLISECONDS, 2 * (performance.now() - began)),
    );
    await Promise.race([stop, pauseFor(pause)]);
  }
  return false;
}

interface PageSeen {
  /** Undefined for the first. */
  readonly cursor: string | undefined;
  next: string | null;
  over: boolean;
}

/** The steps of a run, as far as they were seen. */
class Steps {
  readonly #client: Client;
  readonly #id: RunId;
  readonly #view: View;
  readonly #pages: PageSeen[] = [{ cursor: undefined, next: null, over: false }];
  readonly #known = new Map<number, { readonly status: StepStatus; readonly attempts: number }>();
  #from = 0;
  isBehind = false;

  constructor(client: Client, id: string, view: View) {
    this.#client = client;
    this.#id = runIdSchema.parse(id);
    this.#view = view;
  }

  /** @param all whatever it takes @param news false at the first look: what was there before is no event */
  async look(all: boolean, news: boolean): Promise<void> {
    let read = 0;
    let index = this.#from < this.#pages.length ? this.#from : 0;
    for (
      let looked = 0;
      looked < this.#pages.length;
      looked += 1, index = (index + 1) % this.#pages.length
    ) {
      const page = this.#pages[index];
      if (page === undefined || (page.over && page.next !== null)) continue;
      if (read === PAGES_A_LOOK && !all) break;
      read += 1;
      await this.#read(page, news);
    }
    this.#from = index;
    this.isBehind = read === PAGES_A_LOOK && !all;
  }

  async #read(page: PageSeen, news: boolean): Promise<void> {
    const { items, next } = await this.#client.steps(this.#id, {
      limit: PAGE,
      ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
    });
    for (const step of items) if (step.status !== 'superseded') this.#take(step, news);
    if (next !== null && page.next === null)
      this.#pages.push({ cursor: next, next: null, over: false });
    page.next = next;
    page.over =
      items.length === PAGE &&
      items.every(({ status, waitingFor }) => isTerminalStep(status) && waitingFor === 'none');
  }

  #take(step: StepDocument, news: boolean): void {
    const before = this.#known.get(step.call);
    if (before?.status === step.status && before.attempts === step.attempts.length) return;
    this.#known.set(step.call, { status: step.status, attempts: step.attempts.length });
    if (!news) return this.#view.known(shownStep(step));
    for (const [status, at] of passed(step, before?.status)) {
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
        at,
      });
    }
  }
}

/** The statuses that the step went through since it was last seen, with their times: what lies between two looks is told too. */
function passed(
  step: StepDocument,
  before: StepStatus | undefined,
): readonly (readonly [StepStatus, number])[] {
  const attempt = step.attempts.at(-1);
  const created = Date.parse(step.createdAt);
  const way: (readonly [StepStatus, number])[] = [];
  if (before === undefined) way.push(['pending', created]);
  if (attempt !== undefined && step.status !== 'pending') {
    if (before !== 'queued' && before !== 'running')
      way.push(['queued', Date.parse(attempt.queuedAt)]);
    if (attempt.startedAt !== null && step.status !== 'queued' && before !== 'running')
      way.push(['running', Date.parse(attempt.startedAt)]);
  }
  const last = way.at(-1)?.[0];
  if (last !== step.status)
    way.push([step.status, Date.parse(step.endedAt ?? attempt?.startedAt ?? step.createdAt)]);
  return way;
}

const pauseFor = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
