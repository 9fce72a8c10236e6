/**
 * Reads the steps of a run that is watched, again and again. Only pages with unfinished steps are
 * read again, some of them in each poll; if it is known which calls changed, only their pages.
 *
 * @module
 */
import { isTerminalStep } from '../../model/step.ts';
import type { StepViewModel } from '../../view/view-models.ts';
import type { RunFeed } from './run-feed.ts';

/** The most pages that one poll reads. */
const MAX_PAGES_PER_POLL = 10;

interface PolledPage {
  /** Undefined for the first page. */
  readonly cursor: string | undefined;
  next: string | null;
  isComplete: boolean;
  /** Steps of the page may have changed since it was read. */
  isOutdated: boolean;
  /** The last call of the page when it was read. */
  lastCall: number;
}

export class StepPages {
  readonly #feed: Pick<RunFeed, 'steps'>;
  readonly #pages: PolledPage[] = [newPage(undefined)];
  #nextPage = 0;
  /** The last poll did not read all pages with unfinished steps. */
  isBehind = false;

  constructor(feed: Pick<RunFeed, 'steps'>) {
    this.#feed = feed;
  }

  /** These calls changed; undefined: any call may have. */
  noteChanges(calls: ReadonlySet<number> | undefined): void {
    let above = -1;
    for (const page of this.#pages) {
      const isLast = page.next === null;
      const first = above + 1;
      above = page.lastCall;
      page.isOutdated ||=
        calls === undefined ||
        [...calls].some((call) => call >= first && (isLast || call <= page.lastCall));
    }
  }

  /** The steps of these pages, without superseded ones. @param all reads all pages in this poll */
  async *poll(all: boolean): AsyncGenerator<StepViewModel> {
    let read = 0;
    let index = this.#nextPage < this.#pages.length ? this.#nextPage : 0;
    for (
      let visited = 0;
      visited < this.#pages.length;
      visited += 1, index = (index + 1) % this.#pages.length
    ) {
      const page = this.#pages[index];
      if (page === undefined || (page.isComplete && page.next !== null)) continue;
      if (!page.isOutdated && !all) continue;
      if (read === MAX_PAGES_PER_POLL && !all) break;
      read += 1;
      yield* await this.#readPage(page);
    }
    this.#nextPage = index;
    this.isBehind = read === MAX_PAGES_PER_POLL && !all;
  }

  async #readPage(page: PolledPage): Promise<readonly StepViewModel[]> {
    page.isOutdated = false;
    const { items, next } = await this.#feed.steps(page.cursor);
    if (next !== null && page.next === null) this.#pages.push(newPage(next));
    page.next = next;
    page.lastCall = Math.max(-1, ...items.map(({ call }) => call));
    page.isComplete =
      next !== null &&
      items.every(({ status, waitingFor }) => isTerminalStep(status) && waitingFor === 'none');
    return items.filter(({ status }) => status !== 'superseded');
  }
}

const newPage = (cursor: string | undefined): PolledPage => ({
  cursor,
  next: null,
  isComplete: false,
  isOutdated: true,
  lastCall: -1,
});
