/**
 * What the list of runs loads after its first view.
 *
 * @module
 */
export { NoRuns } from './no-runs.tsx';
export { SelectionBar } from './selection-bar.tsx';
export { Toolbar } from './toolbar.tsx';
