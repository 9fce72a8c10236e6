/**
 * One attempt of a step in this process: the call of its function, its outcome, and its values.
 *
 * @module
 */
import { isArtifactFile } from '../artifact-file.ts';
import { NeverSettledError, ReturnValuesError } from '../errors.ts';
import { ReportLimits } from '../report-limits.ts';
import { scopes } from '../scope.ts';
import type { Metadata, StepRuntime } from '../step/runtime.ts';
import { splitMetadata } from '../with-metadata.ts';
import { AttemptStop } from './attempt-stop.ts';
import type { LazyInfo } from './lazy.ts';
import { RejectedPromises, rejectionsReported } from './rejections.ts';
import { putByName, runtimeOf } from './runtime.ts';
import { DebugStep } from './step.ts';
import type { StepContext } from './step-context.ts';
import { type PassedArguments, type StoredValue, storeValue } from './values.ts';

/** Executes the next attempt. Its outcome is that of the attempt, and never an error. */
export async function runAttempt(
  step: DebugStep,
  args: PassedArguments,
  context: StepContext,
): Promise<'completed' | 'failed' | 'aborted'> {
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
  const stop = new AttemptStop(
    AbortSignal.any([context.signal, step.cancelSignal]),
    step.declaration.timeoutSeconds,
  );
  const runtime = runtimeOf(step, context, limits, () => stop.signal);
  try {
    const returned = await callFunction(step, runtime, args, stop, context);
    await storeResults(step, returnedValues(step, returned), limits, context);
    record.status = 'completed';
  } catch (error) {
    record.status = stop.error?.stopCause === 'abort' ? 'aborted' : 'failed';
    if (record.status === 'failed') {
      record.error = error;
      step.error = error;
    }
  } finally {
    stop.close();
  }
  publishRunOutputs(step, record.status === 'completed', context);
  record.endedAt = Date.now();
  return record.status;
}

/** The uploads of an attempt that did not complete are its own. */
function publishRunOutputs(step: DebugStep, completed: boolean, run: StepContext): void {
  for (const artifact of step.runArtifacts.splice(0))
    if (completed) putByName(run.artifacts, artifact);
    else if (!step.artifacts.some(({ name }) => name === artifact.name))
      step.artifacts.push(artifact);
  for (const model of step.runModels.splice(0))
    if (completed) putByName(run.models, model);
    else if (!step.models.some(({ name }) => name === model.name)) step.models.push(model);
}

/**
 * Calls the component's function. A promise that it leaves behind and that is rejected without a
 * handler fails the attempt, as in the step's process of the other modes.
 */
async function callFunction(
  step: DebugStep,
  runtime: StepRuntime,
  args: PassedArguments,
  stop: AttemptStop,
  { execute, idle, surroundings }: StepContext,
): Promise<unknown> {
  const list = await args.read(readResult);
  const run = () => step.hostComponent.fn(...list);
  const leave = surroundings.enter(step.declaration);
  let fail: (reason: unknown) => void = () => undefined;
  const rejection = new Promise<never>((_, reject) => {
    fail = reject;
  });
  rejection.catch(() => undefined);
  const rejections = new RejectedPromises(fail);
  const execution = scopes.run({ kind: 'step', runtime, rejections }, async () => {
    const returned = await (execute === undefined ? run() : execute({ step, args: list, run }));
    await step.plotsRecorded();
    await rejectionsReported();
    return returned;
  });
  try {
    return await idle.until(
      stop.until(Promise.race([execution, rejection])),
      () => stop.error ?? new NeverSettledError(step.component),
    );
  } finally {
    leave();
  }
}

/** A copy of a result of another step: `undefined` if that step has none. */
export const readResult = async ({ source, index }: LazyInfo): Promise<unknown> =>
  source instanceof DebugStep ? await source.readValue(index) : undefined;

async function storeResults(
  step: DebugStep,
  returned: readonly unknown[],
  limits: ReportLimits,
  { folder, serializers }: StepContext,
): Promise<void> {
  const names = step.declaration.returnValues;
  const values: unknown[] = [];
  const stored: StoredValue[] = [];
  for (const [index, name] of names.entries()) {
    const { value, metadata } = splitMetadata(returned[index]);
    const what =
      names.length === 1
        ? `the return value of ${step.component} (${JSON.stringify(name)})`
        : `the return value ${JSON.stringify(name)} of ${step.component}`;
    if (isArtifactFile(value)) await folder.checkFile(value.path);
    stored.push(await storeValue(value, what, serializers));
    if (metadata !== undefined)
      step.artifacts.push(
        await folder.storeArtifact(name, value, { metadata: metadata as Metadata }),
      );
    limits.addOutput('step', 'artifact', { name });
    values.push(value);
  }
  step.values = values;
  step.stored = stored;
}

/** @throws ReturnValuesError */
function returnedValues(step: DebugStep, returned: unknown): readonly unknown[] {
  const { returnValues, name } = step.declaration;
  if (returnValues.length === 1) return [returned];
  if (Array.isArray(returned) && returned.length === returnValues.length) return returned;
  throw new ReturnValuesError(name, returnValues, returned);
}
