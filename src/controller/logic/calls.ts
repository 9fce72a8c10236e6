/**
 * Accepts a call of the logic: creates a step, links it to its parents, and opens or closes its
 * gate.
 *
 * 1. A parent whose completion was recorded before the call is not counted later: the watermark of
 *    the new step is the last event.
 * 2. A name in the option `parents` means all calls with that name so far; if there is none, the
 *    first call with that name.
 *
 * @module
 */
import type { ArgumentPreview } from '../../model/argument-previews.ts';
import { CHILD_RUN_QUEUE, childPipelineId } from '../../model/child-pipeline.ts';
import type { CommandOf } from '../../model/history.ts';
import { MAX_CHILD_CALLS } from '../../model/limits.ts';
import { projectOf } from '../../model/object-layout.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { RunComponent } from '../../model/run.ts';
import { isSuccess, NO_ATTEMPTS, NOT_EXECUTED, type Step } from '../../model/step.ts';
import { stepNameOf, stepNumberOf } from '../../model/step-names.ts';
import { stepOptionsOf } from '../../model/step-options.ts';
import type { Arguments } from '../../model/value.ts';
import { recordMonitored } from '../steps/monitors.ts';
import { recordCompletion, skipStep } from '../steps/step-completion.ts';
import { allowsChildren, isRecorded } from '../turn/step-counters.ts';
import type { Turn } from '../turn/turn.ts';
import { previewArguments } from './call-arguments.ts';
import { InvalidCommandError } from './invalid-command.ts';
import { storeLargeArguments } from './value-storage.ts';

/** Limit of the parents in a step's record. The edges in the store contain all of them. */
const MAX_RECORDED_PARENTS = 50;

export async function acceptCall(turn: Turn, command: CommandOf<'call'>): Promise<void> {
  const component = await turn.component(command.component);
  if (component === undefined)
    throw new InvalidCommandError(
      `it calls component ${JSON.stringify(command.component)}, which it never declared`,
    );
  if (
    childPipelineId(component.declaration.id) !== undefined &&
    component.callCount >= MAX_CHILD_CALLS
  )
    throw new InvalidCommandError(`it starts more than ${MAX_CHILD_CALLS} child runs`);
  const unknown = command.args.refs.find((ref) => ref.call >= turn.head.callCount);
  if (unknown !== undefined)
    throw new InvalidCommandError(`an argument refers to call ${unknown.call}, which was not made`);
  turn.declareComponent({ ...component, callCount: component.callCount + 1 });
  const call = turn.head.callCount++;
  const fresh = newStep(turn, component, call, command);
  const previews = await previewArguments(turn, component.declaration, command.args);
  if (await adoptArchivedStep(turn, fresh, previews)) return;

  const args = await storeCallArguments(turn, command.args);
  const explicit = await explicitParents(turn, component, call);
  const parents = [
    ...new Set([...command.args.refs.map((ref) => ref.call), ...explicit.calls]),
  ].sort((a, b) => a - b);
  const gate = await countUnmetParents(turn, parents);
  for (const parent of parents) turn.link(parent, call);
  for (const name of explicit.missing) turn.link(name, call);
  turn.head.missingParents = [...new Set([...turn.head.missingParents, ...explicit.missing])];

  const step = turn.put({
    ...fresh,
    args,
    arguments: previews,
    ...shownOptions(component.declaration),
    ...(await recordedParents(turn, parents)),
    missingParents: explicit.missing,
    unmetParents: gate.unmet + explicit.missing.length,
  });
  await resolveMissingParents(turn, step);
  if (gate.blocker !== undefined) await skipStep(turn, step, gate.blocker);
  else if (step.unmetParents === 0) turn.ready.push(call);
}

/**
 * The fields are listed one by one, because V8 copies an object slowly, each time, if it was built
 * with a spread between its fields.
 */
function newStep(
  turn: Turn,
  { declaration, callCount }: RunComponent,
  call: number,
  { args, digest, awaited }: CommandOf<'call'>,
): Step {
  return {
    call,
    name: stepNameOf(declaration.name, stepNumberOf(callCount, declaration.skippedNumbers)),
    component: declaration.name,
    digest,
    project: projectOf(turn.info),
    taskType: declaration.taskType,
    tags: turn.info.declaration.addPipelineTags
      ? [...declaration.tags, `pipe: ${turn.id}`]
      : declaration.tags,
    queue:
      childPipelineId(declaration.id) === undefined
        ? (declaration.executionQueue ?? turn.info.defaultQueue)
        : CHILD_RUN_QUEUE,
    status: NOT_EXECUTED.status,
    handled: NOT_EXECUTED.handled,
    tolerated: NOT_EXECUTED.tolerated,
    cause: NOT_EXECUTED.cause,
    preExecuted: NOT_EXECUTED.preExecuted,
    cacheKey: NOT_EXECUTED.cacheKey,
    holdsLease: NOT_EXECUTED.holdsLease,
    cachedFrom: NOT_EXECUTED.cachedFrom,
    values: NOT_EXECUTED.values,
    error: NOT_EXECUTED.error,
    endedAt: NOT_EXECUTED.endedAt,
    jobMissingSince: NOT_EXECUTED.jobMissingSince,
    waitingFor: 'parents',
    args,
    parents: [],
    parentNames: [],
    parentCount: 0,
    missingParents: [],
    unmetParents: 0,
    watermark: turn.head.eventCount - 1,
    awaited,
    attempts: NO_ATTEMPTS.attempts,
    attemptsBeforeResume: NO_ATTEMPTS.attemptsBeforeResume,
    artifacts: NO_ATTEMPTS.artifacts,
    models: NO_ATTEMPTS.models,
    startedAt: NO_ATTEMPTS.startedAt,
    createdAt: turn.context.clock.now(),
    timerGeneration: 0,
  };
}

