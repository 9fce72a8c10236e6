/**
 * A run as it changes: its document, and the columns of its calls.
 *
 * 1. The visible tabs of a run poll once: the leader requests, the others receive its answers.
 * 2. Documents are applied in the order of their revisions. A tab that lacks one, and every tab
 *    after a rewind, reads the run anew.
 * 3. A lost connection is reported and retried; nothing that is shown is removed by it.
 *
 * @module
 */
import type { RunChangesDocument, RunGraphDocument } from '../../../src/wire/run-state.ts';
import type { RunDocument } from '../../../src/wire/runs.ts';
import { ApiError, ConnectionError } from '../api/problems.ts';
import { RunColumns } from './columns.ts';
import type { FeedSource } from './feed-source.ts';
import { readGraph } from './graph-pages.ts';
import { PollScheduler } from './poll-scheduler.ts';
import type { TabGroup, TabMessage } from './tab-group.ts';

/** `outdated`: the service has no columns of runs; the run's document alone is live. */
export type FeedMode = 'columns' | 'outdated';

/** What a view shows beside the columns. */
export interface FeedSnapshot {
  readonly run: RunDocument | null;
  /** The run cannot be shown: it was removed, or the caller may not read it. */
  readonly error: unknown;
  /** The graph and the state were read. */
  readonly isLoaded: boolean;
  /** Requests fail; what is shown may be old. */
  readonly isLost: boolean;
  readonly mode: FeedMode;
  /** Of the columns. */
  readonly version: number;
}

export interface FeedPorts {
  readonly source: FeedSource;
  readonly group: TabGroup;
  readonly scheduler?: PollScheduler;
}

const TERMINAL = new Set(['completed', 'failed', 'aborted']);

