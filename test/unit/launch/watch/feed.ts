/**
 * A run that a test changes, as a feed.
 *
 * @module
 */
import type { RunFeed } from '../../../../src/launch/watch/run-feed.ts';
import type { RunId } from '../../../../src/model/ids.ts';
import type { RunStatus } from '../../../../src/model/run.ts';
import type { Step } from '../../../../src/model/step.ts';
import type { StatusEvent } from '../../../../src/ports/events.ts';
import type { ChildProgress } from '../../../../src/view/child-progress.ts';
import type { View } from '../../../../src/view/view.ts';
import type { StepViewModel } from '../../../../src/view/view-models.ts';
import { aHead, anInfo, aStep, runId } from '../../../conformance/records.ts';

export type State = {
  status: RunStatus;
  steps: StepViewModel[];
  texts: string[];
  /** The lines of an attempt, by call and attempt. */
  logs: Record<string, string[]>;
  /** Logs to which nothing is added. */
  complete: Set<string>;
  isAlive: boolean;
  /** Of every child run. */
  childProgress?: ChildProgress;
};

export interface FakeFeed extends RunFeed {
  readonly state: State;
  /** The names of the requests in their order. */
  readonly requests: string[];
}

/** @param onPoll changes the state; it is called before each read of the run, with its number */
export function aFeed(
  onPoll: (state: State, poll: number) => void = () => undefined,
  pageSize = 2,
): FakeFeed {
  const id: RunId = runId(1);
  const requests: string[] = [];
  const state: State = {
    status: 'running',
    steps: [],
    texts: [],
    logs: {},
    complete: new Set(),
    isAlive: true,
  };
  let revision = 0;
  let lastState = '';
  let polls = 0;
  const page = <T>(items: readonly T[], cursor: string | undefined) => {
    const from = Number(cursor ?? 0);
    const found = items.slice(from, from + pageSize);
    return { items: found, next: items.length > from + pageSize ? String(from + pageSize) : null };
  };
  return {
    id,
    state,
    requests,
    pace: { runMs: 1, textsMs: 0, logMs: [1, 1] },
    async isAlive() {
      onPoll(state, ++polls);
      return state.isAlive;
    },
    async run() {
      requests.push('run');
      const current = JSON.stringify([state.status, state.steps, state.texts]);
      if (current !== lastState) revision += 1;
      lastState = current;
      const item = {
        info: { ...anInfo(id), number: 1 },
        head: { ...aHead(id), status: state.status },
      };
      return { item, revision, awaitedSignals: [] };
    },
    async steps(cursor) {
      requests.push(`steps ${cursor ?? ''}`.trim());
      return page(state.steps, cursor);
    },
    async texts(cursor) {
      requests.push(`texts ${cursor ?? ''}`.trim());
      return page(
        state.texts.map((text) => ({ text, at: 1 })),
        cursor,
      );
    },
    async log(call, attempt, cursor, { direction, search, limit = 2 } = {}) {
      const key = `${call} ${attempt}`;
      requests.push(`log ${key}`);
      const all = (state.logs[key] ?? []).filter((line) =>
        line.toLowerCase().includes(search?.toLowerCase() ?? ''),
      );
      if (direction === 'backward') {
        const end = Number(cursor ?? all.length);
        const start = Math.max(0, end - limit);
        return {
          lines: all.slice(start, end).map((text) => ({ text, at: null })),
          next: String(end),
          previous: start === 0 ? null : String(start),
          hasMore: start > 0,
          complete: state.complete.has(key),
        };
      }
      const { items, next } = page(all, cursor);
      return {
        lines: items.map((text) => ({ text, at: null })),
        next: String(Number(cursor ?? 0) + items.length),
        hasMore: next !== null,
        complete: state.complete.has(key),
      };
    },
    async childProgress(run) {
      requests.push(`child ${run}`);
      return state.childProgress;
    },
    reported: { originRun: async () => ({ pipeline: 'iris', number: 3 }) },
  };
}

/** A step with one attempt of this status, or, if it is pending, without one. */
export const stepWith = (call: number, status: Step['status'], number = 1): StepViewModel => ({
  ...aStep(call),
  name: `step_${call}`,
  status,
  waitingFor: status === 'pending' ? 'parents' : 'none',
  attempts:
    status === 'pending' || status === 'cached' || status === 'skipped' || status === 'superseded'
      ? []
      : Array.from({ length: number }, (_, index) => ({
          number: index + 1,
          status: index + 1 === number ? status : ('failed' as const),
          job: { name: '01', index: 0 },
          queuedAt: 1,
          startedAt: 2,
        })),
});

/** A view that records what it is passed, as `name status` of steps. */
export function aView(): View & { readonly shown: string[] } {
  const shown: string[] = [];
  return {
    shown,
    start: () => undefined,
    addExistingStep: ({ name, status }, origin) =>
      void shown.push(`existing ${name} ${status}${origin === null ? '' : ` ${origin}`}`),
    event: (event: StatusEvent, origin) =>
      void shown.push(
        event.kind === 'step'
          ? `${event.step} ${event.status}${origin == null ? '' : ` ${origin}`}`
          : event.kind === 'log'
            ? event.text
            : event.kind,
      ),
    childProgress: (call, { endedSteps, steps }) =>
      void shown.push(`child run of step_${call} ${endedSteps} of ${steps}`),
    printLine: (text) => void shown.push(text),
    stop: () => undefined,
  };
}
