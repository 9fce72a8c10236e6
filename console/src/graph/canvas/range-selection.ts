/**
 * A range of members that a drag over the cells of one box selects.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import type { Picture } from '../scene.ts';
import type { StepsFilter } from '../view-contract.ts';
import type { Hit } from './hits.ts';

/** The places of the first and the last member of a cell. */
interface Cell {
  readonly first: number;
  readonly last: number;
}

export class RangeSelection {
  #range: { readonly box: number; readonly from: Cell; readonly to: Cell } | undefined;

  /** Extends the range to a hit; hits of other boxes leave it as it is. */
  extend(hit: Hit | undefined): void {
    if (hit?.member === undefined) return;
    if (this.#range !== undefined && this.#range.box !== hit.box) return;
    const to = { first: hit.member, last: hit.member + hit.members - 1 };
    this.#range = { box: hit.box, from: this.#range?.from ?? to, to };
  }

  clear(): void {
    this.#range = undefined;
  }

  calls(picture: Picture): Int32Array | undefined {
    if (this.#range === undefined) return undefined;
    const { box, from, to } = this.#range;
    return picture.graph.boxes[box]?.members.subarray(
      Math.min(from.first, to.first),
      Math.max(from.last, to.last) + 1,
    );
  }

  /** The calls as a filter of the Steps tab. */
  filter(picture: Picture, columns: RunColumns): StepsFilter | undefined {
    const box = picture.graph.boxes[this.#range?.box ?? -1];
    const calls = this.calls(picture);
    const first = calls?.[0];
    const last = calls?.at(-1);
    if (box === undefined || first === undefined || last === undefined) return undefined;
    const component = columns.components[box.components[0] ?? -1];
    return box.components.length === 1 && component !== undefined
      ? { component, first, last }
      : { first, last };
  }
}
