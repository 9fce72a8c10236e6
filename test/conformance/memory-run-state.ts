/**
 * The graph, the state and the changes of a run in memory.
 *
 * @module
 */
import { rangesOf } from '../../src/model/limit-state.ts';
import type { Step } from '../../src/model/step.ts';
import {
  componentsOf,
  MAX_CHANGED_REVISIONS,
  noChanges,
  type RunChanges,
  type RunGraphPage,
  type RunStateRecord,
  type RunTimesPage,
  resetChanges,
  runStateOf,
  statusIndex,
} from '../../src/ports/run-state.ts';
import type { MemoryRun } from './memory-run.ts';

const stepsOf = ({ steps }: MemoryRun): readonly Step[] =>
  [...steps.values()].sort((a, b) => a.call - b.call);

export function graphOf(run: MemoryRun, from: number, limit: number): RunGraphPage {
  const steps = stepsOf(run);
  const page = steps.slice(from, from + limit);
  return {
    epoch: run.head.generation,
    calls: page.map(({ call, component, name }) => ({
      component,
      name,
      parents: rangesOf(run.parents.get(call) ?? []),
    })),
    more: steps.length > from + limit,
    ordinals: new Map(
      page.map(({ component }) => [
        component,
        steps.slice(0, from).filter((step) => step.component === component).length,
      ]),
    ),
  };
}

export function stateOf(run: MemoryRun): RunStateRecord {
  const steps = stepsOf(run);
  const statuses = Uint8Array.from(steps, ({ status }) => statusIndex(status));
  return runStateOf(run.head, statuses, componentsOf(steps));
}

export function timesOf(run: MemoryRun, from: number, limit: number): RunTimesPage {
  const steps = stepsOf(run);
  return {
    epoch: run.head.generation,
    revision: run.head.revision,
    steps: steps.slice(from, from + limit),
    more: steps.length > from + limit,
  };
}

export function changesOf(run: MemoryRun, since: number, limit: number): RunChanges {
  const { head, steps } = run;
  if (since >= head.revision) return noChanges(run.record, since);
  if (head.revision - since > MAX_CHANGED_REVISIONS) return resetChanges(run.record);
  const revision = Math.min(head.revision, since + limit);
  const calls = new Set<number>();
  for (let at = since + 1; at <= revision; at += 1) {
    const changed = run.changes.get(at);
    if (changed === undefined) return resetChanges(run.record);
    for (const call of changed) calls.add(call);
  }
  return {
    ...noChanges(run.record, since),
    revision,
    more: revision < head.revision,
    run: run.record,
    steps: [...calls].sort((a, b) => a - b).flatMap((call) => steps.get(call) ?? []),
  };
}
