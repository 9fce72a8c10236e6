/**
 * Everything that a timeline shows at one time: its scale, rows, critical path and silhouette.
 *
 * @module
 */
import type { RunColumns } from '../../../live/columns.ts';
import { type BoxGraph, boxesOf, defaultLevel } from '../box-graph.ts';
import { CallGroups } from '../groups.ts';
import { criticalPath } from './critical-path.ts';
import { rowsOf, type TimelineRow, type TimelineSort } from './rows.ts';
import { callSpan } from './spans.ts';
import { concurrency } from './ticks.ts';
import { busyTimes, type Gap, TimeScale } from './time-scale.ts';

export interface Timeline {
  readonly scale: TimeScale;
  readonly rows: readonly TimelineRow[];
  readonly critical: ReadonlySet<number>;
  /** Running calls at each of equal parts of the scale. */
  readonly silhouette: Float64Array;
  readonly now: number;
}

export interface TimelineOptions {
  readonly expanded: ReadonlySet<number>;
  readonly sort: TimelineSort;
  readonly collapsesGaps: boolean;
  readonly now: number;
}

const SILHOUETTE_PARTS = 240;

/** Keeps the groups of the calls, which only grow, between two timelines. */
export class TimelineBuilder {
  readonly #columns: RunColumns;
  #groups = new CallGroups();
  #epoch: number;
  #graph: BoxGraph | undefined;

  constructor(columns: RunColumns) {
    this.#columns = columns;
    this.#epoch = columns.epoch;
  }

  /** Undefined while no time is on record. */
  build({ expanded, sort, collapsesGaps, now }: TimelineOptions): Timeline | undefined {
    const columns = this.#columns;
    const graph = this.#boxes();
    const spans: Gap[] = [];
    const running: { start: number; end: number }[] = [];
    let start = Number.POSITIVE_INFINITY;
    let end = Number.NEGATIVE_INFINITY;
    for (let call = 0; call < columns.known; call++) {
      const span = callSpan(columns, call, now);
      if (span === undefined) continue;
      start = Math.min(start, span.queued);
      end = Math.max(end, span.end);
      spans.push({ from: span.start, to: span.end });
      running.push(span);
    }
    if (spans.length === 0) return undefined;
    const scale = new TimeScale(start, end, collapsesGaps ? busyTimes(spans) : undefined);
    return {
      scale,
      rows: rowsOf(columns, graph.boxes, expanded, sort, now),
      critical: new Set(criticalPath(columns, now)),
      silhouette: concurrency(scale, running, SILHOUETTE_PARTS),
      now,
    };
  }

  /** The rows are boxes of the graph's default level. */
  #boxes(): BoxGraph {
    const columns = this.#columns;
    if (this.#epoch !== columns.epoch) {
      this.#epoch = columns.epoch;
      this.#groups = new CallGroups();
      this.#graph = undefined;
    }
    if (this.#graph !== undefined && this.#groups.known === columns.known) return this.#graph;
    this.#groups.append(columns);
    this.#graph = boxesOf(columns, this.#groups, defaultLevel(this.#groups));
    return this.#graph;
  }
}
