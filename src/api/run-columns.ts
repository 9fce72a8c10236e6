/**
 * The graph, the state, the times and the changes of a run as columnar documents.
 *
 * @module
 */
import type { Attempt, Step } from '../model/step.ts';
import type {
  ComponentTotals,
  RunGraphPage,
  RunStateRecord,
  RunTimesPage,
  StepTimes,
} from '../ports/run-state.ts';
import type {
  ComponentState,
  RunGraphDocument,
  RunStateDocument,
  RunTimingsDocument,
  StepChange,
} from '../wire/run-state.ts';

/** Ranges of parents that a page has at most; each is some ten bytes. */
const MAX_RANGES = 100_000;
/** Attempts that a page lists at most, beyond the last one of each step. */
const MAX_LISTED_ATTEMPTS = 20_000;

export function graphDocument(page: RunGraphPage, from: number): RunGraphDocument {
  const calls = callsWithin(page.calls, MAX_RANGES, ({ parents }) => parents.length);
  const components = [...new Set(calls.map(({ component }) => component))];
  const indexes = new Map(components.map((component, index) => [component, index]));
  const ordinals = components.map((component) => page.ordinals.get(component) ?? 0);
  const next = [...ordinals];
  const names: [number, string][] = [];
  const runs: [component: number, count: number][] = [];
  calls.forEach(({ component, name }, n) => {
    const index = indexes.get(component) ?? 0;
    const ordinal = next[index] ?? 0;
    next[index] = ordinal + 1;
    if (name !== (ordinal === 0 ? component : `${component}_${ordinal}`))
      names.push([from + n, name]);
    const last = runs.at(-1);
    if (last?.[0] === index) last[1] += 1;
    else runs.push([index, 1]);
  });
  return {
    epoch: page.epoch,
    from,
    calls: calls.length,
    more: page.more || calls.length < page.calls.length,
    components,
    component: runs.flat(),
    names,
    ordinals,
    parents: calls.flatMap(({ parents }, n) => [
      parents.length,
      ...parents.flatMap(([first, last]) => [from + n - last, last - first + 1]),
    ]),
  };
}

export function stateDocument(state: RunStateRecord): RunStateDocument {
  const { statuses, components, ...rest } = state;
  const bytes = Buffer.alloc(Math.ceil(statuses.length / 2));
  statuses.forEach((status, call) => {
    bytes[call >> 1] = (bytes[call >> 1] ?? 0) | (status << (call % 2 === 0 ? 0 : 4));
  });
  return {
    ...rest,
    calls: statuses.length,
    statuses: bytes.toString('base64'),
    components: components.map(componentDocument),
  };
}

const componentDocument = (totals: ComponentTotals): ComponentState => ({
  ...totals,
  counts: { ...totals.counts },
  durations: [...totals.durations],
  failures: [...totals.failures],
});

export function timingsDocument(page: RunTimesPage, from: number): RunTimingsDocument {
  const steps = callsWithin(page.steps, MAX_LISTED_ATTEMPTS, ({ attempts }) =>
    attempts.length > 1 ? attempts.length : 0,
  );
  const times = steps.map(timesOf);
  const known = times
    .flatMap(({ queuedAt, startedAt, endedAt }) => [queuedAt, startedAt, endedAt])
    .filter((time) => time !== null);
  const base = known.reduce((least, time) => Math.min(least, time), known[0] ?? 0);
  const after = (time: number | null | undefined): number =>
    time === null || time === undefined ? -1 : Math.max(0, time - base);
  return {
    epoch: page.epoch,
    revision: page.revision,
    from,
    calls: steps.length,
    more: page.more || steps.length < page.steps.length,
    base,
    queued: times.map(({ queuedAt }) => after(queuedAt)),
    started: times.map(({ startedAt }) => after(startedAt)),
    ended: times.map(({ endedAt }) => after(endedAt)),
    attempts: steps.flatMap(({ call, attempts, adoptedFrom }): RunTimingsDocument['attempts'] =>
      attempts.length < 2 || adoptedFrom !== undefined
        ? []
        : [
            [
              call,
              attempts.map(({ queuedAt, startedAt, endedAt, status }: Attempt) => [
                after(queuedAt),
                after(startedAt),
                after(endedAt),
                status,
              ]),
            ],
          ],
    ),
  };
}

export const stepChange = (step: Step): StepChange => ({
  call: step.call,
  status: step.status,
  attempts: step.attempts.length,
  waitingFor: step.waitingFor,
  ...timesOf(step),
});

/** When the step was executed in this run. A step of another run that was taken over was not. */
const timesOf = ({
  attempts,
  startedAt,
  endedAt,
  adoptedFrom,
}: Omit<StepTimes, 'call'>): Pick<StepChange, 'queuedAt' | 'startedAt' | 'endedAt'> =>
  adoptedFrom === undefined
    ? {
        queuedAt: attempts[0]?.queuedAt ?? null,
        startedAt: attempts.length === 0 ? startedAt : (attempts.at(-1)?.startedAt ?? null),
        endedAt,
      }
    : { queuedAt: null, startedAt: null, endedAt: null };

/** The first items whose sizes have at most this sum; at least one. */
function callsWithin<T>(
  items: readonly T[],
  maxSize: number,
  sizeOf: (item: T) => number,
): readonly T[] {
  let size = 0;
  const end = items.findIndex((item, index) => {
    size += sizeOf(item);
    return size > maxSize && index > 0;
  });
  return end === -1 ? items : items.slice(0, end);
}
