/**
 * The numbered rules of the design, checked at every write and every launch.
 *
 * Each check takes the run as it was and what is about to happen. Names begin with the rule's number where the design numbers it.
 *
 * @module
 */
import {
  RUN_STATUSES,
  canRunBecome as runCanBecome,
  isTerminalRun as runIsTerminal,
} from '../../src/model/run.ts';
import {
  type Attempt,
  canStepBecome,
  isSuccess,
  isTerminalStep,
  STEP_STATUSES,
  type Step,
} from '../../src/model/step.ts';
import type { LeaseParty } from '../../src/ports/cache.ts';
import type { JobGroup } from '../../src/ports/jobs.ts';
import type { Commit } from '../../src/ports/tasks.ts';
import type { MirroredRun } from './mirrored-run.ts';
import { isRecorded, recount, unmetOf } from './recount.ts';
import { demand } from './violation.ts';

/** Statuses that lie beyond each by moves that its state machine knows: one commit may make several of them. */
function reachable<S extends string>(
  statuses: readonly S[],
  moves: (from: S, to: S) => boolean,
): ReadonlyMap<S, ReadonlySet<S>> {
  return new Map(
    statuses.map((from) => {
      const found = new Set<S>([from]);
      for (const status of found)
        for (const next of statuses) if (moves(status, next)) found.add(next);
      return [from, found];
    }),
  );
}

const STEP_REACH = reachable(STEP_STATUSES, canStepBecome);
const RUN_REACH = reachable(RUN_STATUSES, runCanBecome);

const describe = (step: Step): string => `${step.name} (call ${step.call})`;

/** What holds between the run and a commit that the store is about to take. */
export function checkCommit(
  run: MirroredRun,
  commit: Commit,
  launched: (group: string) => boolean,
): void {
  const was = run.head;
  const is = commit.head;
  demand(
    is.revision === was.revision + 1,
    '1 single writer',
    () => `revision ${was.revision} is followed by ${is.revision}`,
  );
  demand(
    RUN_REACH.get(was.status)?.has(is.status) === true,
    '1 run moves',
    () => `${was.status} became ${is.status}`,
  );
  demand(
    !runIsTerminal(was.status),
    '1 an ended run stays as it is',
    () => `a commit on a run that is ${was.status}`,
  );
  checkSteps(run, commit);
  checkGroups(run, commit, launched);
  checkHistory(run, commit);
}

function checkSteps(run: MirroredRun, commit: Commit): void {
  commit.created.forEach((step, n) => {
    demand(
      step.call === run.head.callCount + n,
      '1 calls are numbered without a gap',
      () => `call ${step.call} came as number ${run.head.callCount + n}`,
    );
  });
  demand(
    commit.head.callCount === run.head.callCount + commit.created.length,
    '1 calls are counted',
    () => `head.calls is ${commit.head.callCount}`,
  );
  for (const step of commit.changed) {
    const before = run.steps.get(step.call);
    demand(
      before !== undefined,
      '1 only what exists is changed',
      () => `${describe(step)} was never created`,
    );
    if (before !== undefined) checkStep(before, step);
  }
}

function checkStep(before: Step, after: Step): void {
  demand(
    STEP_REACH.get(before.status)?.has(after.status) === true,
    '1 step moves',
    () => `${describe(after)}: ${before.status} became ${after.status}`,
  );
  if (isRecorded(before)) {
    const same =
      before.status === after.status &&
      before.attempts.length === after.attempts.length &&
      before.waitingFor === after.waitingFor;
    demand(
      same,
      '1 a told step stays as it is',
      () =>
        `${describe(after)} was ${before.status} and is ${after.status}, ${after.attempts.length} attempts`,
    );
  }
  if (isSuccess(before.status)) {
    const same = JSON.stringify(before.values) === JSON.stringify(after.values);
    demand(
      same,
      '1 a value is never replaced',
      () =>
        `${describe(after)}: ${JSON.stringify(before.values)} became ${JSON.stringify(after.values)}`,
    );
  }
  before.attempts.forEach((attempt, n) => {
    const now = after.attempts[n];
    demand(
      now !== undefined,
      '1 attempts are kept',
      () => `${describe(after)} lost attempt ${attempt.number}`,
    );
    if (now !== undefined) checkAttempt(after, attempt, now);
  });
  after.attempts.forEach((attempt, n) => {
    demand(
      attempt.number === n + 1,
      '1 attempts are numbered',
      () => `${describe(after)}: attempt ${attempt.number} is at place ${n + 1}`,
    );
    const open = attempt.status === 'queued' || attempt.status === 'running';
    demand(
      !open || n === after.attempts.length - 1,
      '3 one open attempt',
      () => `${describe(after)}: attempt ${attempt.number} is ${attempt.status} beside a later one`,
    );
  });
  const last = after.attempts.at(-1);
  if (after.status === 'queued' || after.status === 'running') {
    demand(
      last?.status === after.status,
      '1 a step is what its attempt is',
      () => `${describe(after)} is ${after.status}, its attempt ${last?.status}`,
    );
  }
  if (after.status === 'completed')
    demand(last?.status === 'completed' && after.values !== null, '1 completed has values', () =>
      describe(after),
    );
}

