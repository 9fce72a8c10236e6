/**
 * One turn of a run: the working set of a batch of transitions, and all that is to be written and done because of it.
 *
 * 1. Whoever changes a step puts it here; the run's counters follow by difference.
 * 2. Nothing is launched, ended, sent or told before `commit` wrote it (rule 2); groups are fixed in that same write.
 * 3. Between two commits the working set holds what they touch and no more (rule 5).
 *
 * @module
 */
import type { HistoryEvent } from '../model/history.ts';
import { jobName, type RunId } from '../model/ids.ts';
import type { Run, RunComponent, RunHead, RunInfo } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { TimerKind, Transition } from '../model/transition.ts';
import type { HistoryReader } from '../ports/evaluator.ts';
import type { StatusEvent } from '../ports/events.ts';
import type { JobGroup } from '../ports/jobs.ts';
import type { Adoption, Group, RunReport, StepReport, Timer } from '../ports/tasks.ts';
import { lastAttempt, queue } from './attempts.ts';
import type { Context } from './context.ts';
import { Draft } from './draft.ts';
import { groupSpecs } from './specs.ts';
import { countsOf } from './standing.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type EventData = HistoryEvent extends infer E ? (E extends HistoryEvent ? Omit<E, 'at'> : never) : never;

const PAGE = 1000;

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
  #draft = new Draft();
  /** A page of the history on record, read ahead: who asks for one event asks for the next. */
  #recorded: { readonly first: number; readonly events: readonly HistoryEvent[] } = { first: 0, events: [] };

  constructor(
    readonly context: Context,
    run: Run,
  ) {
    this.id = run.info.id;
    this.info = run.info;
    this.head = { ...run.head };
  }

  /** Writes that wait for the next commit. */
  get size(): number {
    return this.#draft.size;
  }

  // --- steps

  /** Brings steps, and what their components declare, into the working set. */
  async load(calls: readonly number[]): Promise<void> {
    const absent = calls.filter((call) => !this.#steps.has(call));
    for (let i = 0; i < absent.length; i += PAGE) {
      for (const step of await this.context.tasks.steps(this.id, absent.slice(i, i + PAGE))) this.#steps.set(step.call, step);
    }
    for (const call of calls) {
      const step = this.#steps.get(call);
      if (step !== undefined && !this.#components.has(step.component)) await this.component(step.component);
    }
  }

  async step(call: number): Promise<Step | undefined> {
    if (!this.#steps.has(call)) await this.load([call]);
    return this.#steps.get(call);
  }

  /** A step that is known to exist. */
  async known(call: number): Promise<Step> {
    const step = await this.step(call);
    if (step === undefined) throw new Error(`run ${this.id} has no step with call ${call}`);
    return step;
  }

  /** Puts a new step, or a new state of one, into the working set. */
  put(step: Step): Step {
    const before = this.#steps.get(step.call);
    const was = countsOf(before);
    const is = countsOf(step);
    this.head.unfinishedSteps += is.unfinished - was.unfinished;
    this.head.activeSteps += is.moving - was.moving;
    this.head.unhandledFailures += is.failures - was.failures;
    if (is.failures > was.failures) this.head.failedStep ??= step.call;
    else if (is.failures < was.failures && this.head.failedStep === step.call) this.head.failedStep = null;
    this.#steps.set(step.call, step);
    if (before === undefined) this.#draft.created.add(step.call);
    else if (!this.#draft.created.has(step.call)) this.#draft.changed.add(step.call);
    if (before?.status !== step.status) this.#statusChanged(step, before);
    return step;
  }

  #statusChanged(step: Step, before: Step | undefined): void {
    const attempt = lastAttempt(step);
    this.#draft.news.push({
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
    if (this.declaration(step).callbacks.includes('statusChange')) this.askCallback(step, { kind: 'statusChange', previousStatus: before.status });
  }

  // --- components

  async component(name: string): Promise<RunComponent | undefined> {
    const known = this.#components.get(name) ?? (await this.context.tasks.component(this.id, name));
    if (known !== undefined) this.#components.set(name, known);
    return known;
  }

  declare(component: RunComponent): void {
    this.#components.set(component.declaration.name, component);
    this.#draft.declared.add(component.declaration.name);
  }

  /** The declaration of a step in the working set. */
  declaration(step: Step): RunComponent['declaration'] {
    const component = this.#components.get(step.component);
    if (component === undefined) throw new Error(`component ${step.component} of run ${this.id} is not loaded`);
    return component.declaration;
  }

  // --- edges

  link(parent: number | string, child: number): void {
    this.#draft.link(parent, child);
  }

  answer(name: string): void {
    this.#draft.answered.push(name);
  }

  /** Pages of the children of `parent`: those of this turn, then those on record above `after`, in ascending order. */
  async *children(parent: number | string, after = -1): AsyncGenerator<ChildPage> {
    const fresh = [...(this.#draft.children.get(parent) ?? [])];
    if (fresh.length > 0) yield { calls: fresh, onRecord: false };
    if (typeof parent === 'number' && this.#draft.created.has(parent)) return;
    for (let above = after; ; ) {
      const page = await this.context.tasks.children(this.id, parent, above, PAGE);
      if (page.length > 0) yield { calls: page, onRecord: true };
      if (page.length < PAGE) return;
      above = page.at(-1) ?? above;
    }
  }

  /** Calls of a name or component: those on record and those of this turn. */
  async named(name: string): Promise<readonly number[]> {
    const calls: number[] = [];
    for (let after = -1; ; ) {
      const page = await this.context.tasks.callsNamed(this.id, name, after, PAGE);
      calls.push(...page);
      if (page.length < PAGE) break;
      after = page.at(-1) ?? after;
    }
    for (const call of this.#draft.created) {
      const step = this.#steps.get(call);
      if (step !== undefined && (step.name === name || step.component === name)) calls.push(call);
    }
    return calls;
  }

  // --- history

  /** Appends an event; its number is returned. */
  append(event: EventData): number {
    this.head.lastEventAt = Math.max(this.head.lastEventAt, this.context.clock.now());
    this.#draft.events.push({ ...event, at: this.head.lastEventAt });
    return this.head.eventCount++;
  }

  /** Appends a callback's event and asks for an evaluation. */
  askCallback(step: Step, input: Extract<HistoryEvent, { kind: 'callback' }>['input']): void {
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
        artifacts: step.artifacts.map(({ name, type, size, preview }) => ({ name, type, size, preview })),
        models: step.models.map(({ name, size }) => ({ name, size })),
      },
      input,
    });
    this.head.evaluationDue = true;
  }

  async event(number: number): Promise<HistoryEvent | undefined> {
    const fresh = number - (this.head.eventCount - this.#draft.events.length);
    if (fresh >= 0) return this.#draft.events[fresh];
    const { first, events } = this.#recorded;
    if (number < first || number >= first + events.length)
      this.#recorded = { first: number, events: await this.context.tasks.events(this.id, number, Math.min(PAGE, -fresh)) };
    return this.#recorded.events[number - this.#recorded.first];
  }

  sign(signature: string): void {
    this.#draft.signatures.push(signature);
    this.head.commandCount += 1;
  }

  /** The history on record and this turn's, as one. */
  get history(): HistoryReader {
    const { tasks } = this.context;
    const pages = <T>(read: (from: number, limit: number) => Promise<readonly T[]>, fresh: readonly T[], total: number) =>
      async function* (from: number): AsyncGenerator<readonly T[]> {
        const stored = total - fresh.length;
        let at = from;
        while (at < stored) {
          const page = await read(at, Math.min(PAGE, stored - at));
          if (page.length === 0) return;
          yield page;
          at += page.length;
        }
        if (at < total) yield fresh.slice(at - stored);
      };
    return {
      events: pages((from, limit) => tasks.events(this.id, from, limit), this.#draft.events, this.head.eventCount),
      signatures: pages((from, limit) => tasks.signatures(this.id, from, limit), this.#draft.signatures, this.head.commandCount),
    };
  }

  // --- what is to be done after the commit

  /** The step is launched with the next commit. */
  launch(call: number): void {
    this.#draft.launching.add(call);
  }

  setTimer(timer: Timer): void {
    this.#draft.setTimer(timer);
  }

  clearTimer(kind: TimerKind, subject: number): void {
    this.#draft.clearTimer(kind, subject);
  }

  report(report: StepReport): void {
    this.#draft.reports.push(report);
  }

  reportRun(report: RunReport): void {
    this.#draft.runReports.push(report);
  }

  adopt(adoption: Adoption): void {
    this.#draft.adopted.push(adoption);
  }

  get adopted(): readonly string[] {
    return this.#draft.adopted.map((adoption) => adoption.archive);
  }

  /** Something to do once the turn is written. It must be harmless when it is lost or done twice. */
  afterwards(act: () => Promise<void>): void {
    this.#draft.afterwards.push(act);
  }

  send(transitions: readonly Transition[]): void {
    if (transitions.length > 0) this.afterwards(() => this.context.transitions.send(transitions));
  }

  tell(event: StatusEvent): void {
    this.#draft.news.push(event);
  }

  /** Marks the head as changed, where nothing else shows it. */
  touch(): void {
    this.#draft.touched = true;
  }

  // --- the commit

  /** Writes what was decided since the last commit, then does what was to be done. */
  async commit(): Promise<void> {
    const specs = this.#draft.isDirty ? await this.#write() : [];
    const { afterwards, news } = this.#draft;
    this.#steps = new Map();
    this.#draft = new Draft();
    for (const spec of specs) await this.context.jobs.submit(spec, true);
    for (const act of afterwards) await act();
    if (news.length > 0) await this.context.events.publish(news);
  }

  async #write(): Promise<readonly JobGroup[]> {
    const groups = this.#fixGroups();
    this.head.unlaunchedGroups = groups.map((group) => group.name);
    this.head.revision += 1;
    const specs = await Promise.all(groups.map((group) => groupSpecs(this, group)));
    const commit = this.#draft.commit(
      { ...this.head },
      groups,
      (call) => this.#steps.get(call),
      (name) => this.#components.get(name),
    );
    await this.context.tasks.commit(this.id, commit);
    return specs;
  }

  /** Ready calls of one component and queue go together (rule 8), in the order of calls. */
  #fixGroups(): Group[] {
    const together = new Map<string, number[]>();
    for (const call of [...this.#draft.launching].sort((a, b) => a - b)) {
      const step = this.#steps.get(call);
      if (step === undefined) continue;
      const key = JSON.stringify([step.component, step.queue]);
      const calls = together.get(key);
      if (calls === undefined) together.set(key, [call]);
      else calls.push(call);
    }
    const groups: Group[] = [];
    for (const calls of together.values()) {
      for (let i = 0; i < calls.length; i += this.context.settings.groupLimit)
        groups.push(this.#fixGroup(calls.slice(i, i + this.context.settings.groupLimit)));
    }
    return groups;
  }

  #fixGroup(calls: readonly number[]): Group {
    const number = this.head.groupCount++;
    const name = jobName(this.id, this.head.generation, number);
    const now = this.context.clock.now();
    const steps = calls.flatMap((call, index) => {
      const step = this.#steps.get(call);
      return step === undefined ? [] : [this.put(queue(step, { name, index }, now))];
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
