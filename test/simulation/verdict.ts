/**
 * The verdict on a terminal run: whether the engine executed the program correctly, given the
 * faults of its jobs.
 *
 * 1. The plain run, fed the recorded events, makes the same calls with the same arguments, awaits
 *    the same Lazies, and completes in the same way.
 * 2. Every value is the one that its component computes from its arguments.
 * 3. The outcome of every attempt follows its fate, and retries follow the component's options.
 * 4. A step was skipped for a reason, and executed only if its parents allowed it.
 *
 * @module
 */
import type { HistoryEvent } from '../../src/model/history.ts';
import type { Attempt, Step } from '../../src/model/step.ts';
import { isSuccess } from '../../src/model/step.ts';
import { truncate } from '../../src/model/truncate.ts';
import type { Value } from '../../src/model/value.ts';
import { type ChildRunsOfWorld, judgeChildArguments, judgeChildRuns } from './child-run-rules.ts';
import { type AttemptFate, compute, fateOf } from './fault-plan.ts';
import type { MirroredRun } from './mirror.ts';
import type { PlainCall } from './plain-call.ts';
import { PlainRun } from './plain-run.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { allowsChildren } from './recount.ts';
import { demand } from './violation.ts';

export interface RunCase {
  readonly plan: WorldPlan;
  readonly runPlan: RunPlan;
  readonly run: MirroredRun;
  readonly infrastructureBudget: number;
  /**
   * The attempt had two jobs, or its messages were lost or late: its outcome may differ from its
   * fate.
   */
  wasDisturbed(step: Step, attempt: Attempt): boolean;
  read(value: Value): Promise<unknown>;
  readonly childRuns: ChildRunsOfWorld;
}

/** The run completed by itself, without an abort. */
export const wasNotAborted = ({ head }: MirroredRun): boolean =>
  head.abortOutcome === null && head.abortReason === null;

/**
 * The run was aborted, and the last answer of its external evaluator may be incomplete: it arrives
 * page by page.
 */
export const mayLackPages = (run: MirroredRun): boolean =>
  !wasNotAborted(run) && run.info.evaluatedBy !== undefined;

/** Limit of the number of events that the logic was fed. An aborted run has further events. */
export function fedEventCount(run: MirroredRun): number {
  if (wasNotAborted(run)) return run.events.length;
  return mayLackPages(run) ? run.head.requestedPosition : run.head.position;
}

export async function judge(one: RunCase): Promise<void> {
  const { run, runPlan } = one;
  // The run was aborted before its first evaluation.
  if (run.head.commandCount === 0 && !wasNotAborted(run)) return;
  const plain = new PlainRun(runPlan.program, one.read, run.info.clockStart, run.info.args);
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
    'the logic completes as in the plain run',
    () => `${head.logicState} against ${plain.logicState}: ${JSON.stringify(head.error)}`,
  );
  for (const step of run.steps.values()) judgeHandled(plain, step);
  const failed = plain.logicState === 'threw' || head.unhandledFailures > 0;
  demand(
    head.status === (failed ? 'failed' : 'completed'),
    'the run completes as in the plain run',
    () => `${head.status}, but the plain run ${failed ? 'failed' : 'completed'}`,
  );
  if (head.status !== 'completed') return;
  const result: unknown = head.result === null ? null : await read(head.result);
  demand(
    JSON.stringify(result) === JSON.stringify(plain.result ?? null),
    'the result is that of the plain run',
    () => `${JSON.stringify(result)} against ${JSON.stringify(plain.result)}`,
  );
}

