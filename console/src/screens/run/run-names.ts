/**
 * Names of runs.
 *
 * @module
 */
import type { RunSummary } from '../../../../src/wire/runs.ts';

/** `iris #7`, or `iris` if the pipeline does not number its runs. */
export const runName = ({
  pipeline,
  number,
  addRunNumber,
}: Pick<RunSummary, 'pipeline' | 'number' | 'addRunNumber'>): string =>
  addRunNumber ? `${pipeline} #${number}` : pipeline;

/** The start of an id, which names a run where its number is not known. */
export const shortId = (id: string): string => id.slice(0, 10);

const ACTIVE: ReadonlySet<string> = new Set(['queued', 'running', 'aborting']);

/** Whether a run may still change by itself. */
export const isActive = (status: string): boolean => ACTIVE.has(status);
