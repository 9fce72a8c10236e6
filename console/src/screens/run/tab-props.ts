/**
 * What a tab of the Run page receives.
 *
 * @module
 */
import type { RunDocument } from '../../../../src/wire/runs.ts';
import type { LiveRun } from '../../live/use-live-run.ts';
import type { RunSearch } from './search.ts';

/** Changes the address. `replace`: without an entry in the history. */
export type ChangeSearch = (
  patch: Partial<RunSearch>,
  options?: { readonly replace?: boolean },
) => void;

export interface TabProps {
  readonly run: RunDocument;
  readonly live: LiveRun;
  readonly search: RunSearch;
  readonly change: ChangeSearch;
}
