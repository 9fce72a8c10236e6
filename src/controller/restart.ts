/**
 * Restarting: a resumed or repeated run from the point where its history stops being true.
 *
 * 1. The history before the cut stays as it is; what was done after it is kept aside, to be taken over by equal calls.
 * 2. Ends of steps that stay but were told after the cut are told again behind it, in their order.
 * 3. A step that runs again waits for those of its parents that run again too; one that another parent blocks stays skipped.
 *
 * @module
 */
import type { HistoryEvent } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { Run, RunHead } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { Commit, Edge } from '../ports/tasks.ts';
import { stillBlocked } from './blocked.ts';
import type { ControllerPorts } from './context.ts';
import { newHead } from './heads.ts';
import { all, type Replayed, replayTo } from './replayed.ts';
import { napsOf } from './sleeps.ts';
import { specPrefix } from './specs.ts';
import { countsOf } from './standing.ts';
import { storeIfLarge, storeLargeArguments } from './storing.ts';
import { nextSweep, sweepTimer } from './timers.ts';

export interface Restart {
  readonly cut: { readonly eventCount: number; readonly commandCount: number; readonly callCount: number };
  readonly replayed: Replayed;
  /** Events before the cut. */
  readonly prefix: readonly HistoryEvent[];
  /** What follows the cut at once. */
  readonly retold: readonly HistoryEvent[];
  /** Steps before the cut, as they stand from now on. */
  readonly steps: readonly Step[];
  /** Names that steps wait for again. */
  readonly edges: readonly Edge[];
  readonly missing: readonly string[];
  readonly sleeping: readonly { readonly sleep: number; readonly milliseconds: number }[];
  readonly woken: readonly number[];
}

const PAGE = 1000;

export async function allSteps(ports: ControllerPorts, run: Run): Promise<Step[]> {
  const steps: Step[] = [];
  for (let after = -1; ; ) {
    const calls = await ports.tasks.calls(run.info.id, after, PAGE);
    steps.push(...(await ports.tasks.steps(run.info.id, calls)));
    if (calls.length < PAGE) return steps;
    after = calls.at(-1) ?? after;
  }
}

const concerns = (event: HistoryEvent): number | undefined => ('call' in event ? event.call : undefined);
const isEnd = (event: HistoryEvent): boolean => event.kind === 'completed' || event.kind === 'failed' || event.kind === 'skipped' || event.kind === 'aborted';

/**
 * Plans a restart of `run`: `again` says which steps run again, `cutsAt` at which event the history stops being true.
 */
export async function planRestart(
  ports: ControllerPorts,
  run: Run,
  steps: readonly Step[],
  again: (step: Step) => boolean,
  cutsAt: (event: HistoryEvent) => boolean,
): Promise<Restart> {
  const { id } = run.info;
  const events = await all((from, limit) => ports.tasks.events(id, from, limit));
  const found = events.findIndex(cutsAt);
  // What the logic was not told yet, it has not answered to.
  const cutEvents = found === -1 ? run.head.position : Math.min(found, run.head.position);
  const prefix = events.slice(0, cutEvents);
  const replayed = await replayTo(ports, run, cutEvents);
  const before = steps.filter((step) => step.call < replayed.calls);
  const wanted = new Set(before.filter(again).map((step) => step.call));
  const parents = new Map<number, readonly number[]>();
  for (const call of wanted) parents.set(call, await parentsOf(ports, id, call));
  const blocked = stillBlocked({ steps: before, again: wanted, parents, declarations: replayed.declarations });
  const rerunning = new Set([...wanted].filter((call) => !blocked.has(call)));
  const wokenBefore = new Set(prefix.flatMap((event) => (event.kind === 'sleepEnded' ? [event.sleep] : [])));
  const retold = events.slice(cutEvents).filter((event) => {
    if (event.kind === 'sleepEnded') return event.sleep < replayed.sleeps.length;
    const call = concerns(event);
    return isEnd(event) && call !== undefined && call < replayed.calls && !wanted.has(call);
  });
  const at = (retold.at(-1) ?? prefix.at(-1))?.at ?? run.info.clockStart;
  const known = new Map(before.map((step) => [step.call, step]));
  for (const { call, name, cause } of blocked.values())
    retold.push({ kind: 'skipped', at, call, step: name, cause: cause === null ? null : (known.get(cause)?.name ?? null) });
  const woken = new Set([...wokenBefore, ...retold.flatMap((event) => (event.kind === 'sleepEnded' ? [event.sleep] : []))]);
  const watermark = cutEvents + retold.length - 1;
  const edges: Edge[] = [];
  const missing = new Set<string>();
  const after: Step[] = [];
  for (const step of before) {
    const marked = { ...(blocked.get(step.call) ?? step), awaited: replayed.awaited.has(step.call) };
    if (!rerunning.has(step.call)) after.push({ ...marked, watermark });
    else after.push(await waitingAgain(ports, run, marked, { known, rerunning, parents, watermark, edges, missing, replayed }));
  }
  return {
    cut: { eventCount: cutEvents, commandCount: replayed.commands, callCount: replayed.calls },
    replayed,
    prefix,
    retold,
    steps: after,
    edges,
    missing: [...missing],
    sleeping: replayed.sleeps.flatMap((milliseconds, sleep) => (woken.has(sleep) ? [] : [{ sleep, milliseconds }])),
    woken: [...woken].sort((a, b) => a - b),
  };
}

