/**
 * Calls a function as the only step of a run, so that `currentStep()` works in it.
 *
 * @module
 */
import { debugRun } from '../sdk/debug/run.ts';
import { declareComponent, declarePipeline, type HostComponent } from '../sdk/declare.ts';
import type { StepLogger } from '../sdk/plot-types.ts';
import { scopes } from '../sdk/scope.ts';
import type { CurrentStep, Metadata, StepRuntime } from '../sdk/step/runtime.ts';

/** What `currentStep()` returns in the tested function, as far as the test sets it. */
export interface StepTestOptions {
  /** Default: `step`. */
  readonly name?: string;
  /** Default: the name. */
  readonly component?: string;
  /** Default: 1. */
  readonly attempt?: number;
  /** Default: the run `test` with number 1 of the pipeline `test` in the project `default`. */
  readonly run?: Partial<CurrentStep['run']>;
  /** Default: a signal that is never aborted. */
  readonly signal?: CurrentStep['signal'];
}

/** A call of a method of the logger. */
export interface Reported {
  /** As in `reportScalar`. */
  readonly method: keyof StepLogger;
  readonly args: readonly unknown[];
}

/** An artifact or model, as the function passed it. */
export interface Uploaded {
  readonly name: string;
  /** The artifact's value, or the model's path. */
  readonly value: unknown;
  readonly metadata: Metadata | undefined;
  /** Whether it was stored on the run, by `PipelineDecorator`. */
  readonly onRun: boolean;
}

export interface StepTest<T> {
  readonly value: T;
  /** The calls of `currentStep().logger`, in order. */
  readonly reported: readonly Reported[];
  readonly artifacts: readonly Uploaded[];
  readonly models: readonly Uploaded[];
}

/**
 * Calls the function as a step, and returns its value with what it reported and uploaded. The
 * limits of reports and uploads are those of a run.
 *
 * @example
 * ```ts
 * const { value, reported } = await runStep(() => train(rows, 0.1));
 * ```
 *
 * @throws the error that the function throws
 */
export async function runStep<T>(
  work: () => T | PromiseLike<T>,
  options: StepTestOptions = {},
): Promise<StepTest<T>> {
  const records = { reported: [], artifacts: [], models: [] } satisfies Records;
  let outcome: { readonly value: T } | undefined;
  const name = options.name ?? 'step';
  const meta = { id: name, name, style: 'positional', parameters: [] } as const;
  const component: HostComponent = {
    meta,
    declared: declareComponent({}, meta),
    fn: async () => {
      const scope = scopes.getStore();
      if (scope?.kind !== 'step') throw new Error('the step has no scope');
      const runtime = recordingRuntime(scope.runtime, options, records);
      outcome = { value: await scopes.run({ ...scope, runtime }, async () => await work()) };
    },
  };
  const report = await debugRun(
    {
      declared: declarePipeline({ name: 'test' }, { id: 'test', name: 'test' }),
      fn: () => {
        const scope = scopes.getStore();
        if (scope?.kind === 'logic') scope.run.call(component, []);
      },
      parameters: { style: 'positional', parameters: [] },
      defaultQueue: null,
      root: process.cwd(),
    },
    [],
    { print: () => undefined },
  );
  const [step] = report.steps;
  if (step?.status === 'completed' && outcome !== undefined) return { ...outcome, ...records };
  throw step?.error ?? report.error;
}

interface Records {
  readonly reported: Reported[];
  readonly artifacts: Uploaded[];
  readonly models: Uploaded[];
}

/** The runtime of debug mode, with the values of the options; what it accepts is recorded. */
function recordingRuntime(
  runtime: StepRuntime,
  options: StepTestOptions,
  { reported, artifacts, models }: Records,
): StepRuntime {
  const name = options.name ?? 'step';
  const recorded =
    <O extends { readonly metadata?: Metadata | undefined }>(
      upload: (name: string, value: string, options?: O) => Promise<void>,
      uploads: Uploaded[],
      onRun: boolean,
    ) =>
    async (itemName: string, value: unknown, itemOptions?: O): Promise<void> => {
      await Reflect.apply(upload, runtime, [itemName, value, itemOptions]);
      uploads.push({ name: itemName, value, metadata: itemOptions?.metadata, onRun });
    };
  return {
    name,
    component: options.component ?? name,
    attempt: options.attempt ?? 1,
    run: { id: 'test', pipeline: 'test', project: 'default', number: 1, ...options.run },
    logger: recordingLogger(runtime.logger, reported),
    get temporaryDirectory() {
      return runtime.temporaryDirectory;
    },
    signal: options.signal ?? runtime.signal,
    getLocalCopy: (...args) => runtime.getLocalCopy(...args),
    openInput: (...args) => runtime.openInput(...args),
    uploadArtifact: recorded(runtime.uploadArtifact, artifacts, false),
    uploadModel: recorded(runtime.uploadModel, models, false),
    uploadArtifactToRun: recorded(runtime.uploadArtifactToRun, artifacts, true),
    uploadModelToRun: recorded(runtime.uploadModelToRun, models, true),
  };
}

const recordingLogger = (logger: StepLogger, reported: Reported[]): StepLogger =>
  new Proxy(logger, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== 'function') return method;
      return (...args: readonly unknown[]) => {
        const record = (): unknown => reported.push({ method: key as keyof StepLogger, args });
        const returned: unknown = Reflect.apply(method, target, args);
        // A plot that is refused is not recorded.
        if (returned instanceof Promise) return returned.then(() => void record());
        record();
        return returned;
      };
    },
  });
