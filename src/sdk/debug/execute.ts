/**
 * The execution of one step in this process: its callbacks, its attempts, and its completion.
 *
 * @module
 */

import { downloadsFolder } from '../../downloads/downloads-folder.ts';
import { createStepFiles } from '../../downloads/step-files.ts';
import { isArtifactFile } from '../artifact-file.ts';
import { CallbackPendingError, CallbackPendingError, NeverSettledError, ReturnValuesError } from '../errors.ts';
import type { Logger, NodeStatus, NodeStatus, PipelineView } from '../option-types.ts';
import { checkedName, type ReportLimits, refuseReturnName } from '../report-limits.ts';
import { scopes } from '../scope.ts';
import type { Metadata, StepRuntime } from '../step/runtime.ts';
import { splitMetadata } from '../with-metadata.ts';
import { readResult, runAttempt } from './attempt.ts';
import { CallbackParams } from './callback-params.ts';
import type { DebugFolder } from './folder.ts';
import type { IdleWatch } from './idle.ts';
import { replaceLazies } from './lazy.ts';
import { RejectedPromises, rejectionsReported } from './rejections.ts';
import type { DebugArtifact, DebugModel, DebugOptions } from './report.ts';
import type { DebugStep, DebugStep } from './step.ts';
import type { StepContext } from './step-context.ts';
import type { PassedArguments } from './values.ts';
/** The part of a run that its steps need. */
export interface StepContext {
  readonly pipeline: PipelineView;
  readonly folder: DebugFolder;
  /** The number of retries of steps whose component has no such option. */
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  readonly onStatus: DebugOptions['onStatus'];
  /** Receive the uploads of `PipelineDecorator.uploadArtifact` and `.uploadModel`. */
  readonly artifacts: DebugArtifact[];
  readonly models: DebugModel[];
  readonly idle: IdleWatch;
}

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
  if (context.signal.aborted) await setStatus(step, 'aborted', context);
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
    if (status === 'completed' || context.signal.aborted || !(await mayRetry(step, context)))
      return;
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
    const returned = await preExecute(context.pipeline, step.view(), params.byName);
    changed = params.toArguments();
    return returned;
  });
  return decision === false ? undefined : (changed ?? step.args);
}

async function mayRetry(step: DebugStep, context: StepContext): Promise<boolean> {
  const retries = step.attempts.length - 1;
  const { retry } = step.hostComponent.declared.callbacks;
  if (retry === undefined) return retries < (step.declaration.retryOnFailure ?? context.retries);
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
function runtimeOf(step: DebugStep, context: StepContext, limits: ReportLimits): StepRuntime {
  const { id, name: pipeline, project } = context.pipeline;
  let folder: string | undefined;
  return {
    name: step.name,
    component: step.component,
    attempt: step.attempts.length,
    run: { id, pipeline, project, number: 0 },
    logger: loggerOf(step, context, limits),
    get temporaryDirectory() {
      folder ??= context.folder.createFolder();
      return folder;
    },
    signal: context.signal,
    uploadArtifact: async (name, value, options) =>
      putByName(step.artifacts, await storeArtifact('step', name, value, options)),
    uploadModel: async (name, path, options) =>
      putByName(step.models, await storeModel('step', name, path, options)),
    uploadArtifactToRun: async (name, value, options) =>
      putByName(context.artifacts, await storeArtifact('run', name, value, options)),
    uploadModelToRun: async (name, path, options) =>
      putByName(context.models, await storeModel('run', name, path, options)),
    ...createStepFiles({ folder: downloadsFolder(process.env), signal: context.signal }),
  };
  async function storeArtifact(
    owner: 'step' | 'run',
    ...[name, value, options]: Parameters<StepRuntime['uploadArtifact']>
  ): Promise<DebugArtifact> {
    limits.checkCount(owner, 'artifact', checkedName('an artifact', name));
    if (owner === 'step') refuseReturnName(name, step.declaration.returnValues);
    const artifact = await context.folder.storeArtifact(name, value, options);
    limits.addOutput(owner, 'artifact', artifact);
    return artifact;
  }
  async function storeModel(
    owner: 'step' | 'run',
    ...[name, path, options]: Parameters<StepRuntime['uploadModel']>
  ): Promise<DebugModel> {
    limits.checkCount(owner, 'model', checkedName('a model', name));
    const model = await context.folder.storeModel(name, path, options);
    limits.addOutput(owner, 'model', model);
    return model;
  }
}
/** An item replaces an earlier one with its name. */
function putByName<T extends { readonly name: string }>(items: T[], item: T): void {
  const index = items.findIndex(({ name }) => name === item.name);
  if (index < 0) items.push(item);
  else items[index] = item;
}
function loggerOf(step: DebugStep, context: StepContext, limits: ReportLimits): Logger {
  return {
    reportScalar: (title, series, value, iteration) => {
      step.points.push({ ...limits.point(title, series, value, iteration), at: Date.now() });
      context.print(`[${step.name}] ${title}/${series} ${iteration}: ${value}`);
    },
    reportText: (text) => context.print(`[${step.name}] ${limits.text(text)}`),
  };
}
