/**
 * Slots of limits of concurrency (the option `concurrency`).
 *
 * 1. A step of a limited component is queued only after it holds a slot, and holds it until it is
 *    neither queued nor running. The slot is acquired before the commit that queues the step, and
 *    released after the commit that ends it. So the records of all runs never show more steps than
 *    the limit.
 * 2. The requests of a turn are one write for each limit, whatever their number. A step that waits
 *    costs nothing until it is promoted: the write that releases a slot promotes the next steps of
 *    the queue, and their runs receive `limit.granted`.
 * 3. A promotion is recorded with the limit. If its message is lost, a timer of the waiting run or
 *    the sweep finds the slot. The slots to release are in the run head, until the next commit.
 * 4. A slot whose step is over, or whose run no process moves, is freed by a run that waits. The
 *    limit is read first, then the step; an acquisition always writes the limit, after the step's
 *    record shows that it is pending. So a slot that was acquired again is never freed.
 * 5. Messages are hints: a step is queued only after an acquisition confirmed its slot.
 *
 * @module
 */
import { limitOf } from '../../model/concurrency.ts';
import type { RunId } from '../../model/ids.ts';
import {
  callsIn,
  enqueue,
  heldCalls,
  isUnused,
  type LimitParty,
  type LimitState,
  NO_LIMIT_STATE,
  promote,
  rangesOf,
  type StepLimit,
  waitingCalls,
  withoutParties,
} from '../../model/limit-state.ts';
import { type EndedSlots, isTerminalRun } from '../../model/run.ts';
import { isTerminalStep, type Step } from '../../model/step.ts';
import { MAX_GRANTED_CALLS, type TransitionOf } from '../../model/transition.ts';
import { slotText } from '../../ports/limit-waits.ts';
import type { StoredLimit } from '../../ports/limits.ts';
import type { Turn } from '../turn/turn.ts';

/** Launches the step, after it has a slot if its component is limited. */
export function launchWithinLimit(turn: Turn, step: Step): void {
  const slot = limitOf(turn.info, turn.declaration(step));
  if (slot === undefined) {
    turn.put({ ...step, waitingFor: 'none' });
    turn.enqueueLaunch(step.call);
  } else requestSlot(turn, step, slot);
}

/** Requests the slot of a pending step. `acquireSlots` decides. */
export function requestSlot(turn: Turn, step: Step, slot: StepLimit): void {
  const { call } = turn.put({ ...step, waitingFor: 'limit', slot });
  turn.slotRequests.set(call, slot);
}

/** Acquires the slots that the turn requested (2), and launches the steps that have one. */
export async function acquireSlots(turn: Turn): Promise<void> {
  const byKey = new Map<string, { readonly limit: number; readonly calls: number[] }>();
  for (const [call, { key, limit }] of turn.slotRequests) {
    const request = byKey.get(key);
    if (request === undefined) byKey.set(key, { limit, calls: [call] });
    else request.calls.push(call);
  }
  turn.slotRequests.clear();
  for (const [key, { limit, calls }] of byKey) await acquire(turn, key, limit, calls);
}

async function acquire(
  turn: Turn,
  key: string,
  limit: number,
  calls: readonly number[],
): Promise<void> {
  // A step that is queued again in the turn that ended its attempt keeps its slot.
  turn.keepSlots(key, calls);
  const { state, promoted } = await changeLimit(
    turn,
    key,
    (before) => enqueue(before, turn.id, limit, calls),
    true,
  );
  const held = new Set(heldCalls(state, turn.id));
  await launchGranted(
    turn,
    key,
    calls.filter((call) => held.has(call)),
  );
  const requested = new Set(calls);
  await applyPromotions(
    turn,
    key,
    promoted.filter(({ run, call }) => run !== turn.id || !requested.has(call)),
  );
  const waiting = calls.filter((call) => !held.has(call));
  if (waiting.length > 0) await waitForLimit(turn, { key, limit }, waiting, state);
}

/** Sets the timer of the run's waits, and checks at once whether a holder is over (4). */
async function waitForLimit(
  turn: Turn,
  slot: StepLimit,
  waiting: readonly number[],
  state: LimitState,
): Promise<void> {
  const { limitCheck } = turn.head;
  if (limitCheck?.keys.includes(slot.key) === true) return;
  setLimitCheck(turn, [...(limitCheck?.keys ?? []), slot.key]);
  const [first] = await ownSteps(turn, waiting.slice(0, 1));
  const others =
    waiting.length === 1
      ? ''
      : ` and ${waiting.length - 1} more step${waiting.length === 2 ? '' : 's'}`;
  const { tasks, clock } = turn.context;
  const reader = {
    run: (id: RunId) => tasks.run(id),
    steps: (id: RunId, calls: readonly number[]) =>
      id === turn.id ? ownSteps(turn, calls) : tasks.steps(id, calls),
  };
  turn.publish({
    kind: 'log',
    run: turn.id,
    level: 'info',
    text: `${first?.name}${others} ${others === '' ? 'waits' : 'wait'} for ${await slotText(reader, turn.id, slot, state)}`,
    at: clock.now(),
  });
  await freeEndedSlots(turn, slot.key);
}

