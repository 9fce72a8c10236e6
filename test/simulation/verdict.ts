/**
 * What is asked of a run when it is over: did the engine do what the program says, given what the world did to its jobs?
 *
 * 1. The plain run, fed the recorded events, makes the same calls with the same arguments, looks at the same Lazies, and ends the same way.
 * 2. Every value is what the component computes of its arguments.
 * 3. Every attempt ended as its fate says, and retries follow the component's options.
 * 4. A step was skipped for a reason, and executed only if nothing forbade it.
 *
 * @module
 */
import type { HistoryEvent } from '../../src/model/history.ts';
import type { Attempt, Step } from '../../src/model/step.ts';
import { isSuccess } from '../../src/model/step.ts';
import type { Value } from '../../src/model/value.ts';
import { type AttemptFate, compute, fateOf } from './fault-plan.ts';
import type { MirroredRun } from './mirrored-run.ts';
import { type PlainCall, PlainRun } from './plain-run.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { allowsChildren } from './recount.ts';
import { demand } from './violation.ts';

export interface RunCase {
  readonly plan: WorldPlan;
  readonly runPlan: RunPlan;
  readonly run: MirroredRun;
  readonly infrastructureBudget: number;
  /** Jobs of the attempt came twice, or words of it were lost or late: it may have ended otherwise than its fate says. */
  wasDisturbed(step: Step, attempt: Attempt): boolean;
  read(value: Value): Promise<unknown>;
}

/** The run came to its end by itself: nobody cut it short. */
export const wasNotAborted = ({ head }: MirroredRun): boolean =>
  head.abortOutcome === null && head.abortReason === null;

/** Cut short while its logic's last answer may not have come as a whole: who evaluates it elsewhere gives it page by page. */
export const mayLackPages = (run: MirroredRun): boolean =>
  !wasNotAborted(run) && run.info.evaluatedBy !== undefined;

/** How many events the logic was told at the most. A run that was cut short has others. */
export function fedEventCount(run: MirroredRun): number {
  if (wasNotAborted(run)) return run.events.length;
  return mayLackPages(run) ? run.head.requestedPosition : run.head.position;
}

export async function judge(one: RunCase): Promise<void> {
  const { run, runPlan } = one;
  // Ended before its logic was asked at all.
  if (run.head.commandCount === 0 && !wasNotAborted(run)) return;
  const plain = new PlainRun(runPlan.program, one.read, run.info.clockStart);
  await plain.start();
  for (const event of run.events.slice(0, fedEventCount(run))) await plain.feed(event);

  const fits = mayLackPages(run)
    ? plain.calls.length >= run.steps.size
    : plain.calls.length === run.steps.size;
  demand(
    fits,
    'the plain run makes the same calls',
    () => `${plain.calls.length} against ${run.steps.size}`,
  );
  for (const call of plain.calls) await judgeCall(one, plain, call);
  if (wasNotAborted(run)) await judgeCompletion(one, plain);
}

async function judgeCompletion({ run, read }: RunCase, plain: PlainRun): Promise<void> {
  const { head } = run;
  demand(
    head.logicState === plain.logicState,
    'the logic ends as in the plain run',
    () => `${head.logicState} against ${plain.logicState}: ${JSON.stringify(head.error)}`,
  );
  const failed = plain.logicState === 'threw' || head.unhandledFailures > 0;
  demand(
    head.status === (failed ? 'failed' : 'completed'),
    'the run ends as in the plain run',
    () => `${head.status}, but ${failed ? 'it failed' : 'all went well'}`,
  );
  if (head.status !== 'completed') return;
  const result: unknown = head.result === null ? null : await read(head.result);
  demand(
    JSON.stringify(result) === JSON.stringify(plain.result ?? null),
    'the result is that of the plain run',
    () => `${JSON.stringify(result)} against ${JSON.stringify(plain.result)}`,
  );
}

