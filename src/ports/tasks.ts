/**
 * The port to the records of runs and steps.
 *
 * 1. `commit` is one unit of work: whatever dies, a reader sees all of it or can resume it from the same head; the head counts as written last.
 * 2. A commit against a revision that is no longer the run's is refused with `StaleRunError` and changes nothing.
 * 3. Nothing here reads or writes more than what it is asked for: no call's cost grows with the run.
 *
 * @module
 */
import type { Report } from '../model/artifacts.ts';
import { HeadraceError } from '../model/errors.ts';
import type { HistoryEvent } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { Run, RunComponent, RunHead, RunInfo } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { TimerKind } from '../model/transition.ts';

/** A timer to set. Setting the same `kind` and `subject` of a run again replaces it. */
export interface Timer {
  readonly kind: TimerKind;
  readonly subject: number;
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Calls that are launched together: fixed, with their order, before the launch. */
export interface Group {
  /** Counts the groups of the run from 0. */
  readonly number: number;
  /** The deterministic job name. */
  readonly name: string;
  readonly component: string;
  readonly queue: string;
  readonly members: readonly { readonly call: number; readonly attempt: number }[];
}

/** `parent` gates `child`: a call, or a name that no call has yet. */
export interface Edge {
  readonly parent: number | string;
  readonly child: number;
}

export interface StepReport {
  readonly call: number;
  readonly attempt: number;
  readonly sequence: number;
  readonly points: Report['points'];
  readonly texts: Report['texts'];
}

/** Points that a monitor or the logic itself put on the run. */
export interface RunReport {
  /** Makes a report that is committed twice count once. */
  readonly id: string;
  readonly points: Report['points'];
}

export interface Commit {
  /** The new head, with a revision one above the stored one. */
  readonly head: RunHead;
  readonly created: readonly Step[];
  readonly changed: readonly Step[];
  readonly edges: readonly Edge[];
  /** Names (edges' parents) that are answered now: their edges go. */
  readonly resolvedNames: readonly string[];
  readonly components: readonly RunComponent[];
  /** Appended behind the `head.events - events.length` that are there. */
  readonly events: readonly HistoryEvent[];
  /** Signatures of the commands accepted, appended likewise. */
  readonly signatures: readonly string[];
  readonly groups: readonly Group[];
  readonly timers: {
    readonly set: readonly Timer[];
    readonly clear: readonly { readonly kind: TimerKind; readonly subject: number }[];
  };
  readonly reports: readonly StepReport[];
  readonly runReports: readonly RunReport[];
  /** Archived steps that calls of this commit took over: what they reported is the call's from now on. */
  readonly adoptions: readonly Adoption[];
}

/** A commit that changes nothing but the head. */
export const EMPTY_COMMIT: Omit<Commit, 'head'> = {
  created: [],
  changed: [],
  edges: [],
  resolvedNames: [],
  components: [],
  events: [],
  signatures: [],
  groups: [],
  timers: { set: [], clear: [] },
  reports: [],
  runReports: [],
  adoptions: [],
};

/** `call` took over the archived step with the id `archive`. */
export interface Adoption {
  readonly archive: string;
  readonly call: number;
}

/** A step kept aside by a resume or rerun, for a call with the same component and digest to take over. */
export interface ArchivedStep {
  readonly archive: string;
  readonly step: Step;
}

export interface Tasks {
  /** Writes a new run, numbered behind the pipeline's last. A run with this id that is there already is returned as it is. */
  createRun(info: Omit<RunInfo, 'number'>, head: RunHead): Promise<Run>;
  run(id: RunId): Promise<Run | undefined>;
  /** In the order asked for; what does not exist is left out. */
  steps(id: RunId, calls: readonly number[]): Promise<readonly Step[]>;
  component(id: RunId, name: string): Promise<RunComponent | undefined>;
  /** Calls that `parent` gates, above `after`, in ascending order. */
  children(
    id: RunId,
    parent: number | string,
    after: number,
    limit: number,
  ): Promise<readonly number[]>;
  /** Calls that `child` depends on, above `after`, in ascending order. */
  parents(id: RunId, child: number, after: number, limit: number): Promise<readonly number[]>;
  /** Calls whose step name or component name is `name`, in ascending order. */
  callsNamed(id: RunId, name: string, after: number, limit: number): Promise<readonly number[]>;
  /** Calls of steps that are not terminal or wait for a callback, in ascending order. */
  unfinishedCalls(id: RunId, after: number, limit: number): Promise<readonly number[]>;
  /** All calls in ascending order, whatever their state. */
  calls(id: RunId, after: number, limit: number): Promise<readonly number[]>;
  events(id: RunId, from: number, limit: number): Promise<readonly HistoryEvent[]>;
  signatures(id: RunId, from: number, limit: number): Promise<readonly string[]>;
  group(id: RunId, name: string): Promise<Group | undefined>;
  commit(id: RunId, commit: Commit): Promise<void>;

  /** The first archived step (in the order of archiving, then of calls) with this component and digest that no call has taken over yet, not among `taken`. */
  findArchivedStep(
    id: RunId,
    component: string,
    digest: string,
    excluded: readonly string[],
  ): Promise<ArchivedStep | undefined>;
  /**
   * Rewrites a run for a resume as one unit: events from `cut.events` on and signatures from `cut.commands` on go; steps from `cut.calls` on are archived
   * (shown as `superseded` until a call takes them over), edges from and to them go, and the `calls` of components fall to the calls that stay;
   * then `commit` applies.
   */
  rewind(
    id: RunId,
    cut: { readonly eventCount: number; readonly commandCount: number; readonly callCount: number },
    commit: Commit,
  ): Promise<void>;
  /**
   * Copies for a rerun: `steps` of run `from` become archived steps of run `id`, to be taken over with what they reported. They are not shown among the run's
   * own steps. A call that was copied already is left as it is, so that copying can be repeated.
   */
  archive(id: RunId, from: RunId, steps: readonly Step[]): Promise<void>;
  /**
   * Another run is about to use values of this one: its objects stay from now on, also if it is removed. False if the run is gone or is being removed: what
   * it wrote must not be used, for it may go at any moment.
   */
  share(id: RunId): Promise<boolean>;
}

/** Another writer changed the run first: read again, decide again. */
export class StaleRunError extends HeadraceError {
  constructor(
    readonly run: RunId,
    readonly revision: number,
  ) {
    super(`run ${run} is no longer at revision ${revision}: another process changed it`);
  }
}

/** What people and programs look up; none of it is needed to move a run. */
export interface RunQueries {
  /** Newest first, before the id `before`. */
  runs(filter: {
    readonly project?: string;
    readonly pipeline?: string;
    readonly status?: string;
    readonly before?: string;
    readonly limit: number;
  }): Promise<readonly Run[]>;
  /** Runs whose id begins with `prefix`, at most two. */
  runsWithPrefix(prefix: string): Promise<readonly RunId[]>;
  /** All steps in the order of calls, superseded ones last; without the first `after`, at most `limit`. */
  allSteps(id: RunId, limit?: number, after?: number): Promise<readonly Step[]>;
  /** What the step's last attempt reported, in order; `null`: what the run has of its own. */
  points(id: RunId, call: number | null): Promise<Report['points']>;
  /** What all attempts of the step wrote, in order. */
  texts(id: RunId, call: number): Promise<Report['texts']>;
}
