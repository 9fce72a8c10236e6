/**
 * One turn of a run: the working set of a batch of transitions, and all that is to be written and done because of it.
 *
 * 1. Whoever changes a step puts it here; the run's counters follow by difference.
 * 2. Nothing is launched, ended, sent or told before `commit` wrote it (rule 2); groups are fixed in that same write.
 * 3. Between two commits the working set holds what they touch and no more (rule 5).
 *
 * @module
 */
import type { HistoryEvent } from '../../model/history.ts';
import { jobName, type RunId } from '../../model/ids.ts';
import type { Run, RunComponent, RunHead, RunInfo } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { TimerKind, Transition } from '../../model/transition.ts';
import type { HistoryReader } from '../../ports/evaluator.ts';
import type { StatusEvent } from '../../ports/events.ts';
import type { JobGroup } from '../../ports/jobs.ts';
import type { Adoption, Group, RunReport, StepReport, Timer } from '../../ports/tasks.ts';
import type { ControllerContext } from '../context.ts';
import { lastAttempt, queueAttempt } from './attempts.ts';
import { PendingCommit } from './pending-commit.ts';
import { countersOf } from './step-counters.ts';
import { buildJobGroup } from './step-specs.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type EventData = HistoryEvent extends infer E
  ? E extends HistoryEvent
    ? Omit<E, 'at'>
    : never
  : never;

const PAGE_SIZE = 1000;

interface ChildPage {
  readonly calls: readonly number[];
  /** On record, in ascending order: the last is a place to go on from. */
  readonly onRecord: boolean;
}

export class Turn {
  readonly id: RunId;
  readonly info: RunInfo;
  readonly head: Mutable<RunHead>;
  /** Calls whose gate is open: to be launched, or taken from the cache, before the next commit. */
  readonly ready: number[] = [];

