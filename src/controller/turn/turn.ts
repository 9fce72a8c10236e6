/**
 * A turn: the unit of work in which the controller handles one batch of transitions of one run.
 *
 * Decisions read the run through a turn and record their changes in it. `commit` writes all changes
 * as one unit and returns the side effects that depend on them; `launch.ts` carries these out.
 *
 * 1. Each change of a step is recorded with `put`; the counters of the run head follow by
 *    difference.
 * 2. A side effect (a launch, a termination, a message, a status event) is deferred until the
 *    commit is written (rule 2). The commit also fixes the groups to launch.
 * 3. Between two commits, the working set contains only the steps that they touch (rule 5).
 *
 * @module
 */
import type { RunOutputs } from '../../model/artifacts.ts';
import type { HistoryEvent } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { StepLimit } from '../../model/limit-state.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { EndedSlots, Run, RunComponent, RunHead, RunInfo } from '../../model/run.ts';
import { isTerminalStep, movedCounts, type Step } from '../../model/step.ts';
import type { TimerKind, Transition } from '../../model/transition.ts';
import type { HistoryReader } from '../../ports/evaluator.ts';
import type { StatusEvent } from '../../ports/events.ts';
import type { JobGroup } from '../../ports/jobs.ts';
import { callPages, collect } from '../../ports/pages.ts';
import type { Adoption, Group, RunReport, StepReport, Timer } from '../../ports/tasks.ts';
import type { ControllerContext } from '../context.ts';
import { attemptStarts, formGroups } from './groups.ts';
import { launching } from './launch-interruption.ts';
import { PendingCommit } from './pending-commit.ts';
import { recordedThenFresh } from './recorded-then-fresh.ts';
import { countersOf, needsSlot } from './step-counters.ts';
import { type CallbackInput, callbackEvent, type EventData, statusEvent } from './step-events.ts';
import { buildJobGroup } from './step-specs.ts';
import { type StepReader, WorkingSet } from './working-set.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const PAGE_SIZE = 1000;

interface ChildPage {
  readonly calls: readonly number[];
  /** The page is a recorded one: it is in ascending order, and its last call is a cursor. */
  readonly onRecord: boolean;
}

/** The side effects of a commit, to be carried out in this order now that it is written. */
export interface CommittedWork {
  /** The groups that the commit fixed. */
  readonly groups: readonly JobGroup[];
  readonly actions: readonly (() => Promise<void>)[];
  readonly statusEvents: readonly StatusEvent[];
  /** Slots of limits that are to be released. */
  readonly endedSlots: readonly EndedSlots[];
}

export class Turn implements StepReader {
  readonly id: RunId;
  readonly info: RunInfo;
  readonly head: Mutable<RunHead>;
  /** Calls whose gate is open. Each is launched or found in the cache before the next commit. */
  readonly ready: number[] = [];
  /** Pending steps that need a slot of a limit, which is acquired before the next commit. */
  readonly slotRequests = new Map<number, StepLimit>();

