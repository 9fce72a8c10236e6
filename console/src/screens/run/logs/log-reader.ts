/**
 * Reads a log for a view: from its end, its start or a line, in both directions, and follows it.
 *
 * 1. One request at a time: a store of logs limits requests of an account.
 * 2. A failed request is repeated when the server permits it; lines that were read stay.
 * 3. A search reads a long log in parts; it continues until it has found lines.
 *
 * @module
 */
import type { LogPageDocument, RunLogPageDocument } from '../../../../../src/wire/logs.ts';
import type { LogRead } from '../../../api/logs.ts';
import { ApiError } from '../../../api/problems.ts';
import { isTransient } from '../../../api/query-client.ts';
import {
  EMPTY_WINDOW,
  type LogWindow,
  windowOf,
  withNextPage,
  withPreviousPage,
} from '../log-window.ts';

export const PAGE_LINES = 2_000;
export const FOLLOW_INTERVAL_MS = 3_000;
const RETRY_MS = 3_000;
/** Matches that a search collects before it waits for the user. */
const MATCHES_AT_ONCE = 200;

export type LogStart =
  | { readonly at: 'start' | 'end' }
  | { readonly at: 'position'; readonly position: string };

export interface LogFilter {
  readonly search?: string | undefined;
  readonly level?: string | undefined;
}

export interface LogSnapshot {
  readonly window: LogWindow;
  readonly isLoading: boolean;
  /** The first page was read. */
  readonly isRead: boolean;
  /** The calls whose lines the log of a run leaves out: the last ones. */
  readonly omittedCalls: number;
  readonly error: unknown;
}

/** Before the first request. */
export const NOTHING_READ: LogSnapshot = {
  window: EMPTY_WINDOW,
  isLoading: false,
  isRead: false,
  omittedCalls: 0,
  error: null,
};

type Read = (read: LogRead, signal: AbortSignal) => Promise<LogPageDocument | RunLogPageDocument>;

export class LogReader {
  readonly #read: Read;
  readonly #filter: LogFilter;
  readonly #listeners = new Set<() => void>();
  readonly #end = new AbortController();
  #snapshot = NOTHING_READ;
  #follows = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(read: Read, filter: LogFilter = {}) {
    this.#read = read;
    this.#filter = filter;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  snapshot(): LogSnapshot {
    return this.#snapshot;
  }

  /** Reads the first page. */
  async start(start: LogStart): Promise<void> {
    const isFromEnd = start.at === 'end' && !this.#isFiltered;
    await this.#request(
      {
        ...(isFromEnd ? { from: 'end' } : {}),
        ...(start.at === 'position' ? { position: start.position } : {}),
      },
      (_, page) => windowOf(page, isFromEnd),
    );
    if (start.at === 'position' && this.#snapshot.window.previous !== null) await this.previous();
    await this.#searchOn();
    this.#schedule();
  }

  /** Reads the lines before those that were read. */
  async previous(): Promise<void> {
    const { previous } = this.#snapshot.window;
    if (previous === null) return;
    await this.#request({ cursor: previous, direction: 'backward' }, withPreviousPage);
  }

  /** Reads the lines after those that were read. */
  async next(): Promise<void> {
    const { next } = this.#snapshot.window;
    if (next === null) return;
    await this.#request({ cursor: next }, (window, page) => withNextPage(window, page));
  }

  /** Whether new lines are read as they are written. */
  follow(follows: boolean): void {
    this.#follows = follows;
    this.#schedule();
  }

  close(): void {
    this.#end.abort();
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  get #isFiltered(): boolean {
    return this.#filter.search !== undefined || this.#filter.level !== undefined;
  }

  async #searchOn(): Promise<void> {
    while (
      this.#isFiltered &&
      this.#snapshot.window.hasMore &&
      this.#snapshot.error === null &&
      this.#snapshot.window.lines.length < MATCHES_AT_ONCE &&
      !this.#end.signal.aborted
    )
      await this.next();
  }

  #schedule(delayMs: number = FOLLOW_INTERVAL_MS): void {
    clearTimeout(this.#timer);
    const { isRead, window, error } = this.#snapshot;
    if (!this.#follows || !isRead || window.isComplete || error !== null) return;
    if (this.#end.signal.aborted) return;
    const poll = async () => {
      if (!isHidden()) await this.next();
      this.#schedule(this.#snapshot.window.hasMore ? 0 : FOLLOW_INTERVAL_MS);
    };
    this.#timer = setTimeout(() => void poll(), window.hasMore ? 0 : delayMs);
  }

  /** Does a request, unless one is under way. `apply` makes the window with the page. */
  async #request(
    read: Omit<LogRead, 'limit'>,
    apply: (window: LogWindow, page: LogPageDocument | RunLogPageDocument) => LogWindow,
  ): Promise<void> {
    if (this.#snapshot.isLoading || this.#end.signal.aborted) return;
    this.#update({ isLoading: true, error: null });
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        const page = await this.#read({ ...read, limit: PAGE_LINES, ...this.#filter }, signal);
        if (signal.aborted) return;
        const window = apply(this.#snapshot.window, page);
        const omittedCalls = 'omittedCalls' in page ? page.omittedCalls : 0;
        this.#update({ window, isLoading: false, isRead: true, omittedCalls, error: null });
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!isTransient(error)) {
          this.#update({ isLoading: false, error });
          return;
        }
        this.#update({ error });
        await pause(
          (error instanceof ApiError ? error.retryAfterMs : undefined) ?? RETRY_MS,
          signal,
        );
      }
    }
  }

  #update(changes: Partial<LogSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

const isHidden = (): boolean => typeof document !== 'undefined' && document.hidden;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
