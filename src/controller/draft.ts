/**
 * What a turn is going to write and do: collected until the commit, forgotten after it.
 *
 * @module
 */
import type { HistoryEvent } from '../model/history.ts';
import type { RunComponent, RunHead } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { TimerKind } from '../model/transition.ts';
import type { StatusEvent } from '../ports/events.ts';
import type { Adoption, Commit, Edge, Group, RunReport, StepReport, Timer } from '../ports/tasks.ts';

export class Draft {
  readonly created = new Set<number>();
  readonly changed = new Set<number>();
  readonly declared = new Set<string>();
  readonly edges: Edge[] = [];
  /** The same edges by parent. */
  readonly children = new Map<number | string, number[]>();
  readonly answered: string[] = [];
  readonly events: HistoryEvent[] = [];
  readonly signatures: string[] = [];
  /** Calls to be launched; one that is asked for twice is launched once. */
  readonly launching = new Set<number>();
  readonly reports: StepReport[] = [];
  readonly runReports: RunReport[] = [];
  readonly adopted: Adoption[] = [];
  /** Done once the draft is written; harmless when lost or done twice. */
  readonly afterwards: (() => Promise<void>)[] = [];
  readonly news: StatusEvent[] = [];
  /** The head changed, where nothing else shows it. */
  touched = false;

  readonly #set = new Map<string, Timer>();
  readonly #clear = new Map<string, { readonly kind: TimerKind; readonly subject: number }>();

  /** Writes that wait. */
  get size(): number {
    return this.created.size + this.changed.size + this.events.length + this.edges.length;
  }

  get isDirty(): boolean {
    return this.touched || this.size > 0 || this.signatures.length > 0 || this.reports.length + this.runReports.length > 0 || this.launching.size > 0;
  }

  link(parent: number | string, child: number): void {
    this.edges.push({ parent, child });
    const children = this.children.get(parent);
    if (children === undefined) this.children.set(parent, [child]);
    else children.push(child);
  }

  setTimer(timer: Timer): void {
    this.#set.set(`${timer.kind} ${timer.subject}`, timer);
    this.touched = true;
  }

  clearTimer(kind: TimerKind, subject: number): void {
    this.#set.delete(`${kind} ${subject}`);
    this.#clear.set(`${kind} ${subject}`, { kind, subject });
    this.touched = true;
  }

  /** The draft as a commit; `step` and `component` give the last state of each. */
  commit(head: RunHead, groups: readonly Group[], step: (call: number) => Step | undefined, component: (name: string) => RunComponent | undefined): Commit {
    const pick = (calls: ReadonlySet<number>): Step[] => [...calls].sort((a, b) => a - b).flatMap((call) => step(call) ?? []);
    return {
      head,
      created: pick(this.created),
      changed: pick(this.changed),
      edges: this.edges,
      resolvedNames: this.answered,
      components: [...this.declared].flatMap((name) => component(name) ?? []),
      events: this.events,
      signatures: this.signatures,
      groups,
      timers: { set: [...this.#set.values()], clear: [...this.#clear].flatMap(([key, timer]) => (this.#set.has(key) ? [] : [timer])) },
      reports: this.reports,
      runReports: this.runReports,
      adoptions: this.adopted,
    };
  }
}
