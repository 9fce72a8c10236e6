/**
 * Runs a pipeline in debug mode with steps replaced, and records the calls of its steps.
 *
 * @module
 */
import { INPUT_FILE_COMPONENT } from '../model/input-file.ts';
import { USE_MODEL_COMPONENT } from '../model/use-model.ts';
import type { DebugCall, DebugStepReport } from '../sdk/debug/report.ts';
import { declaredComponentNames } from '../sdk/declared-components.ts';
import { ProgramError } from '../sdk/errors.ts';
import { nearestName } from '../sdk/nearest-name.ts';
import type { NodeStatus } from '../sdk/option-types.ts';
import { PIPELINE_HANDLE, type PipelineHandle } from '../sdk/pipeline.ts';
import type { AnyFunction } from '../sdk/types.ts';

export interface PipelineTestOptions {
  /**
   * Functions that run in place of components, by the component's name. Each receives the values of
   * the step's arguments, and returns what the component would return.
   */
  readonly steps?: Readonly<Record<string, AnyFunction>>;
  /**
   * What a call of any other component does: `run` calls its function (the default), `fail` fails
   * the step.
   */
  readonly others?: 'run' | 'fail';
  /** The values that `waitForSignal` receives, by name. */
  readonly signals?: Readonly<Record<string, unknown>>;
}

/** A step of the run. */
export interface StepCall {
  /** As in `train_1`. */
  readonly name: string;
  readonly component: string;
  readonly status: NodeStatus;
  /** The values of the arguments in the last attempt; undefined if the step did not run. */
  readonly args: readonly unknown[] | undefined;
  /** What the last attempt returned, by the names in `returnValues`; empty unless completed. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The error of the last attempt. */
  readonly error: unknown;
  readonly attempts: number;
  /** The names of the steps that it depends on. */
  readonly parents: readonly string[];
  readonly metrics: readonly {
    readonly title: string;
    readonly series: string;
    readonly value: number;
    readonly iteration: number;
  }[];
  /** The tables, images and confusion matrices of all attempts. */
  readonly plots: readonly ReportedPlot[];
}

/** A table, an image or a confusion matrix that a step reported. */
export interface ReportedPlot {
  readonly kind: 'table' | 'image' | 'confusionMatrix';
  readonly title: string;
  readonly series: string;
  readonly iteration: number;
  readonly attempt: number;
  /** `json`, or the format of the image. */
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** `{ columns, rows }`, `{ labels, counts }`, or the bytes of an image. */
  readonly content: unknown;
}

export interface PipelineTest<R> {
  readonly status: 'completed' | 'failed' | 'aborted';
  /** The pipeline's result; undefined unless the run completed. */
  readonly result: R | undefined;
  /** The error that ended the run. */
  readonly error: unknown;
  readonly tags: readonly string[];
  /** All steps, in the order of the calls. */
  readonly steps: readonly StepCall[];
  /** What the run printed: texts of loggers, and errors of callbacks. */
  readonly output: readonly string[];
  /** The steps of a component, in the order of the calls. */
  calls(component: string): readonly StepCall[];
}

/**
 * Runs the pipeline in this process, without files, cache and subprocesses. A run that fails is no
 * error: its status and error are part of what is returned.
 *
 * @example
 * ```ts
 * const run = await runPipeline(grades, [5], { steps: { load: () => [1, 2, 3] } });
 * expect(run.calls('mean')[0]?.args).toEqual([[1, 2, 3]]);
 * ```
 *
 * @throws ProgramError if the function is no pipeline, or no component has a name of `steps`
 */
export async function runPipeline<A extends readonly unknown[], R>(
  pipeline: (...args: A) => Promise<R>,
  args: NoInfer<A>,
  { steps = {}, others = 'run', signals = {} }: PipelineTestOptions = {},
): Promise<PipelineTest<R>> {
  const handle = handleOf(pipeline);
  for (const name of Object.keys(steps)) requireComponent(name);
  const fakes = new Map(Object.entries(steps));
  const output: string[] = [];
  const launched = new Map<DebugStepReport, readonly unknown[]>();
  const report = await handle.debug(args, {
    print: (line) => void output.push(line),
    signals: Object.entries(signals).map(([name, value]) => ({ name, value })),
    execute: (call: DebugCall) => {
      launched.set(call.step, call.args);
      const fake = fakes.get(call.step.component);
      if (fake !== undefined) return Reflect.apply(fake, undefined, [...call.args]);
      if (others === 'run') return call.run();
      throw new ProgramError(
        `component ${call.step.component} is not replaced, and others: 'fail' forbids to call it: give it a function in steps`,
      );
    },
  });
  const calls = report.steps.map((step) => stepCall(step, launched.get(step)));
  return {
    status: report.status,
    result: report.result as R | undefined,
    error: report.error,
    tags: report.tags,
    steps: calls,
    output,
    calls: (component) => {
      requireComponent(component);
      return calls.filter((call) => call.component === component);
    },
  };
}

function handleOf(pipeline: unknown): PipelineHandle {
  const handle: unknown =
    typeof pipeline === 'function' ? Reflect.get(pipeline, PIPELINE_HANDLE) : undefined;
  if (handle === undefined)
    throw new ProgramError('runPipeline: the first argument is not what pipeline(…) returned');
  return handle as PipelineHandle;
}

const BUILT_IN_COMPONENTS: ReadonlySet<string> = new Set([
  INPUT_FILE_COMPONENT.name,
  USE_MODEL_COMPONENT.name,
]);

/** @throws ProgramError */
function requireComponent(name: string): void {
  if (declaredComponentNames.has(name) || BUILT_IN_COMPONENTS.has(name)) return;
  const known = [...declaredComponentNames];
  const nearest = nearestName(name, known);
  throw new ProgramError(
    `no component is called ${JSON.stringify(name)}: ${
      nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`
    }`,
  );
}

function stepCall(step: DebugStepReport, args: readonly unknown[] | undefined): StepCall {
  const { name, component, status, values, returnValues, error, attempts, parents } = step;
  return {
    name,
    component,
    status,
    args,
    values: Object.fromEntries(
      values?.map((value, index) => [returnValues[index] ?? String(index), value]) ?? [],
    ),
    error: status === 'completed' ? undefined : error,
    attempts: attempts.length,
    parents,
    metrics: step.points.map(({ title, series, value, iteration }) => ({
      title,
      series,
      value,
      iteration,
    })),
    plots: step.plots.map(({ at: _, size: __, ...plot }) => plot),
  };
}
