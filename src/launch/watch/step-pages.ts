/**
 * Reads the steps of a run that is watched, again and again. Only pages with unfinished steps are
 * read again, some of them in each poll.
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
}

export class StepPages {
  readonly #feed: Pick<RunFeed, 'steps'>;
  readonly #pages: PolledPage[] = [{ cursor: undefined, next: null, isComplete: false }];
  #nextPage = 0;
  /** The last poll did not read all pages with unfinished steps. */
  isBehind = false;

  constructor(feed: Pick<RunFeed, 'steps'>) {
    this.#feed = feed;
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
      if (read === MAX_PAGES_PER_POLL && !all) break;
      read += 1;
      yield* await this.#readPage(page);
    }
    this.#nextPage = index;
    this.isBehind = read === MAX_PAGES_PER_POLL && !all;
  }

  async #readPage(page: PolledPage): Promise<readonly StepViewModel[]> {
    const { items, next } = await this.#feed.steps(page.cursor);
    if (next !== null && page.next === null)
      this.#pages.push({ cursor: next, next: null, isComplete: false });
    page.next = next;
    page.isComplete =
      next !== null &&
      items.every(({ status, waitingFor }) => isTerminalStep(status) && waitingFor === 'none');
    return items.filter(({ status }) => status !== 'superseded');
  }
}
