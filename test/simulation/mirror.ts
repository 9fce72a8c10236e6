/**
 * What the commits said, kept apart from the store: the rules are checked against this, so that neither the store nor the controller is believed.
 *
 * @module
 */
import type { HistoryEvent } from '../../src/model/history.ts';
import type { RunHead, RunInfo } from '../../src/model/run.ts';
import type { Commit } from '../../src/ports/tasks.ts';
import type { MirroredRun } from './mirrored-run.ts';
import { isRecorded } from './recount.ts';

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
