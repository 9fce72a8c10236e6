/**
 * The execution of one step in this process: its callbacks, its attempts, and its completion.
 *
 * @module
 */
import { CallbackPendingError } from '../errors.ts';
import type { NodeStatus } from '../option-types.ts';
import { readResult, runAttempt } from './attempt.ts';
import { CallbackParams } from './callback-params.ts';
import type { DebugStep } from './step.ts';
import type { StepContext } from './step-context.ts';
import type { PassedArguments } from './values.ts';

/**
 * Executes a step whose `parents` have all settled. When the promise fulfils, the step has settled.
 * It never rejects.
 */
export async function executeStep(
  step: DebugStep,
  parents: readonly DebugStep[],
  context: StepContext,
): Promise<void> {
  step.parents = parents.map(({ name }) => name);
  const blockingParent = parents.find((parent) => !parent.letsChildrenRun);
  if (context.signal.aborted || step.cancellation !== undefined)
    await setStatus(step, 'aborted', context);
  else if (blockingParent !== undefined)
    await skip(
      step,
      blockingParent.status === 'skipped' ? blockingParent.skipCause : blockingParent,
      context,
    );
  else await runStep(step, context);
  if (step.status === 'completed' || step.status === 'failed')
    await invokeCallback(step, 'postExecuteCallback', context, () =>
      step.hostComponent.declared.callbacks.postExecute?.(context.pipeline, step.view()),
    );
  step.settle();
}

async function skip(step: DebugStep, cause: DebugStep | null, context: StepContext): Promise<void> {
  step.skipCause = cause;
  await setStatus(step, 'skipped', context);
}

async function runStep(step: DebugStep, context: StepContext): Promise<void> {
  const launchArguments = await runPreExecute(step, context);
  if (launchArguments === undefined) {
    await skip(step, null, context);
    return;
  }
  step.launchArguments = launchArguments;
  while (true) {
    await setStatus(step, 'queued', context);
    await setStatus(step, 'running', context);
    const status = await runAttempt(step, launchArguments, context);
    await setStatus(step, status, context);
    if (status !== 'failed' || context.signal.aborted || !(await mayRetry(step, context))) return;
    await setStatus(step, 'pending', context);
  }
}

/** The arguments after the pre-execute callback; undefined if it skips the step. */
async function runPreExecute(
  step: DebugStep,
  context: StepContext,
): Promise<PassedArguments | undefined> {
  const { preExecute } = step.hostComponent.declared.callbacks;
  if (preExecute === undefined) return step.args;
  let changed: PassedArguments | undefined;
  const decision = await invokeCallback(step, 'preExecuteCallback', context, async () => {
    const params = new CallbackParams(step.hostComponent, await step.args.read(readResult));
    step.receivedArguments = params.toArguments();
    const returned = await preExecute(context.pipeline, step.view(), params.byName);
    changed = params.toArguments();
    return returned;
  });
  return decision === false ? undefined : (changed ?? step.args);
}

async function mayRetry(step: DebugStep, context: StepContext): Promise<boolean> {
  const retries = step.attempts.length - 1;
  const { retryOnFailure } = step.declaration;
  const retry =
    step.hostComponent.declared.callbacks.retry ??
    (retryOnFailure === undefined ? context.retry : undefined);
  if (retry === undefined) return retries < (retryOnFailure ?? context.retries);
  return (
    (await invokeCallback(step, 'retryOnFailure', context, () =>
      retry(context.pipeline, step.view(), retries),
    )) === true
  );
}

async function setStatus(step: DebugStep, status: NodeStatus, context: StepContext): Promise<void> {
  const previous = step.status;
  step.status = status;
  context.onStatus?.(step, previous);
  await invokeCallback(step, 'statusChangeCallback', context, () =>
    step.hostComponent.declared.callbacks.statusChange?.(context.pipeline, step.view(), previous),
  );
}

/** Calls a callback. If it throws, the error is printed, and the callback has no effect. */
async function invokeCallback(
  step: DebugStep,
  name: string,
  context: StepContext,
  call: () => unknown,
): Promise<unknown> {
  try {
    return await context.idle.until(
      Promise.resolve(call()),
      () => new CallbackPendingError(name.replace('Callback', '')),
    );
  } catch (error) {
    context.print(
      `${name} of step ${step.name} threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return undefined;
  }
}
