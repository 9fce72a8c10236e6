/**
 * The state of a limit of concurrency: the steps that hold its slots, and the queue of the steps
 * that wait for one. Pure.
 *
 * 1. A step is promoted from the queue when fewer steps hold a slot than its own limit allows. The
 *    first step of the queue is always the next one, so no step starves.
 * 2. A step that requests a slot again keeps its slot, or its place in the queue.
 * 3. Calls are stored as ranges: a fan-out of a thousand calls takes as few bytes as one call.
 *
 * @module
 */
import type { RunId } from './ids.ts';

/** The limit that a step obeys. */
export interface StepLimit {
  /** Identifies the limit among those of all projects. */
  readonly key: string;
  /** The number of steps that may be queued or running at once. */
  readonly limit: number;
}

/** Calls as ranges of `[first, last]`, in the order of arrival. */
export type CallRanges = readonly (readonly [number, number])[];

/** Steps of one run. */
interface RunCalls {
  readonly run: RunId;
  readonly calls: CallRanges;
}

export interface LimitState {
  /** One entry for each run. */
  readonly held: readonly RunCalls[];
  /** First come, first served. A step is promoted while fewer than `limit` slots are held. */
  readonly waiting: readonly (RunCalls & { readonly limit: number })[];
}

/** A step of a run. */
export interface LimitParty {
  readonly run: RunId;
  readonly call: number;
}

export const NO_LIMIT_STATE: LimitState = { held: [], waiting: [] };

export const isUnused = ({ held, waiting }: LimitState): boolean =>
  held.length + waiting.length === 0;

/** The calls of the ranges in their order. */
export const callsIn = (ranges: CallRanges): number[] =>
  ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );

/** The calls as ranges, in their order. */
export function rangesOf(calls: Iterable<number>): CallRanges {
  const ranges: [number, number][] = [];
  for (const call of calls) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === call) last[1] = call;
    else ranges.push([call, call]);
  }
  return ranges;
}

const sizeOf = (ranges: CallRanges): number =>
  ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);

const callsOf = (entries: readonly RunCalls[], run: RunId): number[] =>
  entries.flatMap((entry) => (entry.run === run ? callsIn(entry.calls) : []));

/** The calls of `run` that hold a slot. */
export const heldCalls = ({ held }: LimitState, run: RunId): readonly number[] =>
  callsOf(held, run);

/** The calls of `run` that wait. */
export const waitingCalls = ({ waiting }: LimitState, run: RunId): readonly number[] =>
  callsOf(waiting, run);

/** The number of held slots. */
export const heldCount = ({ held }: LimitState): number =>
  held.reduce((sum, { calls }) => sum + sizeOf(calls), 0);

/** The number of steps that wait. */
export const waitingCount = ({ waiting }: LimitState): number =>
  waiting.reduce((sum, { calls }) => sum + sizeOf(calls), 0);

/** Adds the calls to the end of the queue, except those that hold a slot or wait already (2). */
export function enqueue(
  state: LimitState,
  run: RunId,
  limit: number,
  calls: readonly number[],
): LimitState {
  const known = new Set([...heldCalls(state, run), ...waitingCalls(state, run)]);
  const added = [...new Set(calls)].filter((call) => !known.has(call));
  if (added.length === 0) return state;
  const last = state.waiting.at(-1);
  return last !== undefined && last.run === run && last.limit === limit
    ? {
        ...state,
        waiting: [
          ...state.waiting.slice(0, -1),
          { run, limit, calls: rangesOf([...callsIn(last.calls), ...added]) },
        ],
      }
    : { ...state, waiting: [...state.waiting, { run, limit, calls: rangesOf(added) }] };
}

/** The state without the slots and the places of these steps. */
export function withoutParties(state: LimitState, parties: readonly LimitParty[]): LimitState {
  const byRun = new Map<RunId, Set<number>>();
  for (const { run, call } of parties) {
    const calls = byRun.get(run);
    if (calls === undefined) byRun.set(run, new Set([call]));
    else calls.add(call);
  }
  const remaining = <E extends RunCalls>(entries: readonly E[]): E[] =>
    entries.flatMap((entry) => {
      const removed = byRun.get(entry.run);
      if (removed === undefined) return entry;
      const calls = rangesOf(callsIn(entry.calls).filter((call) => !removed.has(call)));
      return calls.length === 0 ? [] : { ...entry, calls };
    });
  return { held: remaining(state.held), waiting: remaining(state.waiting) };
}

/** Promotes steps from the queue while slots are free (1). */
export function promote(state: LimitState): {
  readonly state: LimitState;
  readonly promoted: readonly LimitParty[];
} {
  const promoted: LimitParty[] = [];
  const waiting = [...state.waiting];
  let count = heldCount(state);
  for (let entry = waiting[0]; entry !== undefined && count < entry.limit; entry = waiting[0]) {
    const calls = callsIn(entry.calls);
    const next = calls.slice(0, entry.limit - count);
    const { run } = entry;
    promoted.push(...next.map((call) => ({ run, call })));
    count += next.length;
    const rest = calls.slice(next.length);
    if (rest.length === 0) waiting.shift();
    else waiting[0] = { ...entry, calls: rangesOf(rest) };
  }
  return { state: { held: withHeld(state.held, promoted), waiting }, promoted };
}

function withHeld(held: readonly RunCalls[], promoted: readonly LimitParty[]): RunCalls[] {
  const byRun = new Map(held.map(({ run, calls }) => [run, callsIn(calls)]));
  for (const { run, call } of promoted) byRun.set(run, [...(byRun.get(run) ?? []), call]);
  return [...byRun].map(([run, calls]) => ({
    run,
    calls: rangesOf(calls.sort((a, b) => a - b)),
  }));
}
