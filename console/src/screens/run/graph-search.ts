/**
 * What the graph and the timeline read of the address.
 *
 * @module
 */
import { oneOf } from '../../address/search.ts';
import type { GraphSearch } from '../../graph/view-contract.ts';
import type { RunSearch } from './search.ts';

export const graphSearchOf = ({ sort, ...search }: RunSearch): GraphSearch => ({
  level: search.level,
  group: search.group,
  dir: search.dir,
  cells: search.cells,
  step: search.step,
  find: search.find,
  range: search.range,
  gaps: search.gaps,
  sort: oneOf(sort, ['start', 'call', 'duration'] as const),
});