async function ownSteps(turn: Turn, calls: readonly number[]): Promise<readonly Step[]> {
  await turn.load(calls);
  const steps = await Promise.all(calls.map((call) => turn.step(call)));
  return steps.flatMap((step) => step ?? []);
}

/** Sets the timer that checks these limits, in place of an earlier one. */
function setLimitCheck(turn: Turn, keys: readonly string[]): void {
  const { head, context } = turn;
  const generation = (head.limitCheck?.generation ?? 0) + 1;
  head.limitCheck = { generation, keys };
  turn.markHeadChanged();
  if (keys.length > 0)
    turn.setTimer({
      kind: 'limit',
      subject: 0,
      generation,
      at: context.clock.now() + context.settings.leaseCheckIntervalMs,
    });
}

/** Stops the timer: the run is over. */
export function stopLimitCheck(turn: Turn): void {
  const { limitCheck } = turn.head;
  if (limitCheck === undefined || limitCheck.keys.length === 0) return;
  turn.head.limitCheck = { ...limitCheck, keys: [] };
  turn.clearTimer('limit', 0);
}

/** Checks the limits that steps of the run wait for (3, 4). */
export async function onLimitTimer(turn: Turn, generation: number): Promise<void> {
  const { limitCheck } = turn.head;
  if (limitCheck === undefined || limitCheck.generation !== generation) return;
  const keys: string[] = [];
  for (const key of limitCheck.keys) {
    await freeEndedSlots(turn, key);
    const stored = await turn.context.limits.read(key);
    if (stored === undefined) continue;
    await renewRequests(turn, key, heldCalls(stored.state, turn.id));
    if (waitingCalls(stored.state, turn.id).length > 0) keys.push(key);
  }
  setLimitCheck(turn, keys);
}

/** Requests the slots of a sweep's steps that wait again, and sets the timer of their checks (3). */
export function renewSlotRequest(turn: Turn, step: Step): void {
  if (step.slot !== undefined && !isStopping(turn)) requestSlot(turn, step, step.slot);
}

export function renewLimitCheck(turn: Turn): void {
  const keys = turn.head.limitCheck?.keys ?? [];
  if (keys.length > 0 && !isStopping(turn)) setLimitCheck(turn, keys);
}

/** Another run, or an earlier turn of this one, released slots that steps of the run now hold (5). */
export async function onLimitGranted(
  turn: Turn,
  { key, calls }: TransitionOf<'limit.granted'>,
): Promise<void> {
  await renewRequests(turn, key, calls);
  const steps = await Promise.all(calls.map((call) => turn.step(call)));
  const unused = calls.filter((_, index) => steps[index]?.slot?.key !== key);
  if (!isTerminalRun(turn.head.status)) for (const call of unused) turn.endSlot(key, call);
  else if (unused.length > 0) await releaseSlots(turn, [{ key, calls: rangesOf(unused) }]);
}

/** Requests the slots of the steps among `calls` that wait for one. */
async function renewRequests(turn: Turn, key: string, calls: readonly number[]): Promise<void> {
  await turn.load(calls);
  for (const call of calls) {
    const step = await turn.step(call);
    if (step !== undefined && isWaitingFor(step, key)) renewSlotRequest(turn, step);
  }
}

/** Releases slots after the commit that ended them; true if that leaves something to commit. */
export async function releaseSlots(
  turn: Turn,
  endedSlots: readonly EndedSlots[],
): Promise<boolean> {
  let hasChanges = false;
  for (const { key, calls } of endedSlots) {
    const { promoted } = await release(turn, key, callsIn(calls));
    if (await applyPromotions(turn, key, promoted)) hasChanges = true;
  }
  return hasChanges;
}

const release = (turn: Turn, key: string, calls: readonly number[]): Promise<ChangedLimit> =>
  changeLimit(turn, key, (state) =>
    withoutParties(
      state,
      calls.map((call) => ({ run: turn.id, call })),
    ),
  );

/**
 * Launches the promoted steps of this run, and sends messages to the others; true if that leaves
 * something to commit.
 */
async function applyPromotions(
  turn: Turn,
  key: string,
  promoted: readonly LimitParty[],
): Promise<boolean> {
  const own = promoted.filter(({ run }) => run === turn.id).map(({ call }) => call);
  await sendPromotions(
    turn,
    key,
    promoted.filter(({ run }) => run !== turn.id),
  );
  return launchGranted(turn, key, own);
}

