/**
 * The plan of a restart: a resume or a rerun continues from the cut, the first event that is no
 * longer valid.
 *
 * 1. The history before the cut stays. Calls after the cut are archived, and equal calls adopt
 *    them.
 * 2. Completions after the cut of steps that are not restarted are appended again, in their order.
 * 3. A restarted step waits for its restarted parents. A step that another parent blocks stays
 *    skipped.
 *
 * @module
 */
import { originalPreviews } from '../../model/argument-previews.ts';
import { type HistoryEvent, isCompletionEvent } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { RunLocation } from '../../model/object-layout.ts';
import type { Run, RunHead } from '../../model/run.ts';
import { countStatuses, NOT_EXECUTED, type Step } from '../../model/step.ts';
import { callPages, collect, itemPages } from '../../ports/pages.ts';
import type { Commit, Edge } from '../../ports/tasks.ts';
import type { ControllerPorts } from '../context.ts';
import { restartedSignals } from '../logic/signals.ts';
import { trackedSleeps } from '../logic/sleeps.ts';
import { storeIfLarge, storeLargeArguments } from '../logic/value-storage.ts';
import { newHead } from '../run/run-head.ts';
import { sweepTimer } from '../run/timers.ts';
import { countersOf, type StepCounters } from '../turn/step-counters.ts';
import { findBlockedSteps } from './blocked-steps.ts';
import { type LogicReplay, replayLogicTo } from './logic-replay.ts';

export interface RestartPlan {
  readonly cut: {
    readonly eventCount: number;
    readonly commandCount: number;
    readonly callCount: number;
  };
  readonly replayed: LogicReplay;
  /** Events before the cut. */
  readonly prefix: readonly HistoryEvent[];
  /** Events that are appended at the cut (2). */
  readonly reappended: readonly HistoryEvent[];
  /** Steps before the cut, in their new state. */
  readonly steps: readonly Step[];
  /** Edges of names that steps wait for again. */
  readonly edges: readonly Edge[];
  readonly missingParents: readonly string[];
  readonly pendingSleeps: readonly { readonly sleep: number; readonly durationMs: number }[];
  readonly endedSleeps: readonly number[];
}

export async function readAllSteps(ports: ControllerPorts, run: Run): Promise<Step[]> {
  const { id } = run.info;
  const steps: Step[] = [];
  for await (const calls of callPages((after, limit) => ports.tasks.calls(id, after, limit)))
    steps.push(...(await ports.tasks.steps(id, calls)));
  return steps;
}

/**
 * Plans a restart of `run`.
 *
 * @param shouldRerun whether a step runs again
 * @param isCutEvent the first event for which it is true is the cut
 * @param target the run in which the steps run again: `run` itself, or the new run of a rerun
 */
