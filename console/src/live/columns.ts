/**
 * The calls of one run as columns: structure, statuses and times, indexed by call.
 *
 * 1. The structure of a call never changes within an epoch. A document of another epoch empties the
 *    columns first.
 * 2. `known` calls have a structure; statuses may be on record for more calls than that, because a
 *    change can arrive before the page of the graph.
 * 3. Documents may arrive twice or late: an older state or an older time never replaces a newer one.
 *
 * @module
 */
import type {
  ComponentState,
  RunChangesDocument,
  RunGraphDocument,
  RunStateDocument,
  RunTimingsDocument,
} from '../../../src/wire/run-state.ts';
import { DurationHistogram } from './durations.ts';
import { grown } from './growing.ts';
import { COMPLETED, codeOf, PENDING, SUPERSEDED } from './statuses.ts';

/** A time that is not on record. */
export const NO_TIME = -1;

/** One attempt of a call with several. Times are milliseconds since the epoch, or `NO_TIME`. */
export interface AttemptTimes {
  readonly queued: number;
  readonly started: number;
  readonly ended: number;
  readonly status: number;
}

/** What a document changed. */
export interface ColumnsChange {
  /** The columns were emptied: everything derived from them is void. */
  readonly isReset: boolean;
  /** Calls from this one on have a structure now; equal to `known` if none were added. */
  readonly addedFrom: number;
  /** Calls whose status or times changed; `undefined`: possibly all of them. */
  readonly changed: readonly number[] | undefined;
}

type Listener = (change: ColumnsChange) => void;

export class RunColumns {
  /** -1 until the first document. */
  epoch = -1;
  /** The revision of the statuses; request changes since this one. -1: no state yet. */
  revision = -1;
  /** The number of calls with a structure. */
  known = 0;
  /** The number of calls of the run, as far as reported. */
  total = 0;
  /** Increases with each change. */
  version = 0;

  readonly components: string[] = [];
  /** By call: the index of its component, and how many calls of the component are before it. */
  component = new Int32Array(0);
  ordinal = new Int32Array(0);
  /** Ranges of the parents of call c: those from `rangesOf[c]` to before `rangesOf[c + 1]`. */
  rangesOf = new Int32Array(1);
  rangeFirst = new Int32Array(0);
  rangeLast = new Int32Array(0);

  status = new Uint8Array(0);
  attempts = new Int32Array(0);
  queued = new Float64Array(0);
  started = new Float64Array(0);
  ended = new Float64Array(0);
  /** Why a call waits, for calls that wait for something. */
  readonly waitingFor = new Map<number, string>();
  readonly attemptTimes = new Map<number, readonly AttemptTimes[]>();
  /** Times up to before this call were read from `/timings`. */
  timed = 0;

  readonly #componentIndex = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #histograms = new Map<string, DurationHistogram>();
  /** The revision of a call's times. */
  #timesRevision = new Float64Array(0);
  readonly #listeners = new Set<Listener>();

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Appends a page of the graph. Returns false if calls before the page are missing. */
  appendGraph(page: RunGraphDocument): boolean {
    const isReset = this.#enterEpoch(page.epoch);
    if (page.from > this.known) {
      if (isReset) this.#changed({ isReset, addedFrom: this.known, changed: undefined });
      return false;
    }
    const addedFrom = this.known;
    const end = page.from + page.calls;
    if (end > this.known) {
      this.#reserveStructure(end);
      this.#appendComponents(page);
      this.#appendParents(page);
      for (const [call, name] of page.names) this.#names.set(call, name);
      this.known = end;
      this.total = Math.max(this.total, end);
      this.#reserveState(this.total);
    }
    this.#changed({ isReset, addedFrom, changed: [] });
    return true;
  }