interface Ground {
  readonly known: ReadonlyMap<number, Step>;
  readonly rerunning: ReadonlySet<number>;
  readonly parents: ReadonlyMap<number, readonly number[]>;
  readonly watermark: number;
  readonly edges: Edge[];
  readonly missing: Set<string>;
  readonly replayed: Replayed;
}

async function parentsOf(ports: ControllerPorts, run: RunId, call: number): Promise<readonly number[]> {
  const parents: number[] = [];
  for (let after = -1; ; ) {
    const page = await ports.tasks.parents(run, call, after, PAGE);
    parents.push(...page);
    if (page.length < PAGE) return parents;
    after = page.at(-1) ?? after;
  }
}

/** The step as it waits to run again: for parents that run again, and for names that nobody answers to any more. */
async function waitingAgain(ports: ControllerPorts, run: Run, step: Step, ground: Ground): Promise<Step> {
  const { known, rerunning, watermark, edges, missing, replayed } = ground;
  const left = (ground.parents.get(step.call) ?? []).filter((parent) => known.has(parent));
  const names = replayed.declarations.get(step.component)?.parents ?? [];
  const answered = (name: string): boolean => left.some((parent) => known.get(parent)?.name === name || known.get(parent)?.component === name);
  const unanswered = [...new Set(names)].filter((name) => !answered(name));
  for (const name of unanswered) {
    missing.add(name);
    edges.push({ parent: name, child: step.call });
  }
  // A pre-execute callback may have changed them, and is asked again.
  const args = step.preExecuted
    ? await storeLargeArguments(ports.objects, specPrefix({ id: run.info.id, info: run.info }), replayed.args[step.call] ?? step.args)
    : step.args;
  const unmet = left.filter((parent) => rerunning.has(parent)).length + unanswered.length;
  return {
    ...step,
    status: 'pending',
    waitingFor: unmet === 0 ? 'none' : 'parents',
    args,
    missingParents: unanswered,
    parentCount: left.length,
    parents: step.parents.filter((parent) => known.has(parent)),
    parentNames: step.parentNames.filter((_, index) => known.has(step.parents[index] ?? -1)),
    unmetParents: unmet,
    watermark,
    handled: false,
    tolerated: false,
    cause: null,
    preExecuted: false,
    cacheKey: null,
    holdsLease: false,
    cachedFrom: null,
    values: null,
    error: null,
    endedAt: null,
    attemptsBeforeResume: step.attempts.length,
    jobMissingSince: 0,
  };
}

/** The head of `run` after the restart: running, its counters those of the steps that are left. */
export async function headAfter(ports: ControllerPorts, run: Run, plan: Restart, base: RunHead): Promise<RunHead> {
  const { replayed, cut, retold, steps, sleeping, woken, missing } = plan;
  const counts = steps.map(countsOf);
  const sum = (key: 'unfinished' | 'moving' | 'failures'): number => counts.reduce((total, count) => total + count[key], 0);
  const events = cut.eventCount + retold.length;
  const contiguous = woken.findIndex((sleep, index) => sleep !== index);
  const wokenBelow = contiguous === -1 ? woken.length : contiguous;
  return {
    ...newHead(run.info),
    revision: base.revision + 1,
    status: 'running',
    tags: [...new Set([...base.tags, ...replayed.tags])],
    generation: base.generation + 1,
    sweepCount: nextSweep(base),
    eventCount: events,
    position: cut.eventCount,
    requestedPosition: cut.eventCount,
    answerPaging: replayed.hasMore,
    countedEvents: events,
    commandCount: cut.commandCount,
    callCount: cut.callCount,
    sleepCount: replayed.sleeps.length,
    endedSleepsBelow: wokenBelow,
    endedSleeps: woken.slice(wokenBelow),
    groupCount: base.groupCount,
    evaluationDue: true,
    unfinishedSteps: sum('unfinished'),
    activeSteps: sum('moving'),
    unhandledFailures: sum('failures'),
    failedStep: steps.find((step) => countsOf(step).failures > 0)?.call ?? null,
    pendingSleepCount: sleeping.length,
    pendingSleeps: napsOf(sleeping.map(({ sleep, milliseconds }) => ({ sleep, at: ports.clock.now() + milliseconds }))),
    logicState: replayed.logic,
    missingParents: missing,
    result: replayed.result === null ? null : await storeIfLarge(ports.objects, specPrefix({ id: run.info.id, info: run.info }), replayed.result),
    artifacts: base.artifacts,
    models: base.models,
    startedAt: base.startedAt ?? ports.clock.now(),
    lastEventAt: Math.max(base.lastEventAt, ports.clock.now()),
    hasArchivedSteps: true,
    ...(base.externalEvaluator === undefined ? {} : { externalEvaluator: { ...base.externalEvaluator, answerPending: false, lostJobs: 0 } }),
  };
}

/** Timers that a restarted run needs: its sleeps anew, its limit, its sweep. */
export function timersAfter(ports: ControllerPorts, run: Run, plan: Restart, head: RunHead): Commit['timers'] {
  const { generation } = head;
  const now = ports.clock.now();
  const { timeoutSeconds } = run.info.declaration;
  const sleeps = plan.sleeping.map(({ sleep, milliseconds }) => ({ kind: 'sleep' as const, subject: sleep, generation, at: now + milliseconds }));
  const limit = timeoutSeconds === undefined ? [] : [{ kind: 'runLimit' as const, subject: 0, generation, at: now + timeoutSeconds * 1000 }];
  return { set: [...sleeps, ...limit, sweepTimer(run.info, head, now)], clear: [] };
}