export async function planRestart(
  ports: ControllerPorts,
  run: Run,
  steps: readonly Step[],
  shouldRerun: (step: Step) => boolean,
  isCutEvent: (event: HistoryEvent) => boolean,
  target: RunLocation = run.info,
): Promise<RestartPlan> {
  const { id } = run.info;
  const events = await collect(itemPages((from, limit) => ports.tasks.events(id, from, limit)));
  const cutIndex = events.findIndex(isCutEvent);
  // The logic has not evaluated events after `position`.
  const cutEvents = cutIndex === -1 ? run.head.position : Math.min(cutIndex, run.head.position);
  const prefix = events.slice(0, cutEvents);
  const replayed = await replayLogicTo(ports, run, cutEvents);
  const stepsBeforeCut = steps.filter((step) => step.call < replayed.callCount);
  /** Cancelled by a command behind the cut, which the logic may not issue again. */
  const revivedCalls = new Set(
    stepsBeforeCut.flatMap(({ call, cancelled }) =>
      cancelled === true && !replayed.cancelledCalls.has(call) ? [call] : [],
    ),
  );
  const isRerun = (step: Step): boolean =>
    step.cancelled === true
      ? revivedCalls.has(step.call)
      : shouldRerun(step) ||
        (step.status === 'skipped' && step.cause !== null && revivedCalls.has(step.cause));
  const rerunCandidates = new Set(stepsBeforeCut.filter(isRerun).map((step) => step.call));
  const parents = new Map<number, readonly number[]>();
  for (const call of rerunCandidates) parents.set(call, await parentsOf(ports, id, call));
  const blocked = findBlockedSteps({
    steps: stepsBeforeCut,
    rerunCalls: rerunCandidates,
    parents,
    declarations: replayed.declarations,
  });
  const rerunning = new Set([...rerunCandidates].filter((call) => !blocked.has(call)));
  const sleepsEndedBeforeCut = new Set(
    prefix.flatMap((event) => (event.kind === 'sleepEnded' ? [event.sleep] : [])),
  );
  const reappended = events.slice(cutEvents).filter((event) => {
    // A signal belongs to the run that received it: a rerun's results need an approval of their own.
    if (event.kind === 'signal') return target.id === id;
    if (event.kind === 'sleepEnded') return event.sleep < replayed.sleepDurationsMs.length;
    return (
      isCompletionEvent(event) &&
      event.call < replayed.callCount &&
      !rerunCandidates.has(event.call)
    );
  });
  const at = (reappended.at(-1) ?? prefix.at(-1))?.at ?? run.info.clockStart;
  const known = new Map(stepsBeforeCut.map((step) => [step.call, step]));
  for (const { call, name, cause } of blocked.values())
    reappended.push({
      kind: 'skipped',
      at,
      call,
      step: name,
      cause: cause === null ? null : (known.get(cause)?.name ?? null),
    });
  const endedSleeps = new Set([
    ...sleepsEndedBeforeCut,
    ...reappended.flatMap((event) => (event.kind === 'sleepEnded' ? [event.sleep] : [])),
  ]);
  const watermark = cutEvents + reappended.length - 1;
  const edges: Edge[] = [];
  const missingParents = new Set<string>();
  const stepsAfter: Step[] = [];
  for (const step of stepsBeforeCut) {
    const marked = {
      ...(blocked.get(step.call) ?? step),
      awaited: replayed.awaitedCalls.has(step.call),
    };
    if (!rerunning.has(step.call)) stepsAfter.push({ ...marked, watermark });
    else
      stepsAfter.push(
        await resetToPending(ports, target, marked, {
          isOwnArguments: target.id === id,
          known,
          rerunning,
          parents,
          watermark,
          edges,
          missing: missingParents,
          replayed,
        }),
      );
  }
  return {
    cut: {
      eventCount: cutEvents,
      commandCount: replayed.commandCount,
      callCount: replayed.callCount,
    },
    replayed,
    prefix,
    reappended,
    steps: stepsAfter,
    edges,
    missingParents: [...missingParents],
    pendingSleeps: replayed.sleepDurationsMs.flatMap((durationMs, sleep) =>
      endedSleeps.has(sleep) ? [] : [{ sleep, durationMs }],
    ),
    endedSleeps: [...endedSleeps].sort((a, b) => a - b),
  };
}

interface RestartContext {
  /** The arguments on record are objects of the target, if they are stored. */
  readonly isOwnArguments: boolean;
  readonly known: ReadonlyMap<number, Step>;
  readonly rerunning: ReadonlySet<number>;
  readonly parents: ReadonlyMap<number, readonly number[]>;
  readonly watermark: number;
  readonly edges: Edge[];
  readonly missing: Set<string>;
  readonly replayed: LogicReplay;
}

export async function parentsOf(
  ports: ControllerPorts,
  run: RunId,
  call: number,
): Promise<readonly number[]> {
  return collect(callPages((after, limit) => ports.tasks.parents(run, call, after, limit)));
}

/**
 * The step as it waits to run again: for restarted parents, and for names that no call before the
 * cut has.
 */
async function resetToPending(
  ports: ControllerPorts,
  target: RunLocation,
  step: Step,
  context: RestartContext,
): Promise<Step> {
  const { known, rerunning, watermark, edges, missing, replayed } = context;
  const keptParents = (context.parents.get(step.call) ?? []).filter((parent) => known.has(parent));
  const names = replayed.declarations.get(step.component)?.parents ?? [];
  const isResolved = (name: string): boolean =>
    keptParents.some(
      (parent) => known.get(parent)?.name === name || known.get(parent)?.component === name,
    );
  const unresolvedNames = [...new Set(names)].filter((name) => !isResolved(name));
  for (const name of unresolvedNames) {
    missing.add(name);
    edges.push({ parent: name, child: step.call });
  }
  // The pre-execute callback may have changed the arguments, and runs again.
  const args =
    step.preExecuted || !context.isOwnArguments
      ? await storeLargeArguments(
          ports.objects,
          target,
          replayed.callArguments[step.call] ?? step.args,
        )
      : step.args;
  const unmet =
    keptParents.filter((parent) => rerunning.has(parent)).length + unresolvedNames.length;
  return {
    ...step,
    ...NOT_EXECUTED,
    cancelled: undefined,
    waitingFor: unmet === 0 ? 'none' : 'parents',
    args,
    ...(step.arguments === undefined ? {} : { arguments: originalPreviews(step.arguments) }),
    missingParents: unresolvedNames,
    parentCount: keptParents.length,
    parents: step.parents.filter((parent) => known.has(parent)),
    parentNames: step.parentNames.filter((_, index) => known.has(step.parents[index] ?? -1)),
    unmetParents: unmet,
    watermark,
    attemptsBeforeResume: step.attempts.length,
  };
}

