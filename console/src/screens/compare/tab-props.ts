import type { ComparedRun } from '../../../../src/wire/summaries.ts';
import type { CompareSearch } from './search.ts';

/** What each part of the comparison gets. */
export interface CompareTabProps {
  readonly runs: readonly ComparedRun[];
  /** The index of the run with which the others are compared. */
  readonly base: number;
  readonly search: CompareSearch;
  /** Changes the address. */
  readonly onChange: (changes: CompareSearch) => void;
}
