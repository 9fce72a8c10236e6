/**
 * Collects status events of a run: the last status and times of each step. It has no clock and no
 * output.
 *
 * @module
 */
import type { ArgumentPreview } from '../model/argument-previews.ts';
import type { RunId } from '../model/ids.ts';
import { type ChildRun, isTerminalStep, type StepStatus } from '../model/step.ts';
import type { StatusEvent } from '../ports/events.ts';
import { CallLabels } from './call-labels.ts';
import type { ChildProgress } from './child-progress.ts';
import { type ShownStatus, shownStatus } from './step-origin.ts';
import type { StepViewModel } from './view-models.ts';

export interface StepProgress {
  readonly call: number;
  readonly name: string;
  readonly component: string;
  readonly arguments: readonly ArgumentPreview[];
  status: StepStatus;
  /** As it is shown: a step that a rerun took over is `adopted`. */
  shownStatus: ShownStatus;
  attempt: number;
  reason: string | undefined;
  /** Where its result is from, if a rerun took it over. */
  origin: string | null;
  /** The run that the step started, if it is a child run. */
  childRun: ChildRun | undefined;
  /** While the child run is active, if it is known. */
  childProgress: ChildProgress | undefined;
  /** While the step waits for its retry. */
  retryAt: number | undefined;
  /** Of the last attempt, in milliseconds since the epoch. */
  startedAt: number | undefined;
  endedAt: number | undefined;
}

/** One line of the summary of a run with many steps. */
export interface ComponentProgress {
  readonly component: string;
  readonly steps: number;
  readonly counts: ReadonlyMap<StepStatus, number>;
}

export type StepEvent = Extract<StatusEvent, { kind: 'step' }>;

export class Progress {
  readonly #steps = new Map<number, StepProgress>();
  readonly #labels = new CallLabels();
  readonly #counts = new Map<StepStatus, number>();
  readonly #byComponent = new Map<string, Map<StepStatus, number>>();

  /** Records an event of a step. Events must arrive in the order of the changes. */
  record(event: StepEvent, origin: string | null = null): StepProgress {
    const existing = this.#steps.get(event.call);
    const step = existing ?? this.#create(event);
    if (existing !== undefined) this.#count(step, -1);
    step.status = event.status;
    step.shownStatus = shownStatus(event);
    step.origin = origin;
    step.attempt = event.attempt;
    step.reason = event.reason;
    step.childRun = event.childRun;
    if (event.status !== 'running') step.childProgress = undefined;
    step.retryAt = event.status === 'pending' ? event.retryAt : undefined;
    if (event.status === 'running') step.startedAt = event.at;
    if (event.status === 'pending' || event.status === 'queued') step.startedAt = undefined;
    step.endedAt = isTerminalStep(event.status) ? event.at : undefined;
    this.#count(step, 1);
    return step;
  }

  recordChild(call: number, progress: ChildProgress): void {
    const step = this.#steps.get(call);
    if (step?.status === 'running') step.childProgress = progress;
  }

  /** Adds a step with its recorded status. */
  addExisting(
    run: RunId,
    {
      call,
      name,
      status,
      attempts,
      arguments: previews,
      waitingFor,
      retryAt,
      adoptedFrom,
      childRun,
      startedAt,
      endedAt,
      createdAt,
    }: StepViewModel,
    origin: string | null = null,
  ): void {
    const event = {
      kind: 'step',
      run,
      call,
      step: name,
      previous: null,
      attempt: attempts.length,
      arguments: previews,
      reason: attempts.at(-1)?.reason,
      adoptedFrom,
      childRun,
      ...(waitingFor === 'backoff' ? { retryAt } : {}),
    } as const;
    if (startedAt !== null) this.record({ ...event, status: 'running', at: startedAt });
    this.record({ ...event, status, at: endedAt ?? startedAt ?? createdAt }, origin);
  }

  get steps(): Iterable<StepProgress> {
    return this.#steps.values();
  }

  /** The name of the step, with the arguments that differ between the calls of its component. */
  labelOf(step: StepProgress): string {
    return `${step.name}${this.#labels.labelOf(step)}`;
  }

  get total(): number {
    return this.#steps.size;
  }

  count(...statuses: readonly StepStatus[]): number {
    return statuses.reduce((sum, status) => sum + (this.#counts.get(status) ?? 0), 0);
  }

  get terminalCount(): number {
    return this.total - this.count('pending', 'queued', 'running');
  }

  /** In the order of their first calls. */
  get components(): readonly ComponentProgress[] {
    return [...this.#byComponent].map(([component, counts]) => ({
      component,
      counts,
      steps: [...counts.values()].reduce((sum, each) => sum + each, 0),
    }));
  }

  #create(event: StepEvent): StepProgress {
    const step: StepProgress = {
      call: event.call,
      name: event.step,
      component: this.#componentOf(event.step),
      arguments: event.arguments ?? [],
      status: event.status,
      shownStatus: event.status,
      attempt: event.attempt,
      reason: undefined,
      origin: null,
      childRun: undefined,
      childProgress: undefined,
      retryAt: undefined,
      startedAt: undefined,
      endedAt: undefined,
    };
    this.#labels.add(step);
    this.#steps.set(event.call, step);
    return step;
  }

  /**
   * `stepOne_3` counts as a call of `stepOne` if `stepOne` was called before. For a view, this
   * guess is sufficient.
   */
  #componentOf(step: string): string {
    const base = /^(.+)_\d+$/.exec(step)?.[1];
    return base !== undefined && this.#byComponent.has(base) ? base : step;
  }

  #count(step: StepProgress, by: 1 | -1): void {
    const counts = this.#byComponent.get(step.component) ?? new Map<StepStatus, number>();
    this.#byComponent.set(step.component, counts);
    for (const counter of [this.#counts, counts])
      counter.set(step.status, (counter.get(step.status) ?? 0) + by);
  }
}
