/**
 * What the commits said, kept apart from the store: the rules are checked against this, so that neither the store nor the controller is believed.
 *
 * @module
 */
import type { HistoryEvent } from '../../src/model/history.ts';
import type { ComponentDeclaration } from '../../src/model/options.ts';
import type { RunHead, RunInfo } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import type { Commit, Group, Timer } from '../../src/ports/tasks.ts';
import { isRecorded } from './recount.ts';

export interface MirroredRun {
  readonly info: Omit<RunInfo, 'number'>;
  /** Its place in the world's plan: a rerun has its own. */
  readonly index: number;
  head: RunHead;
  readonly steps: Map<number, Step>;
  readonly declarations: Map<string, ComponentDeclaration>;
  /** By child: the calls and names that gate it. */
  readonly gates: Map<number, Set<number | string>>;
  readonly children: Map<number | string, number>;
  events: HistoryEvent[];
  /** Number of the event that told a call's end. */
  readonly completionEvents: Map<number, number>;
  signatures: string[];
  endedSleepCount: number;
  readonly groups: Map<string, Group>;
  readonly timers: Map<string, Timer>;
  /** Kept aside by resumes and reruns, and not taken over yet. */
  readonly archived: Map<string, Step>;
  /** Calls that took a step over: they were executed elsewhere, or before. */
  readonly adoptedCalls: Set<number>;
  /** Calls that were over when the run was last resumed: what their parents did since does not matter to them. */
  readonly keptCalls: Set<number>;
}

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

const isEnd = (
  event: HistoryEvent,
): event is Extract<HistoryEvent, { kind: 'completed' | 'failed' | 'skipped' | 'aborted' }> =>
  event.kind === 'completed' ||
  event.kind === 'failed' ||
  event.kind === 'skipped' ||
  event.kind === 'aborted';

function addEvent(run: MirroredRun, event: HistoryEvent): void {
  if (isEnd(event)) run.completionEvents.set(event.call, run.events.length);
  if (event.kind === 'sleepEnded') run.endedSleepCount += 1;
  run.events.push(event);
}

/** Applies a commit that the store took. */
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

/** Cuts the history as a resume does; the commit that goes with it follows. */
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

/** Notes what is over when a resume is written. */
export function markKeptCalls(run: MirroredRun): void {
  run.keptCalls.clear();
  for (const step of run.steps.values()) if (isRecorded(step)) run.keptCalls.add(step.call);
}

/** A run in two lines of a trace. */
export function describeHead({ index, head, steps }: MirroredRun): string {
  const shown = [...steps.values()].map(
    (step) =>
      `${step.name}:${step.status}${step.waitingFor === 'none' ? '' : `/${step.waitingFor}`}${step.unmetParents > 0 ? `(${step.unmetParents})` : ''}`,
  );
  const counters = `unfinished ${head.unfinishedSteps} moving ${head.activeSteps} sleeping ${head.pendingSleepCount} failures ${head.unhandledFailures}`;
  return `run ${index} r${head.revision} ${head.status}, logic ${head.logicState}, ${head.position}/${head.eventCount} events, ${head.commandCount} commands, ${counters}\n${' '.repeat(14)}${shown.join(' ')}`;
}