export class RunFeed {
  readonly columns = new RunColumns();
  readonly #source: FeedSource;
  readonly #group: TabGroup;
  readonly #scheduler: PollScheduler;
  readonly #listeners = new Set<() => void>();
  readonly #end = new AbortController();
  #snapshot: FeedSnapshot = {
    run: null,
    error: null,
    isLoaded: false,
    isLost: false,
    mode: 'columns',
    version: 0,
  };
  #wake: (() => void) | null = null;
  /** Aborted when this tab is hidden: the leader then passes on its part. */
  #visible: AbortController | null = null;
  #loading: Promise<void> | null = null;
  #timings: Promise<void> | null = null;

  constructor({ source, group, scheduler = new PollScheduler() }: FeedPorts) {
    this.#source = source;
    this.#group = group;
    this.#scheduler = scheduler;
    group.onMessage((message) => this.#receive(message));
  }

  /** Calls `listener` after each change. Returns a function that stops this. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The same object until something changes. */
  snapshot(): FeedSnapshot {
    return this.#snapshot;
  }

  /** The page is visible or hidden. The first call starts the feed. */
  setVisible(isVisible: boolean): void {
    if (this.#end.signal.aborted) return;
    this.#scheduler.setHidden(!isVisible);
    if (!isVisible) {
      this.#visible?.abort();
      this.#visible = null;
    } else if (this.#visible === null) {
      const visible = new AbortController();
      this.#visible = visible;
      const signal = AbortSignal.any([visible.signal, this.#end.signal]);
      this.#run(signal).catch((error: unknown) => {
        if (!signal.aborted) this.#fail(error);
      });
    }
  }

  /** The user has requested a change of the run. */
  acted(): void {
    this.#scheduler.acted();
    this.#group.post({ kind: 'acted' });
    this.#wake?.();
  }

  /** Requests at once after a lost connection, or after an error that has ended the feed. */
  retry(): void {
    this.#scheduler.requested();
    this.#wake?.();
    if (this.#snapshot.error === null) return;
    this.#update({ error: null });
    this.setVisible(false);
    this.setVisible(true);
  }

  /** Reads the times of all calls that have none yet. */
  loadTimings(): Promise<void> {
    this.#timings ??= this.#readTimings().finally(() => {
      this.#timings = null;
    });
    return this.#timings;
  }

  close(): void {
    this.#end.abort();
    this.#group.close();
    this.#listeners.clear();
  }

  /** Reads the run, then follows it as a leader, until the signal is aborted. */
  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#snapshot.isLoaded && this.#snapshot.error === null)
      await this.#attempt(signal, () => this.#load(signal));
    await this.#group.whileLeading(signal, () => this.#lead(signal));
  }

  async #lead(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#snapshot.error === null) {
      const isElapsed = await this.#pause(this.#scheduler.delayMs(), signal);
      if (signal.aborted) return;
      if (!isElapsed) continue;
      await this.#attempt(signal, () =>
        this.#snapshot.mode === 'outdated' ? this.#pollDocument(signal) : this.#poll(signal),
      );
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const since = this.columns.revision;
    const answer = await this.#source.changes(since, { mayStream: !this.#isOver(), signal });
    this.#connected();
    if (answer.kind === 'document') {
      await this.#apply(answer.document, since, signal);
      this.#answered(answer.document, since);
      return;
    }
    // The end of a stream is an answer without changes: the next request opens another one.
    this.#scheduler.answered({ moved: true, more: false, queued: false, over: this.#isOver() });
    for await (const document of answer.documents) {
      const before = this.columns.revision;
      const isComplete = await this.#apply(document, before, signal);
      this.#answered(document, before);
      if (!isComplete || this.#isOver()) return;
    }
  }

  async #pollDocument(signal: AbortSignal): Promise<void> {
    const before = this.#snapshot.run?.revision;
    const run = await this.#source.run(signal);
    this.#connected();
    this.#update({ run });
    this.#scheduler.answered({
      moved: run.revision !== before,
      more: false,
      queued: run.status === 'queued',
      over: TERMINAL.has(run.status),
    });
  }

  #answered({ revision, more, run }: RunChangesDocument, since: number): void {
    const status = (run ?? this.#snapshot.run)?.status;
    this.#scheduler.answered({
      moved: revision !== since,
      more,
      queued: status === 'queued',
      over: status !== undefined && TERMINAL.has(status),
    });
  }

  /** Applies changes and shares them. Returns false if the run had to be read anew. */
  async #apply(document: RunChangesDocument, since: number, signal: AbortSignal): Promise<boolean> {
    if (!this.columns.applyChanges(document)) {
      await this.#load(signal);
      return false;
    }
    this.#group.post({ kind: 'changes', since, document });
    this.#update(document.run === null ? {} : { run: document.run });
    for (const page of await this.#readGraph(signal)) this.#group.post({ kind: 'graph', page });
    return true;
  }

  /** Reads the run, its state and its graph. Requests at the same time are one. */
  #load(signal: AbortSignal): Promise<void> {
    this.#loading ??= this.#read(signal).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** The requests overlap: only in a large run does one depend on the answer before it. */
  async #read(signal: AbortSignal): Promise<void> {
    const [reading, stating] = [this.#source.run(signal), this.#source.state(signal)];
    const first = this.columns.known === 0 ? this.#source.graph(0, signal) : undefined;
    // Their failures are reported when they are needed.
    for (const early of [stating, first]) early?.catch(() => undefined);
    const run = await reading;
    this.#connected();
    this.#update({ run });
    try {
      const state = await stating;
      this.columns.applyState(state);
      const graph = await this.#readGraph(signal, first);
      this.#group.post({ kind: 'snapshot', run, state, graph });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.#update({ mode: 'outdated' });
    }
    this.#update({ isLoaded: true });
    if (this.#isOver())
      this.#scheduler.answered({ moved: false, more: false, queued: false, over: true });
  }

  /** Reads the structure of calls that have none. An epoch that starts meanwhile is read whole. */
  async #readGraph(
    signal: AbortSignal,
    first?: Promise<RunGraphDocument>,
  ): Promise<readonly RunGraphDocument[]> {
    const pages: RunGraphDocument[] = [];
    for await (const page of readGraph(this.#source, this.columns, { signal, first })) {
      pages.push(page);
      this.#update({});
    }
    if (this.columns.revision >= 0) return pages;
    this.columns.applyState(await this.#source.state(signal));
    return [...pages, ...(await this.#readGraph(signal))];
  }

  async #readTimings(): Promise<void> {
    const { signal } = this.#end;
    while (this.columns.timed < this.columns.known) {
      const page = await this.#source.timings(this.columns.timed, signal);
      if (!this.columns.applyTimings(page) || page.calls === 0) return;
      this.#update({});
    }
  }

  #receive(message: TabMessage): void {
    switch (message.kind) {
      case 'acted':
        this.#scheduler.acted();
        this.#wake?.();
        return;
      case 'connection':
        this.#update({ isLost: message.isLost });
        return;
      case 'graph':
        if (message.page.epoch !== this.columns.epoch) return;
        if (!this.columns.appendGraph(message.page)) this.#loadMissed();
        this.#update({});
        return;
      case 'snapshot':
        for (const page of message.graph) this.columns.appendGraph(page);
        this.columns.applyState(message.state);
        this.#update({ run: message.run, isLoaded: true });
        if (this.columns.known < this.columns.total) this.#loadMissed();
        return;
      case 'changes':
        this.#receiveChanges(message);
    }
  }

  #receiveChanges(message: Extract<TabMessage, { readonly kind: 'changes' }>): void {
    const { since, document } = message;
    if (!this.#snapshot.isLoaded) return;
    if (since <= this.columns.revision && this.columns.applyChanges(document)) {
      this.#update(document.run === null ? {} : { run: document.run });
      return;
    }
    this.#loadMissed();
  }

  /** Reads the run anew: messages were missed while this tab was suspended. */
  #loadMissed(): void {
    this.#load(this.#end.signal).catch((error: unknown) => this.#fail(error));
  }

  /** Does a request. A failure that may pass delays the next one; another one ends the feed. */
  async #attempt(signal: AbortSignal, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      this.#fail(error);
      if (this.#snapshot.error === null && !this.#snapshot.isLoaded)
        await this.#pause(this.#scheduler.delayMs(), signal);
    }
  }

  #fail(error: unknown): void {
    if (this.#end.signal.aborted) return;
    const isRefused = error instanceof ApiError && error.status < 500 && error.status !== 429;
    if (isRefused || !(error instanceof ApiError || isConnectionError(error))) {
      this.#update({ error });
      return;
    }
    this.#scheduler.failed(error instanceof ApiError ? (error.retryAfterMs ?? null) : null);
    // A service that limits requests can be reached.
    if (error instanceof ApiError && error.status === 429) return;
    this.#update({ isLost: true });
    this.#group.post({ kind: 'connection', isLost: true });
  }

  #connected(): void {
    if (!this.#snapshot.isLost) return;
    this.#update({ isLost: false });
    this.#group.post({ kind: 'connection', isLost: false });
  }

  #isOver(): boolean {
    const status = this.#snapshot.run?.status;
    return status !== undefined && TERMINAL.has(status);
  }

  /** Waits; null: until something wakes the feed. Returns whether the time has elapsed. */
  #pause(delayMs: number | null, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isElapsed: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#wake = null;
        resolve(isElapsed);
      };
      const wake = () => end(false);
      const timer = delayMs === null ? undefined : setTimeout(() => end(true), delayMs);
      this.#wake = wake;
      signal.addEventListener('abort', wake);
    });
  }

  #update(changes: Partial<FeedSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...changes, version: this.columns.version };
    for (const listener of this.#listeners) listener();
  }
}

/** A request of a phase in which the tab was visible before. */
const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';

/** A connection that ends within a stream fails with a `TypeError` or a `DOMException`. */
const isConnectionError = (error: unknown): boolean =>
  error instanceof ConnectionError || error instanceof TypeError || error instanceof DOMException;
