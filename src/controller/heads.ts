/**
 * The head of a run before anything happened, and the commit of a head alone.
 *
 * @module
 */
import type { RunHead, RunInfo } from '../model/run.ts';
import type { Commit } from '../ports/tasks.ts';

export const NOTHING_ELSE: Omit<Commit, 'head'> = {
  created: [],
  changed: [],
  edges: [],
  answered: [],
  components: [],
  events: [],
  signatures: [],
  groups: [],
  timers: { set: [], clear: [] },
  reports: [],
  runReports: [],
  adopted: [],
};

export const newHead = (info: Pick<RunInfo, 'id' | 'declaration' | 'epoch' | 'evaluatedBy'>): RunHead => ({
  id: info.id,
  revision: 0,
  status: 'queued',
  tags: info.declaration.tags,
  generation: 0,
  events: 0,
  position: 0,
  asked: 0,
  paging: false,
  counted: 0,
  countedChild: -1,
  commands: 0,
  calls: 0,
  sleeps: 0,
  wokenBelow: 0,
  woken: [],
  groups: 0,
  due: false,
  unlaunched: [],
  unfinished: 0,
  moving: 0,
  sleeping: 0,
  failures: 0,
  blamed: null,
  logic: 'running',
  missing: [],
  abortRequested: null,
  ending: null,
  result: null,
  error: null,
  artifacts: [],
  models: [],
  callbackErrors: [],
  startedAt: null,
  endedAt: null,
  clock: info.epoch,
  adoptable: false,
  ...(info.evaluatedBy === undefined ? {} : { outside: { epoch: 0, process: '', waiting: false, lost: 0 } }),
});
