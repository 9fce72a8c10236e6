/**
 * The steps of a run that a request selects, one page at a time.
 *
 * A position is the number of steps before it in the order of `allSteps`; with a name or calls, it is
 * the next call. A request reads a bounded number of steps, so that a page may be short although
 * another one follows.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { Step, StepStatus } from '../model/step.ts';
import type { ApiPorts } from './ports.ts';

export interface StepFilter {
  /** A step or a component. */
  readonly name?: string | undefined;
  readonly status?: StepStatus | undefined;
  /** In ascending order. */
  readonly calls?: readonly number[] | undefined;
}

export interface SelectedStep {
  readonly step: Step;
  /** The position behind the step. */
  readonly after: number;
}

interface SelectedSteps {
  readonly found: readonly SelectedStep[];
  /** Null: there are no further ones. */
  readonly next: number | null;
}

/** Steps of one read while most of them may not match. */
const STEPS_PER_READ = 200;
const MAX_STEPS_PER_REQUEST = 2000;

export async function selectSteps(
  ports: Pick<ApiPorts, 'queries' | 'tasks'>,
  run: RunId,
  filter: StepFilter,
  from: number,
  limit: number,
): Promise<SelectedSteps> {
  const found: SelectedStep[] = [];
  let position = from;
  for (let read = 0; read < MAX_STEPS_PER_REQUEST; ) {
    const size = filter.status === undefined ? limit + 1 - found.length : STEPS_PER_READ;
    const page = await readPage(ports, run, filter, position, size);
    for (const each of page.steps) {
      if (!isSelected(each.step, filter)) continue;
      if (found.length === limit) return { found, next: found.at(-1)?.after ?? null };
      found.push(each);
    }
    if (page.next === null) return { found, next: null };
    position = page.next;
    read += size;
  }
  return { found, next: position };
}

const isSelected = ({ name, component, status }: Step, filter: StepFilter): boolean =>
  (filter.name === undefined || filter.name === name || filter.name === component) &&
  (filter.status === undefined || filter.status === status);

async function readPage(
  { queries, tasks }: Pick<ApiPorts, 'queries' | 'tasks'>,
  run: RunId,
  { name, calls }: StepFilter,
  position: number,
  size: number,
): Promise<{ readonly steps: readonly SelectedStep[]; readonly next: number | null }> {
  if (name === undefined && calls === undefined) {
    const steps = await queries.allSteps(run, size, position);
    return {
      steps: steps.map((step, index) => ({ step, after: position + index + 1 })),
      next: steps.length < size ? null : position + steps.length,
    };
  }
  const wanted =
    calls === undefined
      ? await tasks.callsNamed(run, name ?? '', position - 1, size)
      : calls.filter((call) => call >= position).slice(0, size);
  const last = wanted.at(-1);
  return {
    steps: (await tasks.steps(run, wanted)).map((step) => ({ step, after: step.call + 1 })),
    next: last === undefined || wanted.length < size ? null : last + 1,
  };
}
