/**
 * The properties of `GraphView` and `TimelineView`: the contract with the Run page.
 *
 * The Run page owns the columns and the address. It loads pages of the graph, the state, changes
 * and times into the columns; the views subscribe to them and draw. Whatever a view selects, it
 * reports as a patch of the address.
 *
 * @module
 */
import type { RunColumns } from '../live/columns.ts';
import type { CellOrder } from './model/cell-order.ts';

/** The part of the Run page's search parameters that the graph and the timeline read and write. */
export interface GraphSearch {
  /** Absent: the level with at most 60 boxes. */
  readonly level?: 'components' | 'groups' | 'calls' | undefined;
  /** The first call of the selected group. With `level: 'calls'` the group is expanded. */
  readonly group?: number | undefined;
  /** Absent: by the space. */
  readonly dir?: 'TB' | 'LR' | undefined;
  /** The selected call, whose panel is open. */
  readonly step?: number | undefined;
  /** The order of the cells in a box. Absent: that of calls. */
  readonly cells?: CellOrder | undefined;
  /** Text that names of steps contain. */
  readonly find?: string | undefined;
  /** Visible times of the timeline: `<from>-<to>`, milliseconds after the run's first time. */
  readonly range?: string | undefined;
  readonly sort?: 'start' | 'call' | 'duration' | undefined;
  /** Absent or true: idle times are collapsed. */
  readonly gaps?: boolean | undefined;
}

/** A filter of the Steps tab: calls of these numbers, and of this component if one is given. */
export interface StepsFilter {
  readonly component?: string;
  readonly first: number;
  readonly last: number;
}

export interface RunViewProps {
  readonly columns: RunColumns;
  readonly search: GraphSearch;
  /** Changes the address. `replace`: without an entry in the history, as for zooming. */
  readonly onSearch: (
    patch: Partial<GraphSearch>,
    options?: { readonly replace?: boolean },
  ) => void;
  /** Shows a range of calls in the Steps tab. */
  readonly onShowSteps: (filter: StepsFilter) => void;
  /** Whether the run may still change: the timeline's right edge moves. */
  readonly isActive: boolean;
  /** Requests pages of times until `columns.timed` has reached `columns.known`. */
  readonly onTimingsNeeded: () => void;
}

export type GraphViewProps = RunViewProps;

export type TimelineViewProps = RunViewProps;