  /** Applies the statuses of all calls. Returns false if newer statuses are on record. */
  applyState(state: RunStateDocument): boolean {
    const isReset = this.#enterEpoch(state.epoch);
    if (state.revision < this.revision) return false;
    this.revision = state.revision;
    this.total = Math.max(this.known, state.calls);
    this.#reserveState(this.total);
    const bytes = atob(state.statuses);
    const count = Math.min(state.calls, bytes.length * 2);
    for (let call = 0; call < count; call++) {
      const byte = bytes.charCodeAt(call >> 1);
      const code = (call & 1) === 0 ? byte & 15 : byte >> 4;
      this.status[call] = code <= SUPERSEDED ? code : PENDING;
    }
    this.#histograms.clear();
    for (const component of state.components) this.#setHistogram(component);
    this.#changed({ isReset, addedFrom: this.known, changed: undefined });
    return true;
  }

  /**
   * Applies what changed since `revision`. Returns false if the graph and the state must be read
   * again.
   */
  applyChanges(changes: RunChangesDocument): boolean {
    if (changes.reset || (this.epoch >= 0 && changes.epoch !== this.epoch)) return false;
    if (changes.revision < this.revision) return true;
    this.epoch = changes.epoch;
    this.revision = changes.revision;
    this.total = Math.max(this.total, changes.calls);
    this.#reserveState(this.total);
    const changed: number[] = [];
    for (const step of changes.steps) {
      if (step.call < 0 || step.call >= this.total) continue;
      const { call } = step;
      const before = this.status[call] ?? PENDING;
      const code = codeOf(step.status);
      this.status[call] = code;
      this.attempts[call] = step.attempts;
      this.queued[call] = step.queuedAt ?? NO_TIME;
      this.started[call] = step.startedAt ?? NO_TIME;
      this.ended[call] = step.endedAt ?? NO_TIME;
      this.#timesRevision[call] = changes.revision;
      if (step.waitingFor === '') this.waitingFor.delete(call);
      else this.waitingFor.set(call, step.waitingFor);
      if (code === COMPLETED && before !== COMPLETED) this.#countDuration(call);
      changed.push(call);
    }
    this.#changed({ isReset: false, addedFrom: this.known, changed });
    return true;
  }

  /** Applies a page of times. Returns false if it is of another epoch, or if pages are missing. */
  applyTimings(page: RunTimingsDocument): boolean {
    if (page.epoch !== this.epoch || page.from > this.timed) return false;
    const end = page.from + page.calls;
    this.total = Math.max(this.total, end);
    this.#reserveState(this.total);
    const at = (offset: number | undefined): number =>
      offset === undefined || offset < 0 ? NO_TIME : page.base + offset;
    for (let index = 0; index < page.calls; index++) {
      const call = page.from + index;
      if ((this.#timesRevision[call] ?? -1) > page.revision) continue;
      this.#timesRevision[call] = page.revision;
      this.queued[call] = at(page.queued[index]);
      this.started[call] = at(page.started[index]);
      this.ended[call] = at(page.ended[index]);
      if (this.attempts[call] === 0 && this.queued[call] !== NO_TIME) this.attempts[call] = 1;
    }
    for (const [call, attempts] of page.attempts) {
      this.attempts[call] = Math.max(this.attempts[call] ?? 0, attempts.length);
      this.attemptTimes.set(
        call,
        attempts.map(([queued, started, ended, status]) => ({
          queued: at(queued),
          started: at(started),
          ended: at(ended),
          status: codeOf(status),
        })),
      );
    }
    this.timed = Math.max(this.timed, end);
    this.#changed({ isReset: false, addedFrom: this.known, changed: undefined });
    return true;
  }

  componentNameOf(call: number): string {
    return this.components[this.component[call] ?? -1] ?? '';
  }

  nameOf(call: number): string {
    const exception = this.#names.get(call);
    if (exception !== undefined) return exception;
    const ordinal = this.ordinal[call] ?? 0;
    const component = this.componentNameOf(call);
    return ordinal === 0 ? component : `${component}_${ordinal}`;
  }

  /** Calls `visit` with each parent of a call; stops when it returns false. */
  eachParent(call: number, visit: (parent: number) => unknown): void {
    const end = this.rangesOf[call + 1] ?? 0;
    for (let range = this.rangesOf[call] ?? 0; range < end; range++) {
      const last = this.rangeLast[range] ?? -1;
      for (let parent = this.rangeFirst[range] ?? 0; parent <= last; parent++) {
        if (visit(parent) === false) return;
      }
    }
  }

  /** The durations of a component's completed executions; undefined before the first state. */
  durationsOf(component: string): DurationHistogram | undefined {
    return this.#histograms.get(component);
  }

  #enterEpoch(epoch: number): boolean {
    if (epoch === this.epoch) return false;
    const isReset = this.epoch >= 0;
    this.epoch = epoch;
    if (!isReset) return false;
    this.revision = -1;
    this.known = 0;
    this.total = 0;
    this.timed = 0;
    this.components.length = 0;
    this.#componentIndex.clear();
    this.#names.clear();
    this.#histograms.clear();
    this.waitingFor.clear();
    this.attemptTimes.clear();
    this.status.fill(PENDING);
    this.attempts.fill(0);
    for (const times of [this.queued, this.started, this.ended]) times.fill(NO_TIME);
    this.#timesRevision.fill(-1);
    return true;
  }

  #reserveStructure(calls: number): void {
    this.component = grown(this.component, calls, 0);
    this.ordinal = grown(this.ordinal, calls, 0);
    this.rangesOf = grown(this.rangesOf, calls + 1, 0);
  }