async function sendPromotions(
  turn: Turn,
  key: string,
  promoted: readonly LimitParty[],
): Promise<void> {
  const byRun = new Map<RunId, number[]>();
  for (const { run, call } of promoted) byRun.set(run, [...(byRun.get(run) ?? []), call]);
  const messages = [...byRun].flatMap(([run, calls]) =>
    Array.from(
      { length: Math.ceil(calls.length / MAX_GRANTED_CALLS) },
      (_, page): TransitionOf<'limit.granted'> => ({
        kind: 'limit.granted',
        run,
        key,
        calls: calls.slice(page * MAX_GRANTED_CALLS, (page + 1) * MAX_GRANTED_CALLS),
      }),
    ),
  );
  if (messages.length > 0) await turn.context.transitions.send(messages);
}

/**
 * Launches the steps among `calls` that wait for the slot that they now hold. A step that waits for
 * something else was requested by a turn whose commit failed: its slot ends.
 */
async function launchGranted(turn: Turn, key: string, calls: readonly number[]): Promise<boolean> {
  if (calls.length === 0 || isStopping(turn)) return false;
  await turn.load(calls);
  let hasChanges = false;
  for (const call of calls) {
    const step = await turn.step(call);
    if (step !== undefined && isWaitingFor(step, key)) {
      turn.put({ ...step, waitingFor: 'none' });
      turn.enqueueLaunch(call);
    } else if (step === undefined || step.status === 'pending' || isTerminalStep(step.status))
      turn.endSlot(key, call);
    else continue;
    hasChanges = true;
  }
  return hasChanges;
}

const isWaitingFor = (step: Step, key: string): boolean =>
  step.status === 'pending' && step.waitingFor === 'limit' && step.slot?.key === key;

/** No further steps are launched: the waiting ones are about to be aborted. */
const isStopping = ({ head }: Turn): boolean =>
  head.status !== 'running' || head.abortOutcome !== null || head.abortReason !== null;

/** Frees slots and places of steps that are over (4). */
async function freeEndedSlots(turn: Turn, key: string): Promise<void> {
  const { limits } = turn.context;
  const stored = await limits.read(key);
  if (stored === undefined) return;
  const ended = await endedParties(turn, key, stored.state);
  if (ended.length === 0) return;
  const { state, promoted } = promote(withoutParties(stored.state, ended));
  // If another writer was faster, the next check frees them.
  if (await write(turn, key, state, stored)) await applyPromotions(turn, key, promoted);
}

async function endedParties(
  turn: Turn,
  key: string,
  state: LimitState,
): Promise<readonly LimitParty[]> {
  const runs = new Set([...state.held, ...state.waiting].map(({ run }) => run));
  const ended: LimitParty[] = [];
  for (const run of runs) {
    const held = heldCalls(state, run);
    const calls = (await isRunOver(turn, run))
      ? [...held, ...waitingCalls(state, run)]
      : await endedCalls(turn, key, run, held);
    ended.push(...calls.map((call) => ({ run, call })));
  }
  return ended;
}

async function isRunOver(turn: Turn, id: RunId): Promise<boolean> {
  if (id === turn.id) return false;
  const run = await turn.context.tasks.run(id);
  if (run === undefined || isTerminalRun(run.head.status)) return true;
  return !(await turn.context.liveness.isAlive(id));
}

/** A slot is acquired before its step is written: only a step that is over has ended its slot. */
async function endedCalls(
  turn: Turn,
  key: string,
  run: RunId,
  calls: readonly number[],
): Promise<readonly number[]> {
  if (calls.length === 0) return [];
  // Of this run, too, only what is recorded counts: a slot is released after the commit (1).
  const steps = await turn.context.tasks.steps(run, calls);
  return steps
    .filter(
      ({ status, slot }) => isTerminalStep(status) || (status !== 'pending' && slot?.key !== key),
    )
    .map(({ call }) => call);
}

interface ChangedLimit {
  readonly state: LimitState;
  /** The steps that the change promoted. */
  readonly promoted: readonly LimitParty[];
}

/** Changes a limit and promotes the steps that fit, in one write. Concurrent writers try again. */
async function changeLimit(
  turn: Turn,
  key: string,
  change: (state: LimitState) => LimitState,
  mustWrite = false,
): Promise<ChangedLimit> {
  while (true) {
    const stored = await turn.context.limits.read(key);
    const before = stored?.state ?? NO_LIMIT_STATE;
    const changed = change(before);
    const { state, promoted } = promote(changed);
    const isChanged = JSON.stringify(state) !== JSON.stringify(before);
    if (!isChanged && !(mustWrite && stored !== undefined)) return { state, promoted };
    if (await write(turn, key, state, stored)) return { state, promoted };
  }
}

const write = (
  turn: Turn,
  key: string,
  state: LimitState,
  stored: StoredLimit | undefined,
): Promise<boolean> =>
  turn.context.limits.write(key, isUnused(state) ? undefined : state, stored?.version);
