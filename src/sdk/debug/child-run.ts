/**
 * Child runs in debug mode: the step of a call runs the called pipeline in this process.
 *
 * @module
 */

import { encodeChildArguments } from '../../codec/child-argument.ts';
import {
  CHILD_RUN_OPTIONS,
  ChildRunLimitError,
  childComponentId,
  childPipelineId,
} from '../../model/child-pipeline.ts';
import { thrownFromRecord, toErrorRecord } from '../../model/error-record.ts';
import { MAX_CHILD_CALLS, MAX_CHILD_DEPTH } from '../../model/limits.ts';
import { declareComponent, type HostComponent } from '../declare.ts';
import { PipelineRunError } from '../errors.ts';
import { parameterNames } from '../parameters.ts';
import { runningStep } from '../step-runtime.ts';
import type { AnyFunction } from '../types.ts';
import { debugLevels } from './debug-levels.ts';
import { argumentsByName } from './pipeline-view.ts';
import type { DebugOptions, DebugReport } from './report.ts';

/** The component whose steps are runs of the pipeline. */
export function childRunComponent(
  name: string,
  pipelineId: string,
  fn: AnyFunction,
  debug: (args: readonly unknown[], options?: DebugOptions) => Promise<DebugReport>,
): HostComponent {
  const meta = {
    id: childComponentId(pipelineId),
    name,
    style: 'positional' as const,
    parameters: [],
  };
  return {
    meta,
    declared: declareComponent(CHILD_RUN_OPTIONS, meta),
    fn: async (...args) => {
      const level = debugLevels.getStore();
      if ((level?.depth ?? 0) >= MAX_CHILD_DEPTH) throw new ChildRunLimitError(name, 'depth');
      requirePassable(name, args, fn);
      const signal = runningStep()?.signal;
      const report = await debug(args, {
        ...level?.options,
        ...(signal === undefined ? {} : { signal }),
      });
      if (report.status === 'completed') return report.result;
      throw new PipelineRunError(
        report.id,
        report.status,
        thrownFromRecord(toErrorRecord(report.error)),
      );
    },
  };
}

/** @throws ChildArgumentError, ChildRunLimitError as the other modes do */
function requirePassable(pipeline: string, args: readonly unknown[], fn: AnyFunction): void {
  encodeChildArguments(pipeline, Object.entries(argumentsByName(parameterNames(fn), args)));
}

/**
 * @param calls the number of earlier calls in the run
 * @throws ChildRunLimitError
 */
export function checkChildCount({ meta, declared }: HostComponent, calls: number): void {
  if (childPipelineId(meta.id) !== undefined && calls >= MAX_CHILD_CALLS)
    throw new ChildRunLimitError(declared.raw.name, 'count');
}