/** A failure is handled if the step is awaited and its error reaches a handler. */
function judgeHandled({ rejections, logicState }: PlainRun, step: Step): void {
  if ((step.status !== 'failed' && step.status !== 'aborted') || logicState === 'threw') return;
  const isUnhandled = rejections.unhandledSteps.has(step.name);
  demand(
    isUnhandled ? !step.handled : step.handled || !step.awaited,
    'a failure is handled as in the plain run',
    () => `${step.name} is ${step.handled ? '' : 'not '}handled`,
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
  const fits = step.awaited === call.awaited || (call.awaited && mayLackPages(run));
  demand(
    fits,
    'a step is awaited as in the plain run',
    () => `${where}: awaited is ${step.awaited} in the record`,
  );
  judgeGate(one, plain, call, step);
  if (call.component.child) {
    judgeChildRuns(run, step, one.childRuns);
    const args = await passedArguments(one, plain, call);
    if (args !== undefined) judgeChildArguments(run, step, args, one.childRuns);
  } else if (step.status === 'completed' || step.status === 'failed')
    judgeAttempts(one, call, step);
  if (
    call.component.preExecute === 'changes' &&
    (hasRecordedArguments(run, step) || wasAbortedBeforeCallback(step))
  )
    return;
  const data: unknown = await read(step.args.data);
  for (const { path, value } of step.args.parts ?? []) put(data, path, await read(value));
  demand(
    JSON.stringify(data) === JSON.stringify(call.args),
    'a call has the arguments of the plain run',
    () => truncate(`${where}: ${JSON.stringify(data)} against ${JSON.stringify(call.args)}`, 1000),
  );
  const refs = JSON.stringify(step.args.refs.map(({ path, call: of, value }) => [path, of, value]));
  const expected = JSON.stringify(call.refs.map(({ path, call: of, value }) => [path, of, value]));
  demand(
    refs === expected,
    'a call has the references of the plain run',
    () => `${where}: ${refs} against ${expected}`,
  );
  if (isSuccess(step.status) && !call.component.child) await judgeValues(one, plain, call, step);
}

/**
 * A restarted step that was aborted before its pre-execute callback ran again has the arguments of
 * its call.
 */
const wasAbortedBeforeCallback = ({ status, preExecuted, waitingFor }: Step): boolean =>
  status === 'aborted' && !preExecuted && waitingFor === 'none';

/**
 * A completed step that a restart does not run again has the arguments of its execution, because
 * its pre-execute callback does not run again.
 */
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

/** A step is executed only if its parents allow it, and skipped only if one of them does not. */
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
  const isSkippedByCallback = call.component.preExecute === 'skips' && /[135]$/.test(step.name);
  demand(
    isSkippedByCallback || closed.length > 0,
    'a step is skipped for a reason',
    () => `${where}: no parent blocks it`,
  );
  if (step.cause !== null)
    demand(
      run.steps.get(step.cause)?.status !== 'skipped',
      'the cause of a skip is not a skipped step',
      () => `${where}: call ${step.cause}`,
    );
}

/**
 * The arguments that the step received: those of the call, with the values of its parents. Undefined
 * if they are not known.
 */
async function passedArguments(
  { run, read }: RunCase,
  plain: PlainRun,
  call: PlainCall,
): Promise<unknown[] | undefined> {
  // The step may have run without the value of a failed parent that a resume ran again later.
  const isRestarted = run.head.generation > 0 || run.info.rerunOf !== null;
  if (
    isRestarted &&
    call.refs.some((ref) => plain.calls[ref.call]?.component.skipChildrenOnFail === false)
  )
    return undefined;
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
  return args;
}

async function judgeValues(
  one: RunCase,
  plain: PlainRun,
  call: PlainCall,
  step: Step,
): Promise<void> {
  const { read } = one;
  const args = await passedArguments(one, plain, call);
  if (args === undefined) return;
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

const EXPECTED_OUTCOMES: Readonly<
  Record<AttemptFate, 'completed' | 'own failure' | 'infrastructure'>
> = {
  works: 'completed',
  undelivered: 'completed',
  fails: 'own failure',
  crashes: 'own failure',
  hangs: 'own failure',
  reclaimed: 'infrastructure',
  vanishes: 'infrastructure',
};

const outcomeOf = (attempt: Attempt): string =>
  attempt.status === 'failed'
    ? attempt.infrastructure === true
      ? 'infrastructure'
      : 'own failure'
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
      'the outcome of an attempt follows its fate',
      () =>
        `${step.name}, attempt ${attempt.number} (${fate}): ${outcomeOf(attempt)}, ${attempt.reason}`,
    );
  }
  const own = attempts.filter((attempt) => outcomeOf(attempt) === 'own failure').length;
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
  const isExhausted = own > allowed || infrastructure > infrastructureBudget;
  demand(
    isExhausted,
    'a step fails when its retries are exhausted',
    () =>
      `${step.name}: ${own} of ${allowed + 1} failures, ${infrastructure} of the infrastructure`,
  );
}

/**
 * Callbacks observe status changes without gaps. Only a resume causes a gap: it sets restarted
 * steps to `pending`.
 */
export function judgeStatusCallbacks(events: readonly HistoryEvent[], resumed: boolean): void {
  const lastStatuses = new Map<number, string>();
  for (const event of events) {
    if (event.kind !== 'callback' || event.input.kind !== 'statusChange') continue;
    const { call, input, node } = event;
    const last = lastStatuses.get(call);
    const follows =
      last === undefined ||
      last === input.previousStatus ||
      (resumed && input.previousStatus === 'pending');
    demand(
      follows,
      'status callbacks observe every change in order',
      () => `${node.name}: ${last}, then ${input.previousStatus} to ${node.status}`,
    );
    lastStatuses.set(call, node.status);
  }
}
