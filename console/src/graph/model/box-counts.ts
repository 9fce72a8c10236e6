/**
 * How many members of each box have each status, kept by difference: a change of a hundred steps
 * costs a hundred additions, whatever the size of the run.
 *
 * @module
 */
import { formatCount } from '../../format/numbers.ts';
import {
  ABORTED,
  CACHED,
  COMPLETED,
  FAILED,
  PENDING,
  QUEUED,
  RUNNING,
  SKIPPED,
  STATUSES,
} from '../../live/statuses.ts';
import type { BoxGraph } from './box-graph.ts';

const WIDTH = STATUSES.length;

export class BoxCounts {
  readonly #graph: BoxGraph;
  readonly #counts: Int32Array;
  /** The status with which each call is counted. */
  readonly #counted: Uint8Array;

  constructor(graph: BoxGraph, status: Uint8Array) {
    this.#graph = graph;
    this.#counts = new Int32Array(graph.boxes.length * WIDTH);
    const { boxOf } = graph;
    this.#counted = status.slice(0, boxOf.length);
    for (let call = 0; call < boxOf.length; call++) this.#add(call, this.#counted[call] ?? 0, 1);
  }

  of(box: number, code: number): number {
    return this.#counts[box * WIDTH + code] ?? 0;
  }

  /** Counts the present statuses, of these calls or of all, and returns the boxes that changed. */
  update(status: Uint8Array, calls: readonly number[] | undefined): ReadonlySet<number> {
    const boxes = new Set<number>();
    const recount = (call: number) => {
      const before = this.#counted[call];
      const code = status[call] ?? PENDING;
      if (before === undefined || before === code) return;
      this.#counted[call] = code;
      this.#add(call, before, -1);
      this.#add(call, code, 1);
      boxes.add(this.#graph.boxOf[call] ?? 0);
    };
    if (calls === undefined) for (let call = 0; call < this.#counted.length; call++) recount(call);
    else for (const call of calls) recount(call);
    return boxes;
  }

  #add(call: number, code: number, difference: number): void {
    const at = (this.#graph.boxOf[call] ?? 0) * WIDTH + code;
    this.#counts[at] = (this.#counts[at] ?? 0) + difference;
  }

  /** The one status that the bar of a box shows: what needs attention first, else what is done. */
  statusOf(box: number): number {
    const first = [FAILED, ABORTED, RUNNING, QUEUED].find((code) => this.of(box, code) > 0);
    if (first !== undefined) return first;
    const done = this.of(box, COMPLETED) + this.of(box, CACHED);
    if (this.of(box, PENDING) > 0) return done > 0 ? RUNNING : PENDING;
    if (this.of(box, COMPLETED) > 0) return COMPLETED;
    if (this.of(box, CACHED) > 0) return CACHED;
    return this.of(box, SKIPPED) > 0
      ? SKIPPED
      : this.#counts.length > 0
        ? this.#rest(box)
        : PENDING;
  }

  #rest(box: number): number {
    for (let code = WIDTH - 1; code > 0; code--) if (this.of(box, code) > 0) return code;
    return PENDING;
  }
}

/** `9,743 done · 130 failed · 12 running`: the statuses that occur, completed and cached as one. */
export function countsText(counts: BoxCounts, box: number): string {
  const done = counts.of(box, COMPLETED) + counts.of(box, CACHED);
  const parts: [number, string][] = [[done, 'done']];
  for (const code of [FAILED, ABORTED, RUNNING, QUEUED, PENDING, SKIPPED]) {
    parts.push([counts.of(box, code), STATUSES[code] ?? '']);
  }
  const present = parts.filter(([count]) => count > 0);
  if (present.length === 0) return 'superseded';
  return present.map(([count, word]) => `${formatCount(count)} ${word}`).join(' · ');
}