/** Absent if there are none: most steps have no such option, and their records do not grow. */
function shownOptions(declaration: ComponentDeclaration): Pick<Step, 'options'> {
  const options = stepOptionsOf(declaration);
  return options === undefined ? {} : { options };
}

async function recordedParents(
  turn: Turn,
  parents: readonly number[],
): Promise<Pick<Step, 'parents' | 'parentNames' | 'parentCount'>> {
  const first = parents.slice(0, MAX_RECORDED_PARENTS);
  const names = await Promise.all(
    first.map(async (parent) => (await turn.requireStep(parent)).name),
  );
  return { parents: first, parentNames: names, parentCount: parents.length };
}

/** Adopts the archived step of an equal call; false if there is none. */
async function adoptArchivedStep(
  turn: Turn,
  fresh: Step,
  previews: readonly ArgumentPreview[],
): Promise<boolean> {
  if (!turn.head.hasArchivedSteps) return false;
  const found = await turn.context.tasks.findArchivedStep(
    turn.id,
    fresh.component,
    fresh.digest,
    turn.adoptedArchives,
  );
  if (found === undefined || !isSuccess(found.step.status)) return false;
  turn.recordAdoption({ archive: found.archive, call: fresh.call });
  const { call, name, watermark, awaited, args } = fresh;
  const parents = [...new Set(args.refs.map((ref) => ref.call))].sort((a, b) => a - b);
  for (const parent of parents) turn.link(parent, call);
  const adopted: Step = {
    ...found.step,
    args: await storeCallArguments(turn, args),
    arguments: previews,
    ...shownOptions(turn.declaration(fresh)),
    ...(await recordedParents(turn, parents)),
    missingParents: [],
    unmetParents: 0,
    call,
    name,
    watermark,
    awaited,
    holdsLease: false,
    waitingFor: 'none',
  };
  await resolveMissingParents(turn, adopted);
  recordMonitored(turn, adopted, true);
  await recordCompletion(turn, adopted);
  return true;
}

/** The arguments as they are stored in the step's record: large ones by reference. */
export const storeCallArguments = (turn: Turn, args: Arguments): Promise<Arguments> =>
  storeLargeArguments(turn.context.objects, turn.info, args);

async function explicitParents(
  turn: Turn,
  { declaration }: RunComponent,
  call: number,
): Promise<{ readonly calls: readonly number[]; readonly missing: readonly string[] }> {
  const calls: number[] = [];
  const missing: string[] = [];
  for (const name of new Set(declaration.parents)) {
    const found = (await turn.callsNamed(name)).filter((other) => other !== call);
    if (found.length === 0) missing.push(name);
    else calls.push(...found);
  }
  return { calls, missing };
}

/** The number of incomplete parents, and the first complete parent that closes the gate. */
async function countUnmetParents(
  turn: Turn,
  parents: readonly number[],
): Promise<{ readonly unmet: number; readonly blocker: Step | undefined }> {
  await turn.load(parents);
  let unmet = 0;
  let blocker: Step | undefined;
  for (const call of parents) {
    const parent = await turn.requireStep(call);
    if (!isRecorded(parent)) unmet += 1;
    else if (!allowsChildren(parent, turn.declaration(parent))) blocker ??= parent;
  }
  return { unmet, blocker };
}

/** Makes the step a parent of the steps that wait for its name (2). */
async function resolveMissingParents(turn: Turn, step: Step): Promise<void> {
  for (const name of new Set([step.name, step.component])) {
    if (!turn.head.missingParents.includes(name)) continue;
    const unresolved: number[] = [];
    for await (const { calls } of turn.children(name)) {
      await turn.load(calls);
      for (const call of calls) {
        if (call === step.call) {
          unresolved.push(call);
          continue;
        }
        const child = await turn.requireStep(call);
        turn.link(step.call, call);
        turn.put({
          ...child,
          missingParents: child.missingParents.filter((missing) => missing !== name),
          ...(child.parents.length < MAX_RECORDED_PARENTS
            ? {
                parents: [...child.parents, step.call],
                parentNames: [...child.parentNames, step.name],
              }
            : {}),
          parentCount: child.parentCount + 1,
        });
      }
    }
    if (unresolved.length > 0) continue;
    turn.resolveName(name);
    turn.head.missingParents = turn.head.missingParents.filter((missing) => missing !== name);
  }
}
