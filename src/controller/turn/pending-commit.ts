/**
 * The changes and side effects that a turn has collected since its last commit.
 *
 * @module
 */
import type { Artifact, Model } from '../../model/artifacts.ts';
import type { HistoryEvent } from '../../model/history.ts';
import { rangesOf } from '../../model/limit-state.ts';
import type { EndedSlots, RunComponent, RunHead } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { TimerKind } from '../../model/transition.ts';
import type { StatusEvent } from '../../ports/events.ts';
import type {
  Adoption,
  Commit,
  Edge,
  Group,
  RunReport,
  StepReport,
  Timer,
} from '../../ports/tasks.ts';

export class PendingCommit {
  readonly created = new Set<number>();
  readonly changed = new Set<number>();
  readonly declared = new Set<string>();
  readonly edges: Edge[] = [];
  /** The same edges by parent. */
  readonly children = new Map<number | string, number[]>();
  readonly resolvedNames: string[] = [];
  readonly events: HistoryEvent[] = [];
  readonly signatures: string[] = [];
  /** Calls to launch. Each is launched once, even if it was enqueued twice. */
  readonly callsToLaunch = new Set<number>();
  readonly reports: StepReport[] = [];
  readonly runReports: RunReport[] = [];
  readonly artifacts: Artifact[] = [];
  readonly models: Model[] = [];
  readonly adoptions: Adoption[] = [];
  /** Side effects to carry out after the commit. They may be lost or repeated. */
  readonly afterCommitActions: (() => Promise<void>)[] = [];
  readonly statusEvents: StatusEvent[] = [];
  /** The head changed, and no other change implies it. */
  headChanged = false;

  readonly #endedSlots = new Map<string, Set<number>>();
  readonly #timersToSet = new Map<string, Timer>();
  readonly #timersToClear = new Map<
    string,
    { readonly kind: TimerKind; readonly subject: number }
  >();

  /** The number of pending writes. */
  get writeCount(): number {
    return this.created.size + this.changed.size + this.events.length + this.edges.length;
  }

  get isDirty(): boolean {
    return (
      this.headChanged ||
      this.writeCount > 0 ||
      this.signatures.length > 0 ||
      this.reports.length + this.runReports.length > 0 ||
      this.artifacts.length + this.models.length > 0 ||
      this.callsToLaunch.size > 0 ||
      this.#endedSlots.size > 0
    );
  }

  /** Slots of limits that steps of this commit no longer need. */
  get endedSlots(): readonly EndedSlots[] {
    return [...this.#endedSlots].map(([key, calls]) => ({
      key,
      calls: rangesOf([...calls].sort((a, b) => a - b)),
    }));
  }

  endSlot(key: string, call: number): void {
    const calls = this.#endedSlots.get(key);
    if (calls === undefined) this.#endedSlots.set(key, new Set([call]));
    else calls.add(call);
  }

  keepSlots(key: string, calls: readonly number[]): void {
    const ended = this.#endedSlots.get(key);
    for (const call of calls) ended?.delete(call);
    if (ended?.size === 0) this.#endedSlots.delete(key);
  }

  link(parent: number | string, child: number): void {
    this.edges.push({ parent, child });
    const children = this.children.get(parent);
    if (children === undefined) this.children.set(parent, [child]);
    else children.push(child);
  }

  setTimer(timer: Timer): void {
    this.#timersToSet.set(`${timer.kind} ${timer.subject}`, timer);
    this.headChanged = true;
  }

  clearTimer(kind: TimerKind, subject: number): void {
    this.#timersToSet.delete(`${kind} ${subject}`);
    this.#timersToClear.set(`${kind} ${subject}`, { kind, subject });
    this.headChanged = true;
  }

  /** The commit. `stepOf` and `componentOf` return the last state of each. */
  toCommit(
    head: RunHead,
    groups: readonly Group[],
    stepOf: (call: number) => Step | undefined,
    componentOf: (name: string) => RunComponent | undefined,
  ): Commit {
    const stepsOf = (calls: ReadonlySet<number>): Step[] =>
      [...calls].sort((a, b) => a - b).flatMap((call) => stepOf(call) ?? []);
    return {
      head,
      created: stepsOf(this.created),
      changed: stepsOf(this.changed),
      edges: this.edges,
      resolvedNames: this.resolvedNames,
      components: [...this.declared].flatMap((name) => componentOf(name) ?? []),
      events: this.events,
      signatures: this.signatures,
      groups,
      timers: {
        set: [...this.#timersToSet.values()],
        clear: [...this.#timersToClear].flatMap(([key, timer]) =>
          this.#timersToSet.has(key) ? [] : [timer],
        ),
      },
      reports: this.reports,
      runReports: this.runReports,
      runOutputs: { artifacts: this.artifacts, models: this.models },
      adoptions: this.adoptions,
    };
  }
}
