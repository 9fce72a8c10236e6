/**
 * The execution of one step in this process: its callbacks, its attempts, and its completion.
 *
 * @module
 */
import { isArtifactFile } from '../artifact-file.ts';
import { CallbackPendingError, NeverSettledError, ReturnValuesError } from '../errors.ts';
import type { Logger, NodeStatus, PipelineView } from '../option-types.ts';
import { checkedName, ReportLimits, refuseReturnName } from '../report-limits.ts';
import { scopes } from '../scope.ts';
import type { Metadata, StepRuntime } from '../step/runtime.ts';
import { splitMetadata } from '../with-metadata.ts';
import type { DebugFolder } from './folder.ts';
import type { IdleWatch } from './idle.ts';
import { replaceLazies } from './lazy.ts';
import { RejectedPromises, rejectionsReported } from './rejections.ts';
import type { DebugArtifact, DebugModel, DebugOptions } from './report.ts';
import { DebugStep } from './step.ts';

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
  const args = step.args.map((arg) =>
    replaceLazies(arg, (source) =>
      source instanceof DebugStep && source.succeeded
        ? source.requireValues()
        : step.declaration.returnValues.map(() => undefined),
    ),
  );
  const launchArguments = await runPreExecute(step, args, context);
  if (launchArguments === undefined) {
    await skip(step, null, context);
    return;
  }
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
  args: readonly unknown[],
  context: StepContext,
): Promise<readonly unknown[] | undefined> {
  const { preExecute } = step.hostComponent.declared.callbacks;
  if (preExecute === undefined) return args;
  const { style, parameters } = step.hostComponent.meta;
  const [first] = args;
  const asObject = style === 'object' && typeof first === 'object' && first !== null;
  const params: Record<string, unknown> = asObject
    ? { ...first }
    : Object.fromEntries(args.map((arg, index) => [parameters[index] ?? `argument${index}`, arg]));
  const decision = await invokeCallback(step, 'preExecuteCallback', context, () =>
    preExecute(context.pipeline, step.view(), params),
  );
  if (decision === false) return undefined;
  if (asObject) return [params];
  const names = [
    ...parameters,
    ...args.slice(parameters.length).map((_, index) => `argument${parameters.length + index}`),
  ];
  const count = Math.max(
    args.length,
    ...names.map((name, index) => (name in params ? index + 1 : 0)),
  );
  return names.slice(0, count).map((name) => params[name]);
}

async function runAttempt(
  step: DebugStep,
  args: readonly unknown[],
  context: StepContext,
): Promise<'completed' | 'failed'> {
  const record: DebugStep['attempts'][number] = {
    number: step.attempts.length + 1,
    status: 'running',
    startedAt: Date.now(),
  };
  // Outputs and points of a failed attempt belong to that attempt.
  const failed = step.attempts.at(-1);
  if (failed !== undefined) {
    failed.artifacts = step.artifacts.splice(0).map(({ name }) => name);
    failed.models = step.models.splice(0).map(({ name }) => name);
    step.points.length = 0;
  }
  step.attempts.push(record);
  const limits = new ReportLimits();
  const runtime = runtimeOf(step, context, limits);
  try {
    const returned = await callFunction(step, runtime, args, context.idle);
    const parts = returnedValues(step, returned).map(splitMetadata);
    const values = parts.map(({ value }) => value);
    for (const [index, { value, metadata }] of parts.entries())
      if (metadata !== undefined)
        step.artifacts.push(
          await context.folder.storeArtifact(step.declaration.returnValues[index] ?? '', value, {
            metadata: metadata as Metadata,
          }),
        );
    for (const value of values)
      if (isArtifactFile(value)) await context.folder.checkFile(value.path);
    for (const name of step.declaration.returnValues)
      limits.addOutput('step', 'artifact', { name });
    step.values = values;
    record.status = 'completed';
  } catch (error) {
    record.status = 'failed';
    record.error = error;
    step.error = error;
  }
  record.endedAt = Date.now();
  return record.status;
}

/**
 * Calls the component's function. A promise that it leaves behind and that is rejected without a
 * handler fails the attempt, as in the step's process of the other modes.
 */
async function callFunction(
  step: DebugStep,
  runtime: StepRuntime,
  args: readonly unknown[],
  idle: IdleWatch,
): Promise<unknown> {
  let fail: (reason: unknown) => void = () => undefined;
  const rejection = new Promise<never>((_, reject) => {
    fail = reject;
  });
  rejection.catch(() => undefined);
  const rejections = new RejectedPromises(fail);
  const execution = scopes.run({ kind: 'step', runtime, rejections }, async () => {
    const returned = await step.hostComponent.fn(...args);
    await rejectionsReported();
    return returned;
  });
  return await idle.until(
    Promise.race([execution, rejection]),
    () => new NeverSettledError(step.component),
  );
}

/** @throws ReturnValuesError */
function returnedValues(step: DebugStep, returned: unknown): readonly unknown[] {
  const { returnValues, name } = step.declaration;
  if (returnValues.length === 1) return [returned];
  if (Array.isArray(returned) && returned.length === returnValues.length) return returned;
  throw new ReturnValuesError(name, returnValues, returned);
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
