/**
 * `pipeline` in a program, as a user's file imports it from `headrace`.
 *
 * @module
 */
import { thrownFromRecord, toErrorRecord } from '../model/error-record.ts';
import { callerConstant, callerFile, callLocation, isMemberAt } from './caller.ts';
import { isFunction } from './component.ts';
import { childRunComponent } from './debug/child-run.ts';
import type { DebugOptions, DebugReport } from './debug/report.ts';
import { debugRun } from './debug/run.ts';
import { type DeclaredPipeline, declarePipeline, type PipelineMeta } from './declare.ts';
import { declaredName } from './declared-name.ts';
import { DeclarationError, NestedPipelineError, PipelineRunError, ProgramError } from './errors.ts';
import { launchRun } from './launch.ts';
import { parameterNames } from './parameters.ts';
import { currentMode, defaultQueue } from './program-settings.ts';
import { projectRoot } from './project-root.ts';
import { withPromiseMethods } from './promise-methods.ts';
import { scopes } from './scope.ts';
import { runningStep } from './step-runtime.ts';
import type { DeclarePipeline } from './types.ts';

/** The property with a pipeline's `PipelineHandle`, the same in every copy of Headrace. */
export const PIPELINE_HANDLE = Symbol.for('headrace.pipeline');

/**
 * The interface of a pipeline for a host that has loaded the debug bundle of a user's file.
 * @internal
 */
export interface PipelineHandle {
  readonly meta: PipelineMeta;
  readonly declared: DeclaredPipeline;
  /**
   * Executes the pipeline in this process. Errors of the run are part of the report, and are not
   * thrown.
   */
  debug(args: readonly unknown[], options?: DebugOptions): Promise<DebugReport>;
}

/**
 * Makes a pipeline from a function. A call starts a run and resolves to its result. After
 * `PipelineDecorator.debugPipeline()` the run is executed in this process. By default, and after
 * `PipelineDecorator.runLocally()`, the engine executes it, with each step in a subprocess.
 *
 * @example
 * ```ts
 * export const main = pipeline({ name: 'iris', project: 'examples', version: '0.1' }, async function main(url: string) {
 *   const [train, test] = split(load(url));
 *   return 100 * (await evaluate(fit(train), test));
 * });
 * ```
 *
 * @throws OptionError if an option is unknown, or is not data although it must be
 */
export const pipeline: DeclarePipeline = declare as DeclarePipeline;

function declare(
  options: unknown,
  fn: unknown,
  bundlerMeta?: PipelineMeta,
): ((...args: readonly unknown[]) => unknown) & { [PIPELINE_HANDLE]: PipelineHandle } {
  const name = declaredName(options, fn, bundlerMeta) ?? callerConstant(declare);
  if (!isFunction(fn))
    throw new DeclarationError(
      `pipeline ${name}: the second argument of pipeline(…) is the function with the pipeline's logic`,
    );
  const file = callerFile(declare);
  const meta = bundlerMeta ?? { id: name, name };
  const declared = declarePipeline(options, meta);

  const debug: PipelineHandle['debug'] = async (args, debugOptions) => {
    return await debugRun(
      {
        declared,
        fn: fn as (...args: readonly unknown[]) => unknown,
        parameters: parameterNames(fn),
        defaultQueue: defaultQueue(),
        root: file === undefined ? undefined : projectRoot(file),
      },
      args,
      debugOptions,
    );
  };

  const childComponent = childRunComponent(declared.raw.name, meta.id, fn, debug);

  const location = bundlerMeta === undefined ? callLocation(declare) : undefined;
  const start = (...args: readonly unknown[]): unknown => {
    const scope = scopes.getStore();
    if (scope?.kind !== 'logic') return startRun(args);
    const { raw } = declared;
    const { name: caller, project } = scope.run.view;
    const callsItself = caller === raw.name && project === raw.project;
    // The other modes have no version of it that a child run could have.
    if (!callsItself && (bundlerMeta?.notCallable === true || isMemberAt(location)))
      throw new NestedPipelineError(raw.name, 'declaration');
    // The run returns the Lazy of its mode.
    return withPromiseMethods(scope.run.call(childComponent, args));
  };

  const startRun = async (args: readonly unknown[]): Promise<unknown> => {
    if (scopes.getStore() !== undefined || runningStep() !== undefined)
      throw new NestedPipelineError(declared.raw.name);
    const runMode = currentMode();
    if (runMode === 'debug') {
      const report = await debug(args);
      if (report.status === 'completed') return report.result;
      // The cause is the same as in the other modes.
      const cause = thrownFromRecord(toErrorRecord(report.error));
      throw new PipelineRunError(report.id, report.status, cause);
    }
    if (file === undefined)
      throw new ProgramError(
        `pipeline ${name} was not declared in a file: a run reads its code from the file`,
      );
    return await launchRun({
      file,
      name,
      functionName: fn.name === '' ? null : fn.name,
      args,
      mode: runMode,
      defaultQueue: defaultQueue(),
    });
  };
  return Object.assign(start, { [PIPELINE_HANDLE]: { meta, declared, debug } });
}
