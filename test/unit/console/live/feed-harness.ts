/**
 * A service with one run, and a browser whose tabs show it.
 *
 * @module
 */
import { ApiError, ConnectionError } from '../../../../console/src/api/problems.ts';
import type { ChangesAnswer, FeedSource } from '../../../../console/src/live/feed-source.ts';
import { PollScheduler } from '../../../../console/src/live/poll-scheduler.ts';
import { RunFeed } from '../../../../console/src/live/run-feed.ts';
import { STATUSES } from '../../../../console/src/live/statuses.ts';
import type { TabGroup, TabMessage } from '../../../../console/src/live/tab-group.ts';
import { runIdSchema } from '../../../../src/model/ids.ts';
import type { StepStatus } from '../../../../src/model/step.ts';
import type { RunChangesDocument, StepChange } from '../../../../src/wire/run-state.ts';
import type { RunDocument } from '../../../../src/wire/runs.ts';

const RUN: RunDocument = {
  id: runIdSchema.parse('01hzzzzzzzzzzzzzzzzzzzzzzz'),
  pipeline: 'main',
  project: 'default',
  version: '1.0.0',
  number: 1,
  addRunNumber: true,
  status: 'running',
  tags: [],
  rerunOf: null,
  parent: null,
  waitsForSignals: [],
  createdBy: null,
  archived: false,
  note: null,
  errorMessage: null,
  scalars: null,
  cost: null,
  createdAt: '2026-11-30T10:00:00.000Z',
  startedAt: '2026-11-30T10:00:00.000Z',
  endedAt: null,
  args: {},
  encodedArgs: [],
  argsMap: {},
  result: null,
  error: null,
  abortReason: null,
  abortedBy: null,
  file: 'pipeline.ts',
  callbackErrors: [],
  steps: { total: 0, unfinished: 0, failures: 0 },
  evaluator: 'engine',
  revision: 0,
};

export const problem = (status: number, retryAfterMs?: number): ApiError =>
  new ApiError({ type: 'urn:headrace:problem:x', title: 'x', status, detail: 'x' }, retryAfterMs);

const changeOf = (call: number, status: StepStatus): StepChange => ({
  call,
  status,
  attempts: 1,
  waitingFor: '',
  queuedAt: null,
  startedAt: null,
  endedAt: null,
});

/** A service that counts requests. */
export class FakeService {
  run = RUN;
  epoch = 0;
  statuses: StepStatus[] = [];
  readonly requests = { run: 0, state: 0, graph: 0, timings: 0, changes: 0 };
  /** Thrown by each request while it is set. */
  failure: Error | null = null;
  hasColumns = true;
  streams = false;
  #log: { readonly revision: number; readonly call: number }[] = [];
  readonly #followers = new Set<(document: RunChangesDocument) => void>();

  /** Adds calls, or changes the status of one. */
  set(call: number, status: StepStatus): void {
    const revision = this.run.revision + 1;
    this.statuses[call] = status;
    this.#log.push({ revision, call });
    this.change({ revision });
  }

  change(changes: Partial<RunDocument>): void {
    const since = this.run.revision;
    this.run = { ...this.run, revision: since + 1, ...changes };
    for (const follower of this.#followers) follower(this.#changesSince(since));
  }

  /** Removes all calls, as a resume from the first one does. */
  rewind(): void {
    this.epoch++;
    this.statuses = [];
    this.#log = [];
    this.change({});
  }

  /** Ends all streams, as a lost connection does. */
  cut: () => void = () => undefined;

  source(): FeedSource {
    const answer = async <T>(kind: keyof FakeService['requests'], document: () => T) => {
      this.requests[kind]++;
      await Promise.resolve();
      if (this.failure !== null) throw this.failure;
      if (!this.hasColumns && kind !== 'run') throw problem(404);
      return document();
    };
    return {
      run: () => answer('run', () => this.run),
      state: () =>
        answer('state', () => ({
          epoch: this.epoch,
          revision: this.run.revision,
          calls: this.statuses.length,
          statuses: encode(this.statuses),
          components: [],
        })),
      graph: (from) => answer('graph', () => this.#graph(from)),
      timings: () => {
        throw new Error('not of this test');
      },
      changes: (since, { mayStream, signal }) =>
        answer('changes', (): ChangesAnswer => {
          const document = this.#changesSince(since);
          if (!this.streams || !mayStream) return { kind: 'document', document };
          return { kind: 'stream', documents: this.#follow(document, signal) };
        }),
    };
  }

  #graph(from: number) {
    const calls = this.statuses.length - from;
    return {
      epoch: this.epoch,
      from,
      calls,
      more: false,
      components: calls === 0 ? [] : ['step'],
      component: calls === 0 ? [] : [0, calls],
      names: [],
      ordinals: calls === 0 ? [] : [from],
      parents: Array.from({ length: calls }, () => 0),
    };
  }

  #changesSince(since: number): RunChangesDocument {
    const calls = [
      ...new Set(this.#log.filter(({ revision }) => revision > since).map(({ call }) => call)),
    ];
    return {
      epoch: this.epoch,
      revision: this.run.revision,
      reset: false,
      more: false,
      run: this.run.revision > since ? this.run : null,
      calls: this.statuses.length,
      steps: calls.map((call) => changeOf(call, this.statuses[call] ?? 'pending')),
    };
  }

  async *#follow(first: RunChangesDocument, signal: AbortSignal) {
    const waiting = [first];
    let wake: () => void = () => undefined;
    let isCut = false;
    const follower = (document: RunChangesDocument) => {
      waiting.push(document);
      wake();
    };
    this.#followers.add(follower);
    this.cut = () => {
      isCut = true;
      wake();
    };
    signal.addEventListener('abort', () => wake());
    try {
      while (!signal.aborted) {
        yield* waiting.splice(0);
        if (isCut) throw new TypeError('network error');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#followers.delete(follower);
    }
  }
}

function encode(statuses: readonly StepStatus[]): string {
  let bytes = '';
  for (let call = 0; call < statuses.length; call += 2) {
    const [low = 0, high = 0] = statuses
      .slice(call, call + 2)
      .map((status) => STATUSES.indexOf(status));
    bytes += String.fromCharCode(low | (high << 4));
  }
  return btoa(bytes);
}

/** Tabs that share a channel and a lock, as those of one browser. */
export class FakeBrowser {
  readonly #listeners = new Map<object, (message: TabMessage) => void>();
  #lock: Promise<void> = Promise.resolve();

  openTab(service: FakeService, source = service.source()): RunFeed {
    return new RunFeed({
      source,
      group: this.#group(),
      scheduler: new PollScheduler(() => 0),
    });
  }

  #group(): TabGroup {
    const key = {};
    return {
      post: (message) => {
        for (const [other, listener] of this.#listeners) if (other !== key) listener(message);
      },
      onMessage: (listener) => this.#listeners.set(key, listener),
      whileLeading: async (signal, lead) => {
        const before = this.#lock;
        let release: () => void = () => undefined;
        this.#lock = new Promise((resolve) => {
          release = resolve;
        });
        await before;
        if (!signal.aborted) await lead();
        release();
      },
      close: () => this.#listeners.delete(key),
    };
  }
}

export const connectionLost = (): ConnectionError => new ConnectionError(new TypeError('x'));
