/**
 * `pipeline` and the other functions of `headrace` in a pipeline's logic.
 *
 * @module
 */
import {
  CHILD_RUN_OPTIONS,
  ChildRunLimitError,
  childComponentId,
} from '../../model/child-pipeline.ts';
import { MAX_CHILD_CALLS } from '../../model/limits.ts';
import { type DeclaredPipeline, declarePipeline, type PipelineMeta } from '../declare.ts';
import { type Duration, toMilliseconds } from '../duration.ts';
import { DeclarationError, NestedPipelineError, OutsideStepError } from '../errors.ts';
import type { PipelineView } from '../option-types.ts';
import { withPromiseMethods } from '../promise-methods.ts';
import { explainSnakeCase } from '../snake-case.ts';
import { component, componentFunction } from './component.ts';
import { currentRun } from './run-view.ts';
import { ledger, phase, requireRun } from './session.ts';
import { unseenDeclaration } from './unseen-declaration.ts';
import { uploadArtifact } from './uploads.ts';

type PipelineFunction = (...args: unknown[]) => unknown;
export type LogicFunction = (...args: unknown[]) => unknown;

export interface Pipeline {
  readonly declared: DeclaredPipeline;
  readonly meta: PipelineMeta;
  readonly logic: LogicFunction;
}

const pipelines = new WeakMap<object, Pipeline>();

/** The pipeline of a function that `pipeline` returned; undefined for any other value. */
export const pipelineOf = (value: unknown): Pipeline | undefined =>
  typeof value === 'function' ? pipelines.get(value) : undefined;

/**
 * Called by the bundle's code, to which the bundler has added metadata.
 *
 * @throws OptionError
 * @throws DeclarationError
 */
export function pipeline(options: unknown, fn: unknown, meta?: unknown): PipelineFunction {
  if (!isMeta(meta)) throw unseenDeclaration('pipeline', meta);
  if (typeof fn !== 'function' && meta.stub !== true)
    throw new DeclarationError(
      `pipeline ${meta.name} has no function: pass it as the second argument of pipeline(…)`,
    );
  const declared = declarePipeline(options, meta);
  const start = childRunFunction(declared.raw.name, meta);
  if (typeof fn === 'function')
    pipelines.set(start, {
      declared,
      meta,
      logic: (...args) => Reflect.apply(fn, undefined, args),
    });
  return start;
}

/** The pipeline whose logic this is. */
export const mainPipeline: { id: string | undefined } = { id: undefined };

/** A call in the logic starts a child run. */
function childRunFunction(name: string, meta: PipelineMeta): PipelineFunction {
  let issueCall: PipelineFunction | undefined;
  let calls = 0;
  return (...args) => {
    const isCallable = meta.stub === true || meta.id === mainPipeline.id;
    if (phase.current !== 'running') throw new NestedPipelineError(name);
    if (!isCallable) throw new NestedPipelineError(name, 'declaration');
    if (++calls > MAX_CHILD_CALLS) throw new ChildRunLimitError(name, 'count');
    const id = childComponentId(meta.id);
    issueCall ??= componentFunction(CHILD_RUN_OPTIONS, {
      id,
      name,
      style: 'positional',
      parameters: [],
    }).call;
    return withPromiseMethods(issueCall(...args));
  };
}

function isMeta(meta: unknown): meta is PipelineMeta {
  return typeof meta === 'object' && meta !== null && 'id' in meta && 'name' in meta;
}

/** The sleeps that have not ended, by number. */
export const pendingSleeps = new Map<number, () => void>();
let sleepCount = 0;

/**
 * Waits for a durable timer, which needs no process.
 *
 * @throws DurationError
 */
export function sleep(duration: Duration): Promise<void> {
  requireRun('sleep');
  const durationMs = toMilliseconds(duration);
  const number = sleepCount++;
  ledger.issue({ kind: 'sleep', durationMs });
  return new Promise((resolve) => {
    pendingSleeps.set(number, resolve);
  });
}

/** Exists in steps only. @throws OutsideStepError */
export function currentStep(): never {
  throw new OutsideStepError('currentStep()');
}

/** A model is a file, and the logic has no files. */
function uploadModel(): never {
  throw new OutsideStepError('PipelineDecorator.uploadModel');
}

/** The top level of a program may choose a mode. In the logic, this has no effect. */
const noop = (): void => undefined;

/** The default queue that the top level of the program has set. */
export const programSettings: { defaultQueue: string | undefined } = { defaultQueue: undefined };

/** The run, as callbacks receive it. */
function getCurrentPipeline(): PipelineView | undefined {
  requireRun('PipelineDecorator.getCurrentPipeline');
  return currentRun.view;
}

export const PipelineDecorator = Object.freeze(
  /* @__PURE__ */ explainSnakeCase('PipelineDecorator', {
    component,
    pipeline,
    getCurrentPipeline,
    setDefaultExecutionQueue: (queue: string): void => {
      programSettings.defaultQueue = queue;
    },
    debugPipeline: noop,
    runLocally: noop,
    uploadArtifact,
    uploadModel,
  }),
);
