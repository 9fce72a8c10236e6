/**
 * Polls what the logic and its callbacks print.
 *
 * @module
 */
import type { View } from '../../view/view.ts';
import type { FeedPage, FeedText, RunFeed } from './run-feed.ts';

/** Reads the lines page by page, and continues where it stopped. */
export class TextPages {
  readonly #feed: Pick<RunFeed, 'texts'>;
  /** The last page that was read; it is read again, because lines are added to it. */
  #cursor: string | undefined;
  /** Lines of that page that were returned. */
  #returned = 0;

  constructor(feed: Pick<RunFeed, 'texts'>) {
    this.#feed = feed;
  }

  /** The lines that were not returned before. */
  async *unread(): AsyncGenerator<readonly FeedText[]> {
    while (true) {
      const { items, next }: FeedPage<FeedText> = await this.#feed.texts(this.#cursor);
      const unread = items.slice(this.#returned);
      this.#returned = Math.max(this.#returned, items.length);
      if (unread.length > 0) yield unread;
      if (next === null) return;
      this.#cursor = next;
      this.#returned = 0;
    }
  }
}

/** Passes new lines to a view. */
export class TextPoller {
  readonly #feed: RunFeed;
  readonly #view: View;
  readonly #pages: TextPages;
  #nextPollAt = 0;

  constructor(feed: RunFeed, view: View) {
    this.#feed = feed;
    this.#view = view;
    this.#pages = new TextPages(feed);
  }

  /** @param isLast the run is finished; else texts are read only from time to time */
  async poll(isLast: boolean): Promise<void> {
    const now = performance.now();
    if (!isLast && now < this.#nextPollAt) return;
    this.#nextPollAt = now + this.#feed.pace.textsMs;
    for await (const texts of this.#pages.unread())
      for (const { text, at } of texts)
        this.#view.event({ kind: 'log', run: this.#feed.id, level: 'info', text, at });
  }
}
