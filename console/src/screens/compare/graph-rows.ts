/**
 * The comparison of what the runs executed: one row for each component.
 *
 * @module
 */
import type { ComponentState } from '../../../../src/wire/run-state.ts';
import { formatDuration } from '../../format/durations.ts';
import { formatCount } from '../../format/numbers.ts';
import { type Cell, type Row, rowOf } from './comparison.ts';

/** How a component of one run compares with that of the base run. */
export type Change = 'same' | 'added' | 'removed' | 'slower' | 'faster' | 'cached' | 'failing';

export interface GraphRow extends Row {
  readonly cells: readonly (Cell & { readonly change: Change })[];
}

/** A mean duration counts as another one from this factor on: less is noise. */
const NOTABLE_FACTOR = 1.25;

/**
 * @param states the components of each run, in the order of the runs; undefined while they are
 * loaded
 */
export function graphRows(
  states: readonly (readonly ComponentState[] | undefined)[],
  base: number,
): readonly GraphRow[] {
  const byRun = states.map(
    (components) => new Map((components ?? []).map((each) => [each.name, each])),
  );
  const names = [...new Set(byRun.flatMap((components) => [...components.keys()]))];
  return names.map((name) => {
    const found = byRun.map((components) => components.get(name));
    const row = rowOf(
      'Components',
      name,
      found.map((state) => ({
        json:
          state === undefined
            ? undefined
            : [state.calls, state.counts.cached ?? 0, state.counts.failed ?? 0],
        text: state === undefined ? undefined : textOf(state),
      })),
      base,
    );
    const cells = row.cells.map((cell, index) => {
      const change = states[index] === undefined ? 'same' : changeOf(found[index], found[base]);
      return { ...cell, change, differs: cell.differs || change !== 'same' };
    });
    return { ...row, cells, differs: row.differs || cells.some(({ change }) => change !== 'same') };
  });
}

/** Milliseconds; undefined if no execution has completed. */
export function meanDuration({ durationMs, durations }: ComponentState): number | undefined {
  const executions = durations.reduce((sum, count) => sum + count, 0);
  return executions === 0 ? undefined : durationMs / executions;
}

function textOf(state: ComponentState): string {
  const mean = meanDuration(state);
  return [
    `× ${formatCount(state.calls)}`,
    ...(mean === undefined ? [] : [formatDuration(mean)]),
    ...(['cached', 'failed'] as const).flatMap((status) =>
      state.counts[status] === undefined ? [] : [`${formatCount(state.counts[status])} ${status}`],
    ),
  ].join(' · ');
}

function changeOf(state: ComponentState | undefined, base: ComponentState | undefined): Change {
  if (state === undefined) return base === undefined ? 'same' : 'removed';
  if (base === undefined) return 'added';
  if (shareOf(state, 'failed') > shareOf(base, 'failed')) return 'failing';
  if (shareOf(state, 'cached') > shareOf(base, 'cached')) return 'cached';
  const [mean, baseMean] = [meanDuration(state), meanDuration(base)];
  if (mean === undefined || baseMean === undefined) return 'same';
  if (mean > baseMean * NOTABLE_FACTOR) return 'slower';
  return mean * NOTABLE_FACTOR < baseMean ? 'faster' : 'same';
}

const shareOf = ({ calls, counts }: ComponentState, status: 'failed' | 'cached'): number =>
  calls === 0 ? 0 : (counts[status] ?? 0) / calls;