function checkAttempt(step: Step, before: Attempt, after: Attempt): void {
  const where = (): string => `${describe(step)}, attempt ${before.number}`;
  demand(
    before.owner === undefined || before.owner === after.owner,
    '3 one winner per attempt',
    () => `${where()}: ${before.owner} lost it to ${after.owner}`,
  );
  demand(
    before.job.name === after.job.name && before.job.index === after.job.index,
    '3 an attempt keeps its job',
    where,
  );
  const ended = before.status !== 'queued' && before.status !== 'running';
  demand(
    !ended || before.status === after.status,
    '1 an ended attempt stays as it is',
    () => `${where()}: ${before.status} became ${after.status}`,
  );
  demand(
    !(before.status === 'running' && after.status === 'queued'),
    '1 attempts move forward',
    where,
  );
}

function checkGroups(run: MirroredRun, commit: Commit, launched: (group: string) => boolean): void {
  commit.groups.forEach((group, n) => {
    demand(
      group.number === run.head.groupCount + n && !run.groups.has(group.name),
      '2 groups are fixed once',
      () => `group ${group.name}`,
    );
    demand(
      commit.head.unlaunchedGroups.includes(group.name),
      '2 what is fixed is marked as unlaunched',
      () => `group ${group.name}`,
    );
    group.members.forEach((member, index) => {
      const step = [...commit.created, ...commit.changed].find((one) => one.call === member.call);
      const attempt = step?.attempts.at(-1);
      const fits =
        attempt?.number === member.attempt &&
        attempt.job.name === group.name &&
        attempt.job.index === index;
      demand(
        fits,
        '2 a group and its steps agree',
        () => `group ${group.name}, call ${member.call}`,
      );
    });
  });
  const after = (call: number): Step | undefined =>
    [...commit.created, ...commit.changed].find((one) => one.call === call) ?? run.steps.get(call);
  for (const name of run.head.unlaunchedGroups) {
    if (commit.head.unlaunchedGroups.includes(name) || launched(name)) continue;
    const members = run.groups.get(name)?.members ?? [];
    const forgotten = members.find(
      ({ call, attempt }) =>
        after(call)?.attempts.at(-1)?.number === attempt &&
        !isTerminalStep(after(call)?.status ?? 'failed') &&
        after(call)?.status !== 'pending',
    );
    demand(
      forgotten === undefined,
      '2 what is fixed is launched',
      () => `the mark of group ${name} went, and no job was submitted for call ${forgotten?.call}`,
    );
  }
}

function checkHistory(run: MirroredRun, commit: Commit): void {
  demand(
    commit.head.eventCount === run.events.length + commit.events.length,
    'history is appended to',
    () => `head.events is ${commit.head.eventCount}`,
  );
  demand(
    commit.head.commandCount === run.signatures.length + commit.signatures.length,
    'signatures are appended to',
    () => `head.commands is ${commit.head.commandCount}`,
  );
  let clock = run.events.at(-1)?.at ?? 0;
  const told = new Set(run.completionEvents.keys());
  for (const event of commit.events) {
    demand(
      event.at >= clock,
      'history times do not go back',
      () => `${event.kind} at ${event.at} after ${clock}`,
    );
    clock = event.at;
    if (
      event.kind !== 'completed' &&
      event.kind !== 'failed' &&
      event.kind !== 'skipped' &&
      event.kind !== 'aborted'
    )
      continue;
    demand(
      !told.has(event.call),
      'an end is told once',
      () => `call ${event.call}: ${event.kind}, and it was told before`,
    );
    told.add(event.call);
  }
}

