/**
 * Documents of runs for tests of the console: from a list of calls with components and parents.
 *
 * @module
 */
import type { StepStatus } from '../../../../src/model/step.ts';
import { STEP_STATUSES } from '../../../../src/model/step.ts';
import type {
  RunChangesDocument,
  RunGraphDocument,
  RunStateDocument,
  StepChange,
} from '../../../../src/wire/run-state.ts';

export interface CallOfTest {
  readonly component: string;
  readonly parents: readonly number[];
}

/** Consecutive numbers as ranges, in order. */
function rangesOf(numbers: readonly number[]): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const present = ranges.at(-1);
    if (present !== undefined && present[1] === number - 1) present[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

/** A page of the graph: calls `from` to before `to`. */
export function graphPage(
  calls: readonly CallOfTest[],
  from = 0,
  to = calls.length,
  epoch = 0,
): RunGraphDocument {
  const page = calls.slice(from, to);
  const components = [...new Set(page.map(({ component }) => component))];
  const indices = new Map(components.map((name, index) => [name, index]));
  const runs: number[] = [];
  for (const { component } of page) {
    const index = indices.get(component) ?? 0;
    if (runs.at(-2) === index) runs.push((runs.pop() ?? 0) + 1);
    else runs.push(index, 1);
  }
  const before = new Map<string, number>();
  for (const { component } of calls.slice(0, from)) {
    before.set(component, (before.get(component) ?? 0) + 1);
  }
  const parents = page.flatMap((call, index) => {
    const ranges = rangesOf(call.parents);
    return [
      ranges.length,
      ...ranges.flatMap(([first, last]) => [from + index - last, last - first + 1]),
    ];
  });
  return {
    epoch,
    from,
    calls: page.length,
    more: to < calls.length,
    components,
    component: runs,
    names: [],
    ordinals: components.map((name) => before.get(name) ?? 0),
    parents,
  };
}

export function stateOf(
  statuses: readonly StepStatus[],
  revision = 1,
  epoch = 0,
): RunStateDocument {
  const bytes = Buffer.alloc(Math.ceil(statuses.length / 2));
  for (const [call, status] of statuses.entries()) {
    const code = STEP_STATUSES.indexOf(status);
    bytes[call >> 1] = (bytes[call >> 1] ?? 0) | ((call & 1) === 0 ? code : code << 4);
  }
  return {
    epoch,
    revision,
    calls: statuses.length,
    statuses: bytes.toString('base64'),
    components: [],
  };
}

export const changeOf = (
  call: number,
  status: StepStatus,
  more: Partial<StepChange> = {},
): StepChange => ({
  call,
  status,
  attempts: 1,
  waitingFor: '',
  queuedAt: null,
  startedAt: null,
  endedAt: null,
  ...more,
});

export const changesOf = (
  revision: number,
  calls: number,
  steps: readonly StepChange[],
  more: Partial<RunChangesDocument> = {},
): RunChangesDocument => ({
  epoch: 0,
  revision,
  reset: false,
  more: false,
  run: null,
  calls,
  steps: [...steps],
  ...more,
});

/** `load → split → n × (prep → train → score) → select → report`. */
export function wideRun(width: number): CallOfTest[] {
  const calls: CallOfTest[] = [
    { component: 'load', parents: [] },
    { component: 'split', parents: [0] },
  ];
  for (let member = 0; member < width; member++) {
    const first = calls.length;
    calls.push({ component: 'prep', parents: [1] });
    calls.push({ component: 'train', parents: [first] });
    calls.push({ component: 'score', parents: [first + 1] });
  }
  const scores = Array.from({ length: width }, (_, member) => 4 + member * 3);
  calls.push({ component: 'select', parents: scores });
  calls.push({ component: 'report', parents: [calls.length - 1] });
  return calls;
}