async function judgeCall(one: RunCase, plain: PlainRun, call: PlainCall): Promise<void> {
  const { run, read } = one;
  const step = run.steps.get(call.call);
  if (step === undefined) return;
  const where = `${call.name} (call ${call.call})`;
  demand(
    step.name === call.name && step.component === call.component.name,
    'a call has the name of the plain run',
    () => `${step.name} against ${where}`,
  );
  const looked = step.awaited === call.awaited || (call.awaited && mayLackPages(run));
  demand(looked, 'awaited means looked at', () => `${where}: the record says ${step.awaited}`);
  judgeGate(one, plain, call, step);
  if (step.status === 'completed' || step.status === 'failed') judgeAttempts(one, call, step);
  if (
    call.component.preExecute === 'changes' &&
    (hasRecordedArguments(run, step) || wasAbortedBeforeCallback(step))
  )
    return;
  const data: unknown = await read(step.args.data);
  demand(
    JSON.stringify(data) === JSON.stringify(call.args),
    'a call has the arguments of the plain run',
    () => `${where}: ${JSON.stringify(data)} against ${JSON.stringify(call.args)}`,
  );
  const refs = JSON.stringify(step.args.refs.map(({ path, call: of, value }) => [path, of, value]));
  const expected = JSON.stringify(call.refs.map(({ path, call: of, value }) => [path, of, value]));
  demand(
    refs === expected,
    'a call has the references of the plain run',
    () => `${where}: ${refs} against ${expected}`,
  );
  if (isSuccess(step.status)) await judgeValues(one, plain, call, step);
}

/** A step that a resume was to run again, aborted before its pre-execute callback was asked again: it has the arguments of its call. */
const wasAbortedBeforeCallback = ({ status, preExecuted, waitingFor }: Step): boolean =>
  status === 'aborted' && !preExecuted && waitingFor === 'none';

/** A finished step that a restart keeps has the arguments that it was executed with: its pre-execute callback is not asked again. */
function hasRecordedArguments(
  { adoptedCalls: adopted, head, info, events }: MirroredRun,
  { call }: Step,
): boolean {
  const isRestarted = head.generation > 0 || info.rerunOf !== null;
  return (
    adopted.has(call) ||
    (isRestarted &&
      !events.some(
        (event) =>
          event.kind === 'callback' && event.call === call && event.input.kind === 'preExecute',
      ))
  );
}

/** Executed only when its parents let it, skipped only when one did not. */
function judgeGate({ run }: RunCase, plain: PlainRun, call: PlainCall, step: Step): void {
  const parents = [...call.parents].flatMap((parent) => {
    const number =
      typeof parent === 'number'
        ? parent
        : plain.calls.find((other) => other.name === parent || other.component.name === parent)
            ?.call;
    const found = number === undefined ? undefined : run.steps.get(number);
    return found === undefined ? [] : [found];
  });
  const closed = parents.filter((parent) => !allowsChildren(run, parent));
  const executed =
    !run.keptCalls.has(step.call) &&
    !run.adoptedCalls.has(step.call) &&
    (step.attempts.length > step.attemptsBeforeResume || step.status === 'cached');
  const where = `${step.name} (call ${step.call})`;
  if (executed)
    demand(
      closed.length === 0,
      'a step waits for its parents',
      () =>
        `${where} was executed, and ${closed.map((parent) => `${parent.name} is ${parent.status}`).join(', ')}`,
    );
  if (step.status !== 'skipped') return;
  const refused = call.component.preExecute === 'skips' && /[135]$/.test(step.name);
  demand(
    refused || closed.length > 0,
    'a step is skipped for a reason',
    () => `${where}: nothing stands against it`,
  );
  if (step.cause !== null)
    demand(
      run.steps.get(step.cause)?.status !== 'skipped',
      'a cause is a root',
      () => `${where}: call ${step.cause}`,
    );
}