  #reserveState(calls: number): void {
    this.status = grown(this.status, calls, PENDING);
    this.attempts = grown(this.attempts, calls, 0);
    this.queued = grown(this.queued, calls, NO_TIME);
    this.started = grown(this.started, calls, NO_TIME);
    this.ended = grown(this.ended, calls, NO_TIME);
    this.#timesRevision = grown(this.#timesRevision, calls, -1);
  }

  #appendComponents(page: RunGraphDocument): void {
    const indices = page.components.map((name) => this.#indexOf(name));
    const ordinals = page.components.map((_, index) => page.ordinals[index] ?? 0);
    let call = page.from;
    for (let at = 0; at + 1 < page.component.length; at += 2) {
      const local = page.component[at] ?? 0;
      const end = call + (page.component[at + 1] ?? 0);
      for (; call < end; call++) {
        const ordinal = ordinals[local] ?? 0;
        ordinals[local] = ordinal + 1;
        if (call < this.known) continue;
        this.component[call] = indices[local] ?? 0;
        this.ordinal[call] = ordinal;
      }
    }
    if (call !== page.from + page.calls) {
      throw new RangeError(
        `the graph has components of ${call - page.from} calls, not ${page.calls}`,
      );
    }
  }

  #appendParents(page: RunGraphDocument): void {
    const { parents } = page;
    let range = this.rangesOf[this.known] ?? 0;
    let at = 0;
    for (let call = page.from; call < page.from + page.calls; call++) {
      const count = parents[at++] ?? 0;
      if (call >= this.known) {
        this.rangeFirst = grown(this.rangeFirst, range + count, 0);
        this.rangeLast = grown(this.rangeLast, range + count, 0);
        for (let index = 0; index < count; index++) {
          const last = call - (parents[at + index * 2] ?? 0);
          const first = last - (parents[at + index * 2 + 1] ?? 0) + 1;
          if (first < 0 || first > last || last >= call) {
            throw new RangeError(`call ${call} has parents from ${first} to ${last}`);
          }
          this.rangeFirst[range] = first;
          this.rangeLast[range] = last;
          range += 1;
        }
        this.rangesOf[call + 1] = range;
      }
      at += count * 2;
    }
  }

  #indexOf(component: string): number {
    const present = this.#componentIndex.get(component);
    if (present !== undefined) return present;
    const index = this.components.push(component) - 1;
    this.#componentIndex.set(component, index);
    return index;
  }

  #setHistogram({ name, durations }: ComponentState): void {
    this.#histograms.set(name, new DurationHistogram(durations));
  }

  #countDuration(call: number): void {
    const started = this.started[call] ?? NO_TIME;
    const ended = this.ended[call] ?? NO_TIME;
    if (call >= this.known || started < 0 || ended < started) return;
    const component = this.componentNameOf(call);
    const histogram = this.#histograms.get(component) ?? new DurationHistogram([]);
    histogram.add(ended - started);
    this.#histograms.set(component, histogram);
  }

  #changed(change: ColumnsChange): void {
    this.version += 1;
    for (const listener of this.#listeners) listener(change);
  }
}
