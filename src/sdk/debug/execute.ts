/**
 * The execution of one step in this process: its callbacks, its attempts, its end.
 *
 * @module
 */
import { isArtifactFile } from '../artifact-file.ts';
import { ReturnValuesError } from '../errors.ts';
import type { Logger, NodeStatus, PipelineView } from '../option-types.ts';
import { scopes } from '../scope.ts';
import type { StepRuntime } from '../step/runtime.ts';
import type { DebugFolder } from './folder.ts';
import { replaceLazies } from './lazy.ts';
import type { DebugArtifact, DebugModel, DebugOptions } from './report.ts';
import { DebugStep } from './step.ts';

/** What a step needs of its run. */
export interface StepHost {
  readonly pipeline: PipelineView;
  readonly folder: DebugFolder;
  /** Of steps whose component says nothing. */
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  readonly onStatus: DebugOptions['onStatus'];
  /** What `PipelineDecorator.uploadArtifact` and `.uploadModel` store. */
  readonly artifacts: DebugArtifact[];
  readonly models: DebugModel[];
}

/** `parents` have all ended. The step has ended when this fulfils; it never rejects. */
export async function execute(
  step: DebugStep,
  parents: readonly DebugStep[],
  host: StepHost,
): Promise<void> {
  step.parents = parents.map(({ name }) => name);
  const obstacle = parents.find((parent) => !parent.letsChildrenRun);
  if (host.signal.aborted) await change(step, 'aborted', host);
  else if (obstacle !== undefined)
    await skip(step, obstacle.status === 'skipped' ? obstacle.because : obstacle, host);
  else await run(step, host);
  if (step.status === 'completed' || step.status === 'failed')
    await callback(step, 'postExecuteCallback', host, () =>
      step.host.declared.callbacks.postExecute?.(host.pipeline, step.view()),
    );
  step.settle();
}

async function skip(step: DebugStep, because: DebugStep | null, host: StepHost): Promise<void> {
  step.because = because;
  await change(step, 'skipped', host);
}

async function run(step: DebugStep, host: StepHost): Promise<void> {
  const args = step.args.map((arg) =>
    replaceLazies(arg, (source) =>
      source instanceof DebugStep && source.succeeded
        ? source.take()
        : step.declaration.returnValues.map(() => undefined),
    ),
  );
  const launched = await approve(step, args, host);
  if (launched === undefined) {
    await skip(step, null, host);
    return;
  }
  while (true) {
    await change(step, 'queued', host);
    await change(step, 'running', host);
    const status = await attempt(step, launched, host);
    await change(step, status, host);
    if (status === 'completed' || host.signal.aborted || !(await mayRetry(step, host))) return;
    await change(step, 'pending', host);
  }
}

/** The arguments as the pre-execute callback leaves them; undefined if it says to skip the step. */
async function approve(
  step: DebugStep,
  args: readonly unknown[],
  host: StepHost,
): Promise<readonly unknown[] | undefined> {
  const { preExecute } = step.host.declared.callbacks;
  if (preExecute === undefined) return args;
  const { style, parameters } = step.host.meta;
  const [first] = args;
  const asObject = style === 'object' && typeof first === 'object' && first !== null;
  const params: Record<string, unknown> = asObject
    ? { ...first }
    : Object.fromEntries(args.map((arg, index) => [parameters[index] ?? `argument${index}`, arg]));
  const answer = await callback(step, 'preExecuteCallback', host, () =>
    preExecute(host.pipeline, step.view(), params),
  );
  if (answer === false) return undefined;
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

async function attempt(
  step: DebugStep,
  args: readonly unknown[],
  host: StepHost,
): Promise<'completed' | 'failed'> {
  const record: DebugStep['attempts'][number] = {
    number: step.attempts.length + 1,
    status: 'running',
    startedAt: Date.now(),
  };
  step.attempts.push(record);
  const runtime = runtimeOf(step, host);
  try {
    const returned = await scopes.run({ kind: 'step', runtime }, () => step.host.fn(...args));
    step.values = valuesOf(step, returned);
    if (step.values.some(isArtifactFile)) host.folder.keepFiles();
    record.status = 'completed';
  } catch (error) {
    record.status = 'failed';
    record.error = error;
    step.error = error;
  }
  record.endedAt = Date.now();
  return record.status;
}

/** @throws ReturnValuesError */
function valuesOf(step: DebugStep, returned: unknown): readonly unknown[] {
  const { returnValues, name } = step.declaration;
  if (returnValues.length === 1) return [returned];
  if (Array.isArray(returned) && returned.length === returnValues.length) return returned;
  throw new ReturnValuesError(
    name,
    returnValues,
    Array.isArray(returned)
      ? `an array of ${returned.length}`
      : returned === null
        ? 'null'
        : `a value of type ${typeof returned}`,
  );
}

async function mayRetry(step: DebugStep, host: StepHost): Promise<boolean> {
  const retries = step.attempts.length - 1;
  const { retry } = step.host.declared.callbacks;
  if (retry === undefined) return retries < (step.declaration.retryOnFailure ?? host.retries);
  return (
    (await callback(step, 'retryOnFailure', host, () =>
      retry(host.pipeline, step.view(), retries),
    )) === true
  );
}

async function change(step: DebugStep, status: NodeStatus, host: StepHost): Promise<void> {
  const previous = step.status;
  step.status = status;
  host.onStatus?.(step, previous);
  await callback(step, 'statusChangeCallback', host, () =>
    step.host.declared.callbacks.statusChange?.(host.pipeline, step.view(), previous),
  );
}

/** A callback that throws is told of, and changes nothing. */
async function callback(
  step: DebugStep,
  name: string,
  host: StepHost,
  call: () => unknown,
): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    host.print(
      `${name} of step ${step.name} threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return undefined;
  }
}

function runtimeOf(step: DebugStep, host: StepHost): StepRuntime {
  const { id, name: pipeline, project } = host.pipeline;
  let folder: string | undefined;
  return {
    name: step.name,
    component: step.component,
    attempt: step.attempts.length,
    run: { id, pipeline, project, number: 0 },
    logger: loggerOf(step, host),
    get temporaryDirectory() {
      folder ??= host.folder.fresh();
      return folder;
    },
    signal: host.signal,
    uploadArtifact: async (name, value, options) =>
      void step.artifacts.push(await host.folder.storeArtifact(name, value, options)),
    uploadModel: async (name, path, options) =>
      void step.models.push(await host.folder.storeModel(name, path, options)),
    uploadArtifactToRun: async (name, value, options) =>
      void host.artifacts.push(await host.folder.storeArtifact(name, value, options)),
    uploadModelToRun: async (name, path, options) =>
      void host.models.push(await host.folder.storeModel(name, path, options)),
  };
}

function loggerOf(step: DebugStep, host: StepHost): Logger {
  return {
    reportScalar: (title, series, value, iteration) => {
      step.points.push({ title, series, value, iteration, at: Date.now() });
      host.print(`[${step.name}] ${title}/${series} ${iteration}: ${value}`);
    },
    reportText: (text) => host.print(`[${step.name}] ${text}`),
  };
}