/** The head of `run` after the restart: it is running, with the counters of the remaining steps. */
export async function restartedHead(
  ports: ControllerPorts,
  run: Run,
  plan: RestartPlan,
  base: RunHead,
): Promise<RunHead> {
  const { replayed, cut, reappended, steps, pendingSleeps, endedSleeps, missingParents } = plan;
  const counts = steps.map(countersOf);
  const sum = (key: keyof StepCounters): number =>
    counts.reduce((total, count) => total + count[key], 0);
  const events = cut.eventCount + reappended.length;
  const contiguous = endedSleeps.findIndex((sleep, index) => sleep !== index);
  const signals = restartedSignals(
    [...plan.prefix, ...plan.reappended],
    replayed.signalWaits,
    base.signals?.received ?? [],
  );
  const endedSleepsBelow = contiguous === -1 ? endedSleeps.length : contiguous;
  return {
    ...newHead(run.info),
    revision: base.revision + 1,
    status: 'running',
    tags: [...new Set([...base.tags, ...replayed.tags])],
    ...(base.note === undefined ? {} : { note: base.note }),
    generation: base.generation + 1,
    sweepCount: base.sweepCount + 1,
    eventCount: events,
    position: cut.eventCount,
    requestedPosition: cut.eventCount,
    answerPaging: replayed.hasMore,
    countedEvents: events,
    commandCount: cut.commandCount,
    callCount: cut.callCount,
    sleepCount: replayed.sleepDurationsMs.length,
    endedSleepsBelow,
    endedSleeps: endedSleeps.slice(endedSleepsBelow),
    groupCount: base.groupCount,
    evaluationDue: true,
    unfinishedSteps: sum('unfinishedSteps'),
    activeSteps: sum('activeSteps'),
    stepCounts: countStatuses(steps),
    unhandledFailures: sum('unhandledFailures'),
    failedStep: steps.find((step) => countersOf(step).unhandledFailures > 0)?.call ?? null,
    pendingSleepCount: pendingSleeps.length,
    ...(signals === undefined ? {} : { signals }),
    pendingSleeps: trackedSleeps(
      pendingSleeps.map(({ sleep, durationMs }) => ({ sleep, at: ports.clock.now() + durationMs })),
    ),
    logicState: replayed.logicState,
    missingParents,
    result:
      replayed.result === null
        ? null
        : await storeIfLarge(ports.objects, run.info, replayed.result),
    startedAt: base.startedAt ?? ports.clock.now(),
    lastEventAt: Math.max(base.lastEventAt, ports.clock.now()),
    hasArchivedSteps: true,
    ...(base.limitCheck === undefined ? {} : { limitCheck: { ...base.limitCheck, keys: [] } }),
    ...(base.externalEvaluator === undefined
      ? {}
      : { externalEvaluator: { ...base.externalEvaluator, answerPending: false, lostJobs: 0 } }),
  };
}

/**
 * The timers of a restarted run: its pending sleeps with their full durations, its time limit, its
 * sweep.
 */
export function restartTimers(
  ports: ControllerPorts,
  run: Run,
  plan: RestartPlan,
  head: RunHead,
): Commit['timers'] {
  const { generation } = head;
  const now = ports.clock.now();
  const { timeoutSeconds } = run.info.declaration;
  const sleeps = plan.pendingSleeps.map(({ sleep, durationMs }) => ({
    kind: 'sleep' as const,
    subject: sleep,
    generation,
    at: now + durationMs,
  }));
  const limit =
    timeoutSeconds === undefined
      ? []
      : [{ kind: 'runLimit' as const, subject: 0, generation, at: now + timeoutSeconds * 1000 }];
  return { set: [...sleeps, ...limit, sweepTimer(run.info, head, now)], clear: [] };
}
