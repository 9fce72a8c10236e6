/**
 * `pipeline`, and what else a pipeline's logic calls.
 *
 * @module
 */
import { type DeclaredPipeline, declarePipeline, type PipelineMeta } from '../declare.ts';
import { type Duration, toMilliseconds } from '../duration.ts';
import { DeclarationError, NestedPipelineError, OutsideStepError } from '../errors.ts';
import { component } from './component.ts';
import { ledger, requireRun } from './session.ts';
import { uploadArtifact } from './uploads.ts';

export type LogicFunction = (...args: unknown[]) => unknown;

export interface Pipeline {
  readonly declared: DeclaredPipeline;
  readonly meta: PipelineMeta;
  readonly logic: LogicFunction;
}

const pipelines = new WeakMap<object, Pipeline>();

/** What `pipeline` returned for this value. */
export const pipelineOf = (value: unknown): Pipeline | undefined =>
  typeof value === 'function' ? pipelines.get(value) : undefined;

/**
 * Called by the bundle's code: the bundler has added what it knows of it.
 *
 * @throws OptionError
 * @throws DeclarationError
 */
export function pipeline(options: unknown, fn: unknown, meta?: unknown): () => never {
  if (!isMeta(meta))
    throw new DeclarationError(
      'a pipeline was declared where the bundler does not see it: declare it at the top level of a module',
    );
  if (typeof fn !== 'function')
    throw new DeclarationError(
      `pipeline ${meta.name} has no function: give it as the second argument of pipeline(…)`,
    );
  const declared = declarePipeline(options, meta);
  const start = (): never => {
    throw new NestedPipelineError(declared.raw.name);
  };
  pipelines.set(start, { declared, meta, logic: (...args) => Reflect.apply(fn, undefined, args) });
  return start;
}

function isMeta(meta: unknown): meta is PipelineMeta {
  return typeof meta === 'object' && meta !== null && 'id' in meta && 'name' in meta;
}

/** By number; those that woke are gone. */
export const pendingSleeps = new Map<number, () => void>();
let sleepCount = 0;

/**
 * Waits on a durable timer: the run needs no process while it sleeps.
 *
 * @throws DurationError
 */
export function sleep(duration: Duration): Promise<void> {
  requireRun('sleep');
  const durationMs = toMilliseconds(duration);
  const number = sleepCount++;
  ledger.issue({ kind: 'sleep', durationMs: durationMs });
  return new Promise((resolve) => {
    pendingSleeps.set(number, resolve);
  });
}

/** Only a step has one. @throws OutsideStepError */
export function currentStep(): never {
  throw new OutsideStepError('currentStep()');
}

/** A model is a file, and the logic has none. */
function uploadModel(): never {
  throw new OutsideStepError('PipelineDecorator.uploadModel');
}

/** What a program does at its top level has no meaning here: the run is there already. */
const noop = (): void => undefined;

/** The queue that the program chose, if it did so at its top level. */
export const programSettings: { defaultQueue: string | undefined } = { defaultQueue: undefined };

export const PipelineDecorator = Object.freeze({
  component,
  pipeline,
  setDefaultExecutionQueue: (queue: string): void => {
    programSettings.defaultQueue = queue;
  },
  debugPipeline: noop,
  runLocally: noop,
  uploadArtifact,
  uploadModel,
});