  #steps = new Map<number, Step>();
  readonly #components = new Map<string, RunComponent>();
  #pending = new PendingCommit();
  /** A page of the history on record, read ahead: who asks for one event asks for the next. */
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
  }

  /** Writes that wait for the next commit. */
  get writeCount(): number {
    return this.#pending.writeCount;
  }

  // --- steps

  /** Brings steps, and what their components declare, into the working set. */
  async load(calls: readonly number[]): Promise<void> {
    const absent = calls.filter((call) => !this.#steps.has(call));
    for (let i = 0; i < absent.length; i += PAGE_SIZE) {
      for (const step of await this.context.tasks.steps(this.id, absent.slice(i, i + PAGE_SIZE)))
        this.#steps.set(step.call, step);
    }
    for (const call of calls) {
      const step = this.#steps.get(call);
      if (step !== undefined && !this.#components.has(step.component))
        await this.component(step.component);
    }
  }

  async step(call: number): Promise<Step | undefined> {
    if (!this.#steps.has(call)) await this.load([call]);
    return this.#steps.get(call);
  }

  /** A step that is known to exist. */
  async requireStep(call: number): Promise<Step> {
    const step = await this.step(call);
    if (step === undefined) throw new Error(`run ${this.id} has no step with call ${call}`);
    return step;
  }

  /** Puts a new step, or a new state of one, into the working set. */
  put(step: Step): Step {
    const before = this.#steps.get(step.call);
    const oldCounters = countersOf(before);
    const newCounters = countersOf(step);
    this.head.unfinishedSteps += newCounters.unfinishedSteps - oldCounters.unfinishedSteps;
    this.head.activeSteps += newCounters.activeSteps - oldCounters.activeSteps;
    this.head.unhandledFailures += newCounters.unhandledFailures - oldCounters.unhandledFailures;
    if (newCounters.unhandledFailures > oldCounters.unhandledFailures)
      this.head.failedStep ??= step.call;
    else if (
      newCounters.unhandledFailures < oldCounters.unhandledFailures &&
      this.head.failedStep === step.call
    )
      this.head.failedStep = null;
    this.#steps.set(step.call, step);
    if (before === undefined) this.#pending.created.add(step.call);
    else if (!this.#pending.created.has(step.call)) this.#pending.changed.add(step.call);
    if (before?.status !== step.status) this.#statusChanged(step, before);
    return step;
  }

  #statusChanged(step: Step, before: Step | undefined): void {
    const attempt = lastAttempt(step);
    this.#pending.statusEvents.push({
      kind: 'step',
      run: this.id,
      call: step.call,
      step: step.name,
      status: step.status,
      previous: before?.status ?? null,
      attempt: attempt?.number ?? 0,
      ...(attempt?.reason === undefined ? {} : { reason: attempt.reason }),
      at: this.context.clock.now(),
    });
    if (before === undefined || this.head.status === 'aborting') return;
    if (this.declaration(step).callbacks.includes('statusChange'))
      this.requestCallback(step, { kind: 'statusChange', previousStatus: before.status });
  }

  // --- components

  async component(name: string): Promise<RunComponent | undefined> {
    const component =
      this.#components.get(name) ?? (await this.context.tasks.component(this.id, name));
    if (component !== undefined) this.#components.set(name, component);
    return component;
  }

  declareComponent(component: RunComponent): void {
    this.#components.set(component.declaration.name, component);
    this.#pending.declared.add(component.declaration.name);
  }

  /** The declaration of a step in the working set. */
  declaration(step: Step): RunComponent['declaration'] {
    const component = this.#components.get(step.component);
    if (component === undefined)
      throw new Error(`component ${step.component} of run ${this.id} is not loaded`);
    return component.declaration;
  }

  // --- edges

  link(parent: number | string, child: number): void {
    this.#pending.link(parent, child);
  }

  resolveName(name: string): void {
    this.#pending.resolvedNames.push(name);
  }

  /** Pages of the children of `parent`: those of this turn, then those on record above `after`, in ascending order. */
  async *children(parent: number | string, after = -1): AsyncGenerator<ChildPage> {
    const fresh = [...(this.#pending.children.get(parent) ?? [])];
    if (fresh.length > 0) yield { calls: fresh, onRecord: false };
    if (typeof parent === 'number' && this.#pending.created.has(parent)) return;
    for (let above = after; ; ) {
      const page = await this.context.tasks.children(this.id, parent, above, PAGE_SIZE);
      if (page.length > 0) yield { calls: page, onRecord: true };
      if (page.length < PAGE_SIZE) return;
      above = page.at(-1) ?? above;
    }
  }

  /** Calls of a name or component: those on record and those of this turn. */
  async callsNamed(name: string): Promise<readonly number[]> {
    const calls: number[] = [];
    for (let after = -1; ; ) {
      const page = await this.context.tasks.callsNamed(this.id, name, after, PAGE_SIZE);
      calls.push(...page);
      if (page.length < PAGE_SIZE) break;
      after = page.at(-1) ?? after;
    }
    for (const call of this.#pending.created) {
      const step = this.#steps.get(call);
      if (step !== undefined && (step.name === name || step.component === name)) calls.push(call);
    }
    return calls;
  }

  // --- history

  /** Appends an event; its number is returned. */
  append(event: EventData): number {
    this.head.lastEventAt = Math.max(this.head.lastEventAt, this.context.clock.now());
    this.#pending.events.push({ ...event, at: this.head.lastEventAt });
    return this.head.eventCount++;
  }

  /** Appends a callback's event and asks for an evaluation. */
  requestCallback(step: Step, input: Extract<HistoryEvent, { kind: 'callback' }>['input']): void {
    const attempt = lastAttempt(step);
    this.append({
      kind: 'callback',
      call: step.call,
      component: step.component,
      node: {
        name: step.name,
        component: step.component,
        status: step.status,
        attempt: attempt?.number ?? 0,
        parents: step.parentNames,
        executionQueue: step.queue,
        artifacts: step.artifacts.map(({ name, type, size, preview }) => ({
          name,
          type,
          size,
          preview,
        })),
        models: step.models.map(({ name, size }) => ({ name, size })),
      },
      input,
    });
    this.head.evaluationDue = true;
  }

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

  /** The history on record and this turn's, as one. */
  get history(): HistoryReader {
    const { tasks } = this.context;
    const pages = <T>(
      read: (from: number, limit: number) => Promise<readonly T[]>,
      fresh: readonly T[],
      total: number,
    ) =>
      async function* (from: number): AsyncGenerator<readonly T[]> {
        const stored = total - fresh.length;
        let at = from;
        while (at < stored) {
          const page = await read(at, Math.min(PAGE_SIZE, stored - at));
          if (page.length === 0) return;
          yield page;
          at += page.length;
        }
        if (at < total) yield fresh.slice(at - stored);
      };
    return {
      events: pages(
        (from, limit) => tasks.events(this.id, from, limit),
        this.#pending.events,
        this.head.eventCount,
      ),
      signatures: pages(
        (from, limit) => tasks.signatures(this.id, from, limit),
        this.#pending.signatures,
        this.head.commandCount,
      ),
    };
  }

  // --- what is to be done after the commit

  /** The step is launched with the next commit. */
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

  recordAdoption(adoption: Adoption): void {
    this.#pending.adoptions.push(adoption);
  }

  get adoptedArchives(): readonly string[] {
    return this.#pending.adoptions.map((adoption) => adoption.archive);
  }

  /** Something to do once the turn is written. It must be harmless when it is lost or done twice. */
  afterCommit(act: () => Promise<void>): void {
    this.#pending.afterCommitActions.push(act);
  }

  send(transitions: readonly Transition[]): void {
    if (transitions.length > 0) this.afterCommit(() => this.context.transitions.send(transitions));
  }

  publish(event: StatusEvent): void {
    this.#pending.statusEvents.push(event);
  }

  /** Marks the head as changed, where nothing else shows it. */
  markHeadChanged(): void {
    this.#pending.headChanged = true;
  }

  // --- the commit

  /** Writes what was decided since the last commit, then does what was to be done. */
  async commit(): Promise<void> {
    const specs = this.#pending.isDirty ? await this.#write() : [];
    const { afterCommitActions, statusEvents } = this.#pending;
    this.#steps = new Map();
    this.#pending = new PendingCommit();
    for (const spec of specs) await this.context.jobs.submit(spec, true);
    for (const act of afterCommitActions) await act();
    if (statusEvents.length > 0) await this.context.events.publish(statusEvents);
  }

  async #write(): Promise<readonly JobGroup[]> {
    const groups = this.#formGroups();
    this.head.unlaunchedGroups = groups.map((group) => group.name);
    this.head.revision += 1;
    const specs = await Promise.all(groups.map((group) => buildJobGroup(this, group)));
    const commit = this.#pending.toCommit(
      { ...this.head },
      groups,
      (call) => this.#steps.get(call),
      (name) => this.#components.get(name),
    );
    await this.context.tasks.commit(this.id, commit);
    return specs;
  }

  /** Ready calls of one component and queue go together (rule 8), in the order of calls. */
  #formGroups(): Group[] {
    const callsByGroup = new Map<string, number[]>();
    for (const call of [...this.#pending.callsToLaunch].sort((a, b) => a - b)) {
      const step = this.#steps.get(call);
      if (step === undefined) continue;
      const key = JSON.stringify([step.component, step.queue]);
      const calls = callsByGroup.get(key);
      if (calls === undefined) callsByGroup.set(key, [call]);
      else calls.push(call);
    }
    const groups: Group[] = [];
    for (const calls of callsByGroup.values()) {
      for (let i = 0; i < calls.length; i += this.context.settings.maxGroupSize)
        groups.push(this.#formGroup(calls.slice(i, i + this.context.settings.maxGroupSize)));
    }
    return groups;
  }

  #formGroup(calls: readonly number[]): Group {
    const number = this.head.groupCount++;
    const name = jobName(this.id, this.head.generation, number);
    const now = this.context.clock.now();
    const steps = calls.flatMap((call, index) => {
      const step = this.#steps.get(call);
      return step === undefined ? [] : [this.put(queueAttempt(step, { name, index }, now))];
    });
    const [first] = steps;
    return {
      number,
      name,
      component: first?.component ?? '',
      queue: first?.queue ?? '',
      members: steps.map((step) => ({ call: step.call, attempt: step.attempts.length })),
    };
  }
}