/** What holds in a run after each commit, whoever made it. */
export function checkRun(run: MirroredRun): void {
  const { head } = run;
  const counted = recount(run);
  for (const key of [
    'unfinishedSteps',
    'activeSteps',
    'unhandledFailures',
    'pendingSleepCount',
  ] as const) {
    demand(
      head[key] === counted[key],
      `5 head.${key} equals its recount`,
      () => `head says ${head[key]}, the records ${counted[key]}`,
    );
  }
  demand(
    head.position <= head.eventCount && head.countedEvents <= head.eventCount,
    'positions lie within the history',
    () => `${head.position}, ${head.countedEvents} of ${head.eventCount}`,
  );
  for (const step of run.steps.values()) {
    demand(
      isRecorded(step) === run.completionEvents.has(step.call),
      'told and history agree',
      () => `${describe(step)} is ${step.status}, waiting for ${step.waitingFor}`,
    );
    if (step.status === 'pending' && step.waitingFor === 'parents') {
      const unmet = unmetOf(run, step);
      demand(
        step.unmetParents === unmet,
        '5 unmetParents equals its recount',
        () =>
          `${describe(step)}: unmet is ${step.unmetParents}, by the edges ${unmet}, watermark ${step.watermark}`,
      );
    }
  }
  demand(
    head.externalEvaluator?.answerPending !== true || head.answerPaging,
    'who waits for an answer has asked',
    () => JSON.stringify(head.externalEvaluator),
  );
  if (runIsTerminal(head.status)) checkTerminalRun(run);
}

function checkTerminalRun(run: MirroredRun): void {
  const { head } = run;
  for (const step of run.steps.values())
    demand(
      isRecorded(step),
      'an ended run has no open step',
      () => `${describe(step)} is ${step.status}, waiting for ${step.waitingFor}`,
    );
  demand(run.timers.size === 0, 'an ended run has no timer', () =>
    [...run.timers.keys()].join(', '),
  );
  demand(
    head.status !== 'completed' || (head.logicState === 'returned' && head.unhandledFailures === 0),
    'completed means that all went well',
    () => `logic ${head.logicState}, ${head.unhandledFailures} failures`,
  );
  demand(head.endedAt !== null, 'an ended run has its time', () => head.status);
  for (const step of run.steps.values())
    demand(!step.holdsLease, 'an ended run has no lease', () => describe(step));
}

/** What holds of a launch: it was fixed in writing before, with its members and their order. */
export function checkLaunch(run: MirroredRun | undefined, group: JobGroup): void {
  const fixed = run?.groups.get(group.name);
  demand(
    fixed !== undefined,
    '2 write, then act',
    () => `group ${group.name} is launched and was never written`,
  );
  const same =
    fixed?.members.length === group.specs.length &&
    fixed.members.every(
      ({ call, attempt }, n) =>
        group.specs[n]?.call === call && group.specs[n]?.attempt === attempt,
    );
  demand(same, '2 a launch is what was written', () => `group ${group.name}`);
}

/** What holds of the first launch of a group (not of its repetition). */
export function checkFirstLaunch(run: MirroredRun, group: JobGroup): void {
  for (const { call, attempt } of group.specs) {
    const step = run.steps.get(call);
    demand(
      step !== undefined && !isSuccess(step.status),
      'no completed step is executed again',
      () => `call ${call}, attempt ${attempt}`,
    );
    demand(
      step?.attempts.at(-1)?.number === attempt,
      'only the last attempt is launched',
      () => `call ${call}: attempt ${attempt} of ${step?.attempts.length}`,
    );
  }
}

/** One execution per cache key at once, in all runs. `released`: the lease was given back by somebody who died before it was written. */
export function checkLeases(
  runs: Iterable<MirroredRun>,
  released: (holder: LeaseParty) => boolean,
): void {
  const held = new Map<string, string>();
  for (const run of runs) {
    for (const step of run.steps.values()) {
      if (
        step.cacheKey === null ||
        !step.holdsLease ||
        isTerminalStep(step.status) ||
        released({ run: run.info.id, call: step.call })
      )
        continue;
      const other = held.get(step.cacheKey);
      const here = `${describe(step)} of run ${run.index}`;
      demand(
        other === undefined,
        'cache: one execution per key',
        () => `${other} and ${here} both hold ${step.cacheKey}`,
      );
      held.set(step.cacheKey, here);
    }
  }
}
