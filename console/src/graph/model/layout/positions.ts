/**
 * The third step of a layered layout: places along the layers. For the order of a layer, the places
 * with the smallest sum of weighted squared distances to the wished ones are an isotonic regression,
 * computed by pooling adjacent violators (M. Ayer et al., An empirical distribution function for
 * sampling with incomplete information, 1955).
 *
 * @module
 */

/** A column of nodes of a folded layer, one node of another layer, or a waypoint. */
export interface Unit {
  readonly nodes: readonly number[];
  readonly width: number;
  readonly isWaypoint: boolean;
}

/**
 * Writes to `places` the centres of a row of units: at least half the widths and the gap apart, and
 * as near as possible to the wished centres. Weights are positive.
 */
export function placeInOrder(
  units: readonly Unit[],
  gapBetween: (left: Unit, right: Unit) => number,
  wished: Float64Array,
  weights: Float64Array,
  places: Float64Array,
): void {
  const count = units.length;
  const offsets = new Float64Array(count);
  for (let index = 1; index < count; index++) {
    const left = units[index - 1];
    const right = units[index];
    if (left === undefined || right === undefined) continue;
    offsets[index] =
      (offsets[index - 1] ?? 0) + (left.width + right.width) / 2 + gapBetween(left, right);
  }
  // Blocks of pooled units: mean, weight, and the end of the block.
  const mean = new Float64Array(count);
  const weight = new Float64Array(count);
  const end = new Int32Array(count);
  let blocks = 0;
  for (let index = 0; index < count; index++) {
    mean[blocks] = (wished[index] ?? 0) - (offsets[index] ?? 0);
    weight[blocks] = weights[index] ?? 1;
    end[blocks] = index + 1;
    blocks += 1;
    while (blocks > 1 && (mean[blocks - 2] ?? 0) >= (mean[blocks - 1] ?? 0)) {
      const left = weight[blocks - 2] ?? 0;
      const right = weight[blocks - 1] ?? 0;
      mean[blocks - 2] =
        ((mean[blocks - 2] ?? 0) * left + (mean[blocks - 1] ?? 0) * right) / (left + right);
      weight[blocks - 2] = left + right;
      end[blocks - 2] = end[blocks - 1] ?? 0;
      blocks -= 1;
    }
  }
  let index = 0;
  for (let block = 0; block < blocks; block++) {
    for (; index < (end[block] ?? 0); index++) {
      places[index] = (mean[block] ?? 0) + (offsets[index] ?? 0);
    }
  }
}
