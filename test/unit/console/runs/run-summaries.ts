import { type RunId, runIdSchema } from '../../../../src/model/ids.ts';
import type { RunSummary } from '../../../../src/wire/runs.ts';

/** The id of a run that a letter names. */
export const idOf = (letter: string): RunId => runIdSchema.parse(`01hx${letter.padStart(22, '0')}`);

/** A document of a completed run. */
export const aRunSummary = (letter: string, over: Partial<RunSummary> = {}): RunSummary => ({
  id: idOf(letter),
  pipeline: 'iris',
  project: 'examples',
  version: '1.0.0',
  number: 1,
  addRunNumber: true,
  status: 'completed',
  tags: [],
  rerunOf: null,
  parent: null,
  waitsForSignals: [],
  createdBy: null,
  archived: false,
  steps: null,
  errorMessage: null,
  args: null,
  scalars: null,
  cost: null,
  createdAt: '2026-11-28T09:00:00.000Z',
  startedAt: '2026-11-28T09:00:01.000Z',
  endedAt: '2026-11-28T09:01:00.000Z',
  ...over,
});
