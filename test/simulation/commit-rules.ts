/**
 * The rules of a commit: checked against the mirrored run before the store applies the commit.
 *
 * Names of rules start with the number of the rule in docs/design.md, if it has one.
 *
 * @module
 */
import { isCompletionEvent } from '../../src/model/history.ts';
import { canRunBecome, isTerminalRun, RUN_STATUSES } from '../../src/model/run.ts';
import {
  type Attempt,
  canStepBecome,
  isSuccess,
  isTerminalStep,
  STEP_STATUSES,
  type Step,
} from '../../src/model/step.ts';
import type { Commit } from '../../src/ports/tasks.ts';
import { describeStep, isRecorded, type MirroredRun } from './mirror.ts';
import { demand } from './violation.ts';

/**
 * For each status, the statuses that its state machine can reach: one commit may contain several
 * transitions.
 */
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
const RUN_REACH = reachable(RUN_STATUSES, canRunBecome);

/** Checks a commit against the run before it is applied. */
export function checkCommit(
  run: MirroredRun,
  commit: Commit,
  launched: (group: string) => boolean,
): void {
  const before = run.head;
  const after = commit.head;
  demand(
    after.revision === before.revision + 1,
    '1 single writer',
    () => `revision ${before.revision} is followed by ${after.revision}`,
  );
  demand(
    RUN_REACH.get(before.status)?.has(after.status) === true,
    '1 run moves',
    () => `${before.status} became ${after.status}`,
  );
  demand(
    !isTerminalRun(before.status),
    '1 a terminal run does not change',
    () => `a commit to a run that is ${before.status}`,
  );
  checkSteps(run, commit);
  checkGroups(run, commit, launched);
  checkHistory(run, commit);
}

function checkSteps(run: MirroredRun, commit: Commit): void {
  commit.created.forEach((step, n) => {
    demand(
      step.call === run.head.callCount + n,
      '1 calls are numbered without gaps',
      () => `call ${step.call} was created as number ${run.head.callCount + n}`,
    );
  });
  demand(
    commit.head.callCount === run.head.callCount + commit.created.length,
    '1 calls are counted',
    () => `head.callCount is ${commit.head.callCount}`,
  );
  for (const step of commit.changed) {
    const before = run.steps.get(step.call);
    demand(
      before !== undefined,
      '1 only existing steps are changed',
      () => `${describeStep(step)} was never created`,
    );
    if (before !== undefined) checkStep(before, step);
  }
}

function checkStep(before: Step, after: Step): void {
  demand(
    STEP_REACH.get(before.status)?.has(after.status) === true,
    '1 step moves',
    () => `${describeStep(after)}: ${before.status} became ${after.status}`,
  );
  if (isRecorded(before)) {
    const same =
      before.status === after.status &&
      before.attempts.length === after.attempts.length &&
      before.waitingFor === after.waitingFor;
    demand(
      same,
      '1 a recorded step does not change',
      () =>
        `${describeStep(after)} was ${before.status} and is ${after.status}, ${after.attempts.length} attempts`,
    );
  }
  if (isSuccess(before.status)) {
    const same = JSON.stringify(before.values) === JSON.stringify(after.values);
    demand(
      same,
      '1 a value is never replaced',
      () =>
        `${describeStep(after)}: ${JSON.stringify(before.values)} became ${JSON.stringify(after.values)}`,
    );
  }
  before.attempts.forEach((attempt, n) => {
    const now = after.attempts[n];
    demand(
      now !== undefined,
      '1 attempts are not removed',
      () => `${describeStep(after)} lost attempt ${attempt.number}`,
    );
    if (now !== undefined) checkAttempt(after, attempt, now);
  });
  after.attempts.forEach((attempt, n) => {
    demand(
      attempt.number === n + 1,
      '1 attempts are numbered',
      () => `${describeStep(after)}: attempt ${attempt.number} is at position ${n + 1}`,
    );
    const open = attempt.status === 'queued' || attempt.status === 'running';
    demand(
      !open || n === after.attempts.length - 1,
      '3 one open attempt',
      () =>
        `${describeStep(after)}: attempt ${attempt.number} is ${attempt.status} before a later one`,
    );
  });
  const last = after.attempts.at(-1);
  if (after.status === 'queued' || after.status === 'running') {
    demand(
      last?.status === after.status,
      '1 a step has the status of its attempt',
      () => `${describeStep(after)} is ${after.status}, its attempt ${last?.status}`,
    );
  }
  if (after.status === 'completed')
    demand(last?.status === 'completed' && after.values !== null, '1 completed has values', () =>
      describeStep(after),
    );
}

function checkAttempt(step: Step, before: Attempt, after: Attempt): void {
  const where = (): string => `${describeStep(step)}, attempt ${before.number}`;
  demand(
    before.owner === undefined || before.owner === after.owner,
    '3 one winner per attempt',
    () => `${where()}: the owner ${before.owner} became ${after.owner}`,
  );
  demand(
    before.job.name === after.job.name && before.job.index === after.job.index,
    '3 the job of an attempt does not change',
    where,
  );
  const isComplete = before.status !== 'queued' && before.status !== 'running';
  demand(
    !isComplete || before.status === after.status,
    '1 a complete attempt does not change',
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
      '2 fixed groups are marked as unlaunched',
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
    const unlaunched = members.find(
      ({ call, attempt }) =>
        after(call)?.attempts.at(-1)?.number === attempt &&
        !isTerminalStep(after(call)?.status ?? 'failed') &&
        after(call)?.status !== 'pending' &&
        after(call)?.attempts.at(-1)?.waiting?.for !== 'launch',
    );
    demand(
      unlaunched === undefined,
      '2 fixed groups are launched',
      () =>
        `the mark of group ${name} was removed, and no job was submitted for call ${unlaunched?.call}`,
    );
  }
}

function checkHistory(run: MirroredRun, commit: Commit): void {
  demand(
    commit.head.eventCount === run.events.length + commit.events.length,
    'events are appended to the history',
    () => `head.eventCount is ${commit.head.eventCount}`,
  );
  demand(
    commit.head.commandCount === run.signatures.length + commit.signatures.length,
    'signatures are appended to the history',
    () => `head.commandCount is ${commit.head.commandCount}`,
  );
  let clock = run.events.at(-1)?.at ?? 0;
  const recorded = new Set(run.completionEvents.keys());
  for (const event of commit.events) {
    demand(
      event.at >= clock,
      'times of the history do not decrease',
      () => `${event.kind} at ${event.at} after ${clock}`,
    );
    clock = event.at;
    if (!isCompletionEvent(event)) continue;
    demand(
      !recorded.has(event.call),
      'a completion is recorded once',
      () => `call ${event.call}: ${event.kind}, after an earlier completion`,
    );
    recorded.add(event.call);
  }
}