  readonly #workingSet: WorkingSet;
  #pending = new PendingCommit();
  /** The last page of recorded events that was read: events are mostly read one after the other. */
  #eventPage: { readonly first: number; readonly events: readonly HistoryEvent[] } = {
    first: 0,
    events: [],
  };

  constructor(
    readonly context: ControllerContext,
    run: Run,
  ) {
    this.id = run.info.id;
    this.info = run.info;
    this.head = { ...run.head };
    this.#workingSet = new WorkingSet(context.tasks, this.id);
  }

  /** Writes that the next commit has so far. */
  get writeCount(): number {
    return this.#pending.writeCount;
  }

  // --- steps

  load(calls: readonly number[]): Promise<void> {
    return this.#workingSet.load(calls);
  }

  /** Forgets the steps that neither the next commit nor its launches need: they may be large. */
  forgetUnchanged(): void {
    const { created, changed, callsToLaunch } = this.#pending;
    const ready = new Set(this.ready);
    this.#workingSet.forget(
      (call) =>
        changed.has(call) || created.has(call) || callsToLaunch.has(call) || ready.has(call),
    );
  }

  step(call: number): Promise<Step | undefined> {
    return this.#workingSet.step(call);
  }

  requireStep(call: number): Promise<Step> {
    return this.#workingSet.requireStep(call);
  }

  /** Records a new step, or a new state of one (1). */
  put(next: Step): Step {
    const step = this.#withoutEndedSlot(next);
    const before = this.#workingSet.loaded(step.call);
    this.#updateCounters(step, before);
    this.#workingSet.put(step);
    if (before === undefined) this.#pending.created.add(step.call);
    else if (!this.#pending.created.has(step.call)) this.#pending.changed.add(step.call);
    if (before?.status !== step.status) this.#statusChanged(step, before);
    return step;
  }

  /** Ends the slot of a step that is neither queued nor running, and does not wait for one. */
  #withoutEndedSlot(step: Step): Step {
    if (step.slot === undefined || needsSlot(step)) return step;
    const { slot, ...rest } = step;
    this.slotRequests.delete(step.call);
    this.#pending.endSlot(slot.key, step.call);
    return rest;
  }

  /** The next commit ends the slot of a step. */
  endSlot(key: string, call: number): void {
    this.#pending.endSlot(key, call);
  }

  /** These calls keep the slots that a change of this turn ended. */
  keepSlots(key: string, calls: readonly number[]): void {
    this.#pending.keepSlots(key, calls);
  }

  #updateCounters(step: Step, before: Step | undefined): void {
    const { head } = this;
    const oldCounters = countersOf(before);
    const newCounters = countersOf(step);
    head.unfinishedSteps += newCounters.unfinishedSteps - oldCounters.unfinishedSteps;
    head.activeSteps += newCounters.activeSteps - oldCounters.activeSteps;
    if (head.stepCounts !== undefined)
      head.stepCounts = movedCounts(head.stepCounts, before?.status, step.status);
    const newFailures = newCounters.unhandledFailures - oldCounters.unhandledFailures;
    head.unhandledFailures += newFailures;
    if (newFailures > 0) head.failedStep ??= step.call;
    else if (newFailures < 0 && head.failedStep === step.call) head.failedStep = null;
  }

  #statusChanged(step: Step, before: Step | undefined): void {
    this.publish(statusEvent(this.id, step, before, this.context.clock.now()));
    if (before === undefined || this.head.status === 'aborting') return;
    if (this.declaration(step).callbacks.includes('statusChange'))
      this.requestCallback(step, { kind: 'statusChange', previousStatus: before.status });
  }

  // --- components

  component(name: string): Promise<RunComponent | undefined> {
    return this.#workingSet.component(name);
  }

  declareComponent(component: RunComponent): void {
    this.#workingSet.putComponent(component);
    this.#pending.declared.add(component.declaration.name);
  }

  declaration(step: Step): ComponentDeclaration {
    return this.#workingSet.declaration(step);
  }

  // --- edges

  link(parent: number | string, child: number): void {
    this.#pending.link(parent, child);
  }

  resolveName(name: string): void {
    this.#pending.resolvedNames.push(name);
  }

  /**
   * Pages of the children of `parent`: first the page of this turn's edges, then the recorded ones
   * above `after`.
   */
  async *children(parent: number | string, after = -1): AsyncGenerator<ChildPage> {
    const fresh = [...(this.#pending.children.get(parent) ?? [])];
    if (fresh.length > 0) yield { calls: fresh, onRecord: false };
    if (typeof parent === 'number' && this.#pending.created.has(parent)) return;
    const { tasks } = this.context;
    for await (const calls of callPages(
      (above, limit) => tasks.children(this.id, parent, above, limit),
      { after, limit: PAGE_SIZE },
    ))
      yield { calls, onRecord: true };
  }

  /**
   * Calls whose step name or component name is `name`: the recorded ones, then those of this turn.
   */
  async callsNamed(name: string): Promise<readonly number[]> {
    const { tasks } = this.context;
    const calls = await collect(
      callPages((after, limit) => tasks.callsNamed(this.id, name, after, limit), {
        limit: PAGE_SIZE,
      }),
    );
    for (const call of this.#pending.created) {
      const step = this.#workingSet.loaded(call);
      if (step !== undefined && (step.name === name || step.component === name)) calls.push(call);
    }
    return calls;
  }

  // --- history

  /** Appends an event and returns its number. */
  append(event: EventData): number {
    this.head.lastEventAt = Math.max(this.head.lastEventAt, this.context.clock.now());
    this.#pending.events.push({ ...event, at: this.head.lastEventAt });
    return this.head.eventCount++;
  }

  /** Appends the event of a callback, which makes an evaluation due. */
  requestCallback(step: Step, input: CallbackInput): void {
    this.append(callbackEvent(step, input));
    this.head.evaluationDue = true;
  }

  /** The event with this number, recorded or of this turn. */
  async event(number: number): Promise<HistoryEvent | undefined> {
    const fresh = number - (this.head.eventCount - this.#pending.events.length);
    if (fresh >= 0) return this.#pending.events[fresh];
    const { first, events } = this.#eventPage;
    if (number < first || number >= first + events.length)
      this.#eventPage = {
        first: number,
        events: await this.context.tasks.events(this.id, number, Math.min(PAGE_SIZE, -fresh)),
      };
    return this.#eventPage.events[number - this.#eventPage.first];
  }

  appendSignature(signature: string): void {
    this.#pending.signatures.push(signature);
    this.head.commandCount += 1;
  }

  /** The recorded history, followed by what this turn appended. */
  get history(): HistoryReader {
    const { tasks } = this.context;
    return {
      events: recordedThenFresh(
        (from, limit) => tasks.events(this.id, from, limit),
        this.#pending.events,
        this.head.eventCount,
      ),
      signatures: recordedThenFresh(
        (from, limit) => tasks.signatures(this.id, from, limit),
        this.#pending.signatures,
        this.head.commandCount,
      ),
    };
  }

  // --- what follows the commit

  /** The next commit fixes a group with this call. */
  enqueueLaunch(call: number): void {
    this.#pending.callsToLaunch.add(call);
  }

  setTimer(timer: Timer): void {
    this.#pending.setTimer(timer);
  }

  clearTimer(kind: TimerKind, subject: number): void {
    this.#pending.clearTimer(kind, subject);
  }

  addStepReport(report: StepReport): void {
    this.#pending.reports.push(report);
  }

  addRunReport(report: RunReport): void {
    this.#pending.runReports.push(report);
  }

  /** Records artifacts and models on the run. A new one replaces one with the same name. */
  addRunOutputs({ artifacts = [], models = [] }: Partial<RunOutputs>): void {
    this.#pending.artifacts.push(...artifacts);
    this.#pending.models.push(...models);
  }

  recordAdoption(adoption: Adoption): void {
    this.#pending.adoptions.push(adoption);
  }

  get adoptedArchives(): readonly string[] {
    return this.#pending.adoptions.map((adoption) => adoption.archive);
  }

  /**
   * Defers a side effect until the commit is written. It must be harmless if it is lost or
   * repeated.
   */
  afterCommit(act: () => Promise<void>): void {
    this.#pending.afterCommitActions.push(act);
  }

  send(transitions: readonly Transition[]): void {
    if (transitions.length > 0) this.afterCommit(() => this.context.transitions.send(transitions));
  }

  /** Publishes a warning for the operator and the viewers of the run. */
  warn(text: string): void {
    this.publish({ kind: 'log', run: this.id, level: 'warn', text, at: this.context.clock.now() });
  }

  publish(event: StatusEvent): void {
    this.#pending.statusEvents.push(event);
  }

  /** Marks the head as changed where no other change implies it. */
  markHeadChanged(): void {
    this.#pending.headChanged = true;
  }

  // --- the commit

  /** Writes all changes since the last commit, and returns their side effects for the caller. */
  async commit(): Promise<CommittedWork> {
    const groups = this.#pending.isDirty ? await this.#write() : [];
    const { afterCommitActions: actions, statusEvents, endedSlots } = this.#pending;
    this.#workingSet.clear();
    this.#pending = new PendingCommit();
    return { groups, actions, statusEvents, endedSlots };
  }

  async #write(): Promise<readonly JobGroup[]> {
    const groups = this.#fixGroups();
    this.head.unlaunchedGroups = groups.map((group) => group.name);
    this.head.endedSlots =
      this.#pending.endedSlots.length === 0 ? undefined : this.#pending.endedSlots;
    this.head.revision += 1;
    const jobGroups = await Promise.all(groups.map((group) => buildJobGroup(this, group)));
    const commit = this.#pending.toCommit(
      { ...this.head },
      groups,
      (call) => this.#workingSet.loaded(call),
      (name) => this.#workingSet.loadedComponent(name),
    );
    await launching(this.context.jobs, groups, () => this.context.tasks.commit(this.id, commit));
    return jobGroups;
  }

  /** Forms the groups of the enqueued calls, and adds an attempt to each member. */
  #fixGroups(): readonly Group[] {
    // A step that was enqueued may have been cancelled since then.
    const steps = [...this.#pending.callsToLaunch]
      .flatMap((call) => this.#workingSet.loaded(call) ?? [])
      .filter(({ status }) => !isTerminalStep(status));
    const formed = formGroups(steps, {
      run: this.id,
      generation: this.head.generation,
      firstNumber: this.head.groupCount,
      maxGroupSize: this.context.settings.maxGroupSize,
      now: this.context.clock.now(),
    });
    this.head.groupCount += formed.length;
    const members = formed.flatMap((group) => group.steps);
    for (const step of members) this.put(step);
    const starts = attemptStarts(members, (step) => this.declaration(step), this.head.generation);
    this.#pending.runReports.push(...starts);
    return formed.map(({ group }) => group);
  }
}
