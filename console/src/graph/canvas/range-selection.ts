/**
 * A range of members that a drag over the cells of one box selects.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import type { Picture } from '../scene.ts';
import type { StepsFilter } from '../view-contract.ts';
import type { Hit } from './hits.ts';

export class RangeSelection {
  #range: { readonly box: number; readonly from: number; readonly to: number } | undefined;

  /** Extends the range to a hit; hits of other boxes leave it as it is. */
  extend(hit: Hit | undefined): void {
    if (hit?.member === undefined) return;
    if (this.#range !== undefined && this.#range.box !== hit.box) return;
    this.#range = { box: hit.box, from: this.#range?.from ?? hit.member, to: hit.member };
  }

  clear(): void {
    this.#range = undefined;
  }

  calls(picture: Picture): Int32Array | undefined {
    const range = this.#range;
    if (range === undefined) return undefined;
    return picture.graph.boxes[range.box]?.members.subarray(
      Math.min(range.from, range.to),
      Math.max(range.from, range.to) + 1,
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
