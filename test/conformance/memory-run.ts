/**
 * One run in memory, with the effects of a commit and a rewind.
 *
 * @module
 */
import type { Artifact, Model } from '../../src/model/artifacts.ts';
import type { HistoryEvent } from '../../src/model/history.ts';
import type { Run, RunComponent, RunHead, RunInfo } from '../../src/model/run.ts';
import { isTerminalStep, type Step } from '../../src/model/step.ts';
import { changedCalls } from '../../src/ports/run-state.ts';
import type { Commit, Edge, Group, RunReport, StepReport, Timer } from '../../src/ports/tasks.ts';
import { frozen } from './frozen.ts';

export interface ArchivedRecord {
  readonly archive: string;
  readonly step: Step;
  /** Archived by a rewind of this run. A copy for a rerun is not listed. */
  readonly isOwn: boolean;
  reports: readonly StepReport[];
  adopted: boolean;
}

/** The step's completion is not recorded yet. */
export const isUnfinished = (step: Step): boolean =>
  !isTerminalStep(step.status) || step.waitingFor !== 'none';

const edgeKey = ({ parent, child }: Edge): string => `${typeof parent} ${parent} ${child}`;
export const timerKey = ({ kind, subject }: Pick<Timer, 'kind' | 'subject'>): string =>
  `${kind} ${subject}`;
const reportKey = ({ call, attempt, sequence }: StepReport): string =>
  `${call} ${attempt} ${sequence}`;

export class MemoryRun {
  readonly info: RunInfo;
  head: RunHead;
  readonly steps = new Map<number, Step>();
  readonly children = new Map<number | string, number[]>();
  readonly parents = new Map<number, number[]>();
  readonly components = new Map<string, RunComponent>();
  readonly groups = new Map<string, Group>();
  readonly timers = new Map<string, Timer>();
  readonly reports = new Map<string, StepReport>();
  readonly runReports = new Map<string, RunReport>();
  readonly artifacts = new Map<string, Artifact>();
  readonly models = new Map<string, Model>();
  readonly events: HistoryEvent[] = [];
  readonly signatures: string[] = [];
  readonly archived: ArchivedRecord[] = [];
  /** The calls that each commit changed; undefined for one across which no changes are listed. */
  readonly changes = new Map<number, readonly number[] | undefined>();
  readonly #edges = new Set<string>();

  constructor(info: RunInfo, head: RunHead) {
    this.info = frozen(info);
    this.head = frozen(head);
  }

  get record(): Run {
    return { info: this.info, head: this.head };
  }

  apply(commit: Commit): void {
    this.#check(commit, this.events.length, this.signatures.length);
    for (const step of [...commit.created, ...commit.changed])
      this.steps.set(step.call, frozen(step));
    for (const edge of commit.edges) this.#link(edge);
    for (const name of commit.resolvedNames) this.#resolveName(name);
    for (const component of commit.components)
      this.components.set(component.declaration.name, frozen(component));
    for (const event of commit.events) this.events.push(frozen(event));
    for (const signature of commit.signatures) this.signatures.push(signature);
    for (const group of commit.groups) this.groups.set(group.name, frozen(group));
    for (const timer of commit.timers.clear) this.timers.delete(timerKey(timer));
    for (const timer of commit.timers.set) this.timers.set(timerKey(timer), frozen(timer));
    for (const report of commit.reports)
      if (!this.reports.has(reportKey(report))) this.reports.set(reportKey(report), frozen(report));
    for (const report of commit.runReports)
      if (!this.runReports.has(report.id)) this.runReports.set(report.id, frozen(report));
    for (const artifact of commit.runOutputs.artifacts)
      this.artifacts.set(artifact.name, frozen(artifact));
    for (const model of commit.runOutputs.models) this.models.set(model.name, frozen(model));
    for (const { archive, call } of commit.adoptions) this.#adopt(archive, call);
    this.changes.set(commit.head.revision, changedCalls(commit));
    this.head = frozen(commit.head);
  }

  rewind(
    cut: { readonly eventCount: number; readonly commandCount: number; readonly callCount: number },
    commit: Commit,
  ): void {
    this.#check(commit, cut.eventCount, cut.commandCount);
    this.events.length = cut.eventCount;
    this.signatures.length = cut.commandCount;
    for (const [call, step] of [...this.steps].sort(([a], [b]) => a - b)) {
      if (call < cut.callCount) continue;
      this.steps.delete(call);
      const reports = this.reportsOf(call);
      for (const report of reports) this.reports.delete(reportKey(report));
      this.archived.push({
        archive: `${commit.head.revision}.${call}`,
        step,
        isOwn: true,
        reports,
        adopted: false,
      });
    }
    this.#unlink(
      (parent, child) =>
        child >= cut.callCount || (typeof parent === 'number' && parent >= cut.callCount),
    );
    for (const [name, component] of this.components) {
      const callCount = [...this.steps.values()].filter((step) => step.component === name).length;
      this.components.set(name, frozen({ ...component, callCount }));
    }
    this.apply(commit);
    this.changes.set(commit.head.revision, undefined);
  }

  reportsOf(call: number): StepReport[] {
    return [...this.reports.values()]
      .filter((report) => report.call === call)
      .sort((a, b) => a.attempt - b.attempt || a.sequence - b.sequence);
  }

  #check({ head, events, signatures }: Commit, eventCount: number, signatureCount: number): void {
    if (head.eventCount - events.length !== eventCount) {
      throw new RangeError(
        `the commit's events start at ${head.eventCount - events.length}, but the run has ${eventCount}`,
      );
    }
    if (head.commandCount - signatures.length !== signatureCount) {
      throw new RangeError(
        `the commit's signatures start at ${head.commandCount - signatures.length}, but the run has ${signatureCount}`,
      );
    }
  }

  #link(edge: Edge): void {
    if (this.#edges.has(edgeKey(edge))) return;
    this.#edges.add(edgeKey(edge));
    insert(this.children, edge.parent, edge.child);
    if (typeof edge.parent === 'number') insert(this.parents, edge.child, edge.parent);
  }

  #resolveName(name: string): void {
    for (const child of this.children.get(name) ?? [])
      this.#edges.delete(edgeKey({ parent: name, child }));
    this.children.delete(name);
  }

  #unlink(isRemoved: (parent: number | string, child: number) => boolean): void {
    const remaining = [...this.children].flatMap(([parent, children]) =>
      children.filter((child) => !isRemoved(parent, child)).map((child) => ({ parent, child })),
    );
    this.children.clear();
    this.parents.clear();
    this.#edges.clear();
    for (const edge of remaining) this.#link(edge);
  }

  #adopt(archive: string, call: number): void {
    const record = this.archived.find((candidate) => candidate.archive === archive);
    if (record === undefined || record.adopted) return;
    record.adopted = true;
    for (const report of record.reports)
      this.reports.set(reportKey({ ...report, call }), frozen({ ...report, call }));
    record.reports = [];
  }
}

/** Inserts in ascending order. New numbers are mostly the highest. */
function insert<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list === undefined) {
    lists.set(key, [value]);
    return;
  }
  let place = list.length;
  while (place > 0 && (list[place - 1] ?? 0) > value) place -= 1;
  list.splice(place, 0, value);
}
