/**
 * A mirror of the runs, made from the commits. The rules are checked against it, so that the checks
 * depend neither on the store nor on the controller.
 *
 * @module
 */
import { type HistoryEvent, isCompletionEvent } from '../../src/model/history.ts';
import type { ComponentDeclaration } from '../../src/model/options.ts';
import type { RunHead, RunInfo } from '../../src/model/run.ts';
import { isTerminalStep, type Step } from '../../src/model/step.ts';
import type { Commit, Group, Timer } from '../../src/ports/tasks.ts';

export interface MirroredRun {
  readonly info: Omit<RunInfo, 'number'>;
  /** The index in the world's plan. A rerun has an index of its own. */
  readonly index: number;
  head: RunHead;
  readonly steps: Map<number, Step>;
  readonly declarations: Map<string, ComponentDeclaration>;
  /** By child: the calls and names that it waits for. */
  readonly gates: Map<number, Set<number | string>>;
  readonly children: Map<number | string, number>;
  events: HistoryEvent[];
  /** By call: the number of its completion event. */
  readonly completionEvents: Map<number, number>;
  signatures: string[];
  endedSleepCount: number;
  readonly groups: Map<string, Group>;
  readonly timers: Map<string, Timer>;
  /** Steps that resumes and reruns archived, and that no call has adopted. */
  readonly archived: Map<string, Step>;
  /** Calls that adopted an archived step: they were executed in another run or generation. */
  readonly adoptedCalls: Set<number>;
  /**
   * Calls that were complete at the last resume. Later changes of their parents do not affect them.
   */
  readonly keptCalls: Set<number>;
}

/** The completion of the step is in the history. */
export const isRecorded = (step: Step): boolean =>
  isTerminalStep(step.status) && step.waitingFor === 'none';

export const describeStep = (step: Step): string => `${step.name} (call ${step.call})`;

export const timerKey = (timer: { readonly kind: string; readonly subject: number }): string =>
  `${timer.kind} ${timer.subject}`;

export function mirrorRun(
  info: Omit<RunInfo, 'number'>,
  index: number,
  head: RunHead,
): MirroredRun {
  return {
    info,
    index,
    head,
    steps: new Map(),
    declarations: new Map(),
    gates: new Map(),
    children: new Map(),
    events: [],
    completionEvents: new Map(),
    signatures: [],
    endedSleepCount: 0,
    groups: new Map(),
    timers: new Map(),
    archived: new Map(),
    adoptedCalls: new Set(),
    keptCalls: new Set(),
  };
}

function addEvent(run: MirroredRun, event: HistoryEvent): void {
  if (isCompletionEvent(event)) run.completionEvents.set(event.call, run.events.length);
  if (event.kind === 'sleepEnded') run.endedSleepCount += 1;
  run.events.push(event);
}

/** Applies a commit that the store has applied. */
export function applyCommit(run: MirroredRun, commit: Commit): void {
  run.head = commit.head;
  for (const step of [...commit.created, ...commit.changed]) run.steps.set(step.call, step);
  for (const { parent, child } of commit.edges) {
    const gates = run.gates.get(child) ?? new Set();
    if (!gates.has(parent)) run.children.set(parent, (run.children.get(parent) ?? 0) + 1);
    run.gates.set(child, gates.add(parent));
  }
  for (const name of commit.resolvedNames)
    for (const gates of run.gates.values()) gates.delete(name);
  for (const { declaration } of commit.components)
    run.declarations.set(declaration.name, declaration);
  for (const event of commit.events) addEvent(run, event);
  run.signatures.push(...commit.signatures);
  for (const group of commit.groups) run.groups.set(group.name, group);
  for (const timer of commit.timers.clear) run.timers.delete(timerKey(timer));
  for (const timer of commit.timers.set) run.timers.set(timerKey(timer), timer);
  for (const { archive, call } of commit.adoptions) {
    run.archived.delete(archive);
    run.adoptedCalls.add(call);
  }
}

/** Cuts the history as a resume does. The caller then applies the commit of the rewind. */
export function applyCut(
  run: MirroredRun,
  cut: { readonly eventCount: number; readonly commandCount: number; readonly callCount: number },
  revision: number,
): void {
  const events = run.events.slice(0, cut.eventCount);
  run.events = [];
  run.completionEvents.clear();
  run.endedSleepCount = 0;
  for (const event of events) addEvent(run, event);
  run.signatures = run.signatures.slice(0, cut.commandCount);
  for (const [call, step] of run.steps) {
    if (call < cut.callCount) continue;
    run.archived.set(`${revision}.${call}`, step);
    run.steps.delete(call);
    run.gates.delete(call);
  }
  for (const gates of run.gates.values())
    for (const gate of gates)
      if (typeof gate === 'number' && gate >= cut.callCount) gates.delete(gate);
}

/** Marks the calls that are complete when a resume is written. */
export function markKeptCalls(run: MirroredRun): void {
  run.keptCalls.clear();
  for (const step of run.steps.values()) if (isRecorded(step)) run.keptCalls.add(step.call);
}

/** The run as two lines of a trace. */
export function describeHead({ index, head, steps }: MirroredRun): string {
  const stepTexts = [...steps.values()].map(
    (step) =>
      `${step.name}:${step.status}${step.waitingFor === 'none' ? '' : `/${step.waitingFor}`}${step.unmetParents > 0 ? `(${step.unmetParents})` : ''}`,
  );
  const counters = `unfinished ${head.unfinishedSteps} active ${head.activeSteps} sleeping ${head.pendingSleepCount} failures ${head.unhandledFailures}`;
  return `run ${index} r${head.revision} ${head.status}, logic ${head.logicState}, ${head.position}/${head.eventCount} events, ${head.commandCount} commands, ${counters}\n${' '.repeat(14)}${stepTexts.join(' ')}`;
}