async function judgeValues(
  { run, read }: RunCase,
  plain: PlainRun,
  call: PlainCall,
  step: Step,
): Promise<void> {
  // It ran without the value of a failed parent, which a resume then ran again: a completed step keeps its value.
  const isRestarted = run.head.generation > 0 || run.info.rerunOf !== null;
  if (
    isRestarted &&
    call.refs.some((ref) => plain.calls[ref.call]?.component.skipChildrenOnFail === false)
  )
    return;
  const args: unknown[] = JSON.parse(JSON.stringify(call.args));
  for (const ref of call.refs) {
    const parent = run.steps.get(ref.call);
    const values =
      parent?.values === null || parent === undefined
        ? undefined
        : await Promise.all(parent.values.map(read));
    const several = (plain.calls[ref.call]?.component.returns ?? 1) > 1;
    put(args, ref.path, ref.value !== null ? values?.[ref.value] : several ? values : values?.[0]);
  }
  const expected = compute(call.component, args);
  const values = await Promise.all((step.values ?? []).map(read));
  demand(
    JSON.stringify(values) === JSON.stringify(expected),
    'a value is what its component computes',
    () =>
      `${step.name} (call ${step.call}): ${JSON.stringify(values)} against ${JSON.stringify(expected)}`,
  );
}

function put(args: unknown, path: readonly (string | number)[], value: unknown): void {
  let at = args;
  for (const key of path.slice(0, -1))
    at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  const last = path.at(-1);
  if (typeof at === 'object' && at !== null && last !== undefined) Reflect.set(at, last, value);
}

const EXPECTED_OUTCOMES: Readonly<Record<AttemptFate, 'completed' | 'own' | 'infrastructure'>> = {
  works: 'completed',
  undelivered: 'completed',
  fails: 'own',
  crashes: 'own',
  hangs: 'own',
  reclaimed: 'infrastructure',
  vanishes: 'infrastructure',
};

const outcomeOf = (attempt: Attempt): string =>
  attempt.status === 'failed'
    ? attempt.infrastructure === true
      ? 'infrastructure'
      : 'own'
    : attempt.status;

function judgeAttempts(
  { plan, run, infrastructureBudget, wasDisturbed: disturbed }: RunCase,
  { component }: PlainCall,
  step: Step,
): void {
  if (run.adoptedCalls.has(step.call)) return;
  const attempts = step.attempts.slice(step.attemptsBeforeResume);
  for (const attempt of step.attempts) {
    const fate = fateOf(
      { seed: plan.seed, run: run.index, step: step.name, attempt: attempt.number },
      plan.faults,
      component.timeoutSeconds !== null,
    );
    const fits =
      outcomeOf(attempt) === EXPECTED_OUTCOMES[fate] ||
      disturbed(step, attempt) ||
      attempt.status === 'aborted';
    demand(
      fits,
      'an attempt ends as its fate says',
      () =>
        `${step.name}, attempt ${attempt.number} (${fate}): ${outcomeOf(attempt)}, ${attempt.reason}`,
    );
  }
  const own = attempts.filter((attempt) => outcomeOf(attempt) === 'own').length;
  const infrastructure = attempts.filter(
    (attempt) => outcomeOf(attempt) === 'infrastructure',
  ).length;
  const retries = { always: 3, once: 1, throws: 0 };
  const allowed =
    typeof component.retries === 'number' ? component.retries : retries[component.retries];
  demand(
    own <= allowed + 1 && infrastructure <= infrastructureBudget + 1,
    'retries follow the options',
    () => `${step.name}: ${own} failures, ${allowed} retries allowed`,
  );
  if (step.status !== 'failed' || !wasNotAborted(run)) return;
  const spent = own > allowed || infrastructure > infrastructureBudget;
  demand(
    spent,
    'a step fails when its retries are spent',
    () =>
      `${step.name}: ${own} of ${allowed + 1} failures, ${infrastructure} of the infrastructure`,
  );
}

/** Callbacks on status changes tell of a path without gaps; a resume is one, and sets what runs again to `pending`. */
export function judgeStatusCallbacks(events: readonly HistoryEvent[], resumed: boolean): void {
  const seen = new Map<number, string>();
  for (const event of events) {
    if (event.kind !== 'callback' || event.input.kind !== 'statusChange') continue;
    const { call, input, node } = event;
    const last = seen.get(call);
    const follows =
      last === undefined ||
      last === input.previousStatus ||
      (resumed && input.previousStatus === 'pending');
    demand(
      follows,
      'status callbacks tell every change in order',
      () => `${node.name}: ${last}, then ${input.previousStatus} to ${node.status}`,
    );
    seen.set(call, node.status);
  }
}
