/**
 * The head of a new run.
 *
 * @module
 */
import type { RunHead, RunInfo } from '../../model/run.ts';

export const newHead = (
  info: Pick<RunInfo, 'id' | 'declaration' | 'clockStart' | 'evaluatedBy'>,
): RunHead => ({
  id: info.id,
  revision: 0,
  status: 'queued',
  tags: info.declaration.tags,
  generation: 0,
  sweepCount: 0,
  eventCount: 0,
  position: 0,
  requestedPosition: 0,
  answerPaging: false,
  countedEvents: 0,
  lastCountedChild: -1,
  commandCount: 0,
  callCount: 0,
  sleepCount: 0,
  endedSleepsBelow: 0,
  endedSleeps: [],
  groupCount: 0,
  evaluationDue: false,
  unlaunchedGroups: [],
  unfinishedSteps: 0,
  activeSteps: 0,
  stepCounts: {},
  pendingSleepCount: 0,
  pendingSleeps: [],
  unhandledFailures: 0,
  failedStep: null,
  logicState: 'running',
  missingParents: [],
  retryBatches: [],
  abortReason: null,
  abortOutcome: null,
  result: null,
  error: null,
  callbackErrors: [],
  startedAt: null,
  endedAt: null,
  lastEventAt: info.clockStart,
  hasArchivedSteps: false,
  ...(info.evaluatedBy === undefined
    ? {}
    : { externalEvaluator: { epoch: 0, process: '', answerPending: false, lostJobs: 0 } }),
});
