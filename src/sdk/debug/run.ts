/**
 * Debug mode: a pipeline and its steps as plain calls in this process, so that breakpoints work.
 *
 * 1. Steps run one at a time, in the order of their calls. A step that waits for a parent that is
 *    not called yet does not block the others.
 * 2. Arguments and results are copies, as in the other modes (`values.ts`). They are not cached or
 *    stored. Delays before retries have no effect.
 * 3. Failed, skipped and handled steps have the same meaning as in the other modes.
 *
 * @module
 */
import type { ComponentDeclaration, PipelineDeclaration } from '../../model/options.ts';
import { withPipelineDefaults } from '../../model/pipeline-defaults.ts';
import { skippedNumbersOf, stepNameOf, stepNumberOf } from '../../model/step-names.ts';
import type { HostComponent } from '../declare.ts';
import { declaredComponentNames } from '../declared-components.ts';
import { DeclarationError, MissingParentError, RunAbortedError } from '../errors.ts';
import type { PipelineView } from '../option-types.ts';
import { type LogicRun, scopes } from '../scope.ts';
import type { ArtifactOptions, ModelOptions } from '../step/runtime.ts';
import { RunTimeoutError } from '../stop-errors.ts';
import { startLimit } from './attempt-stop.ts';
import { checkChildCount } from './child-run.ts';
import { debugLevels } from './debug-levels.ts';
import { executeStep } from './execute.ts';
import { type RunFailure, rootCauseOf, UnhandledFailures } from './failures.ts';
import { DebugFolder } from './folder.ts';
import type { HostPipeline } from './host-pipeline.ts';
import { IdleWatch } from './idle.ts';
import { awaitNestedLazies } from './lazy.ts';
import { argumentsByName, pipelineView } from './pipeline-view.ts';
import { installLogicProcess } from './process.ts';
import { rejectionsReported } from './rejections.ts';
import type { DebugArtifact, DebugModel, DebugOptions, DebugReport } from './report.ts';
import { DebugSignals } from './signals.ts';
import { DebugStep, stepOfLazy } from './step.ts';
import type { StepContext } from './step-context.ts';
import { Surroundings } from './surroundings.ts';
import { copyResult, PassedArguments } from './values.ts';

/**
 * Executes the pipeline. Errors of the run are part of the report.
 *
 * @throws OptionError if the pipeline's options are invalid
 */
export async function debugRun(
  pipeline: HostPipeline,
  args: readonly unknown[],
  options: DebugOptions = {},
): Promise<DebugReport> {
  // The first run loads zod, not the import of Headrace.
  const validate = await import('../validate.ts');
  const declaration = validate.validatePipeline(pipeline.declared.raw);
  const run = new DebugRun(
    pipeline,
    declaration,
    args,
    options,
    await DebugFolder.create(),
    validate.validateComponent,
  );
  installLogicProcess();
  return await debugLevels.run({ depth: (debugLevels.getStore()?.depth ?? -1) + 1, options }, () =>
    run.execute(),
  );
}

class DebugRun implements LogicRun {
  readonly #steps: DebugStep[] = [];
  readonly #pendingSteps: DebugStep[] = [];
  readonly #components = new Map<
    string,
    {
      readonly hostComponent: HostComponent;
      readonly declaration: ComponentDeclaration;
      readonly skippedNumbers: readonly number[];
      calls: number;
    }
  >();
  readonly #abortController = new AbortController();
  readonly #tags: string[];
  readonly #artifacts: DebugArtifact[] = [];
  readonly #models: DebugModel[] = [];
  readonly view: PipelineView;
  readonly #stepContext: StepContext;
  readonly #startedAt = Date.now();
  /** The reason to stop the run: a callback's `abort()`, or a failure with `abortOnFailure`. */
  #stopCause: RunFailure | undefined;
  readonly #failures = new UnhandledFailures();
  readonly #idle = new IdleWatch();
  readonly #signals: DebugSignals;
  /** Pending steps that are being cancelled. */
  readonly #cancelling = new Set<Promise<void>>();
  readonly #surroundings: Surroundings;
  #endLogic: (error: unknown) => void = () => undefined;
  readonly #limitExceeded = new Promise<never>((_, reject) => {
    this.#endLogic = reject;
  });
  #logicFinished = false;
  #scheduleRequested = false;
  #scheduling: Promise<void> | undefined;

  readonly #pipeline: HostPipeline;
  readonly #declaration: PipelineDeclaration;
  readonly #args: readonly unknown[];
  readonly #folder: DebugFolder;
  readonly #validateComponent: (raw: unknown) => ComponentDeclaration;

  constructor(
    pipeline: HostPipeline,
    declaration: PipelineDeclaration,
    args: readonly unknown[],
    options: DebugOptions,
    folder: DebugFolder,
    validateComponent: (raw: unknown) => ComponentDeclaration,
  ) {
    this.#pipeline = pipeline;
    this.#declaration = declaration;
    this.#args = args;
    this.#folder = folder;
    this.#validateComponent = validateComponent;
    this.#tags = [...this.#declaration.tags];
    this.#surroundings = new Surroundings(options.root ?? pipeline.root);
    this.#limitExceeded.catch(() => undefined);
    const print = options.print ?? console.log;
    this.#signals = new DebugSignals(options, print);
    this.view = pipelineView(this.#declaration, {
      args: argumentsByName(pipeline.parameters, args),
      print,
      tags: this.#tags,
      abort: (reason) => this.#stopRun('aborted', new RunAbortedError(reason)),
    });
    options.signal?.addEventListener('abort', () =>
      this.#stopRun('aborted', new RunAbortedError('its parent aborted it')),
    );
    this.#stepContext = {
      pipeline: this.view,
      folder,
      retries: this.#declaration.retryOnFailure,
      retry: this.#pipeline.declared.retry,
      signal: this.#abortController.signal,
      print,
      execute: options.execute,
      onStatus: options.onStatus,
      artifacts: this.#artifacts,
      models: this.#models,
      idle: this.#idle,
      serializers: pipeline.declared,
      surroundings: this.#surroundings,
    };
  }

  async execute(): Promise<DebugReport> {
    const cancelLimit = startLimit(this.#declaration.timeoutSeconds, () => this.#exceedLimit());
    try {
      return await this.#finish(await this.#runLogic());
    } finally {
      cancelLimit();
      this.#surroundings.close();
      this.#idle.close();
      await this.#folder.close();
    }
  }

  call(hostComponent: HostComponent, args: readonly unknown[]): unknown {
    const { style, parameters } = hostComponent.meta;
    const passed = new PassedArguments(args, style === 'positional' ? parameters : undefined);
    const component = this.#registerComponent(hostComponent);
    const { declaration } = component;
    checkChildCount(hostComponent, component.calls);
    const name = stepNameOf(
      declaration.name,
      stepNumberOf(component.calls++, component.skippedNumbers),
    );
    const queue =
      declaration.executionQueue ??
      this.#declaration.defaultQueue ??
      this.#pipeline.defaultQueue ??
      'default';
    const step = new DebugStep(
      this.#steps.length,
      name,
      hostComponent,
      declaration,
      queue,
      passed,
      () => void this.#schedule(),
    );
    this.#steps.push(step);
    this.#pendingSteps.push(step);
    void this.#schedule();
    return step.lazy;
  }

  requireLazy(lazy: unknown, functionName: string): void {
    stepOfLazy(lazy, functionName);
  }

  cancel(lazy: unknown, timeoutMs: number | undefined): void {
    const step = stepOfLazy(lazy, 'cancel');
    const position = this.#pendingSteps.indexOf(step);
    if (!step.cancel(timeoutMs) || position < 0) return;
    this.#pendingSteps.splice(position, 1);
    const cancelling = executeStep(step, [], this.#stepContext).finally(() => {
      this.#cancelling.delete(cancelling);
      void this.#schedule();
    });
    this.#cancelling.add(cancelling);
  }

  waitForSignal(name: string): Promise<unknown> {
    return this.#signals.wait(name);
  }

  async uploadArtifact(name: string, value: unknown, options?: ArtifactOptions): Promise<void> {
    const settled = await awaitNestedLazies(value);
    this.#artifacts.push(await this.#folder.storeArtifact(name, settled, options));
  }

  async uploadModel(name: string, path: string, options?: ModelOptions): Promise<void> {
    this.#models.push(await this.#folder.storeModel(name, path, options));
  }

  #registerComponent(hostComponent: HostComponent): {
    readonly declaration: ComponentDeclaration;
    readonly skippedNumbers: readonly number[];
    calls: number;
  } {
    const { name } = hostComponent.declared.raw;
    const known = this.#components.get(name);
    if (known?.hostComponent === hostComponent) return known;
    if (known !== undefined)
      throw new DeclarationError(
        `two components are called ${name}: give one of them another name with the option name`,
      );
    const declared = {
      hostComponent,
      declaration: withPipelineDefaults(
        this.#validateComponent(hostComponent.declared.raw),
        this.#declaration,
      ),
      skippedNumbers: skippedNumbersOf(name, declaredComponentNames),
      calls: 0,
    };
    this.#components.set(name, declared);
    return declared;
  }

  /** Calls the pipeline's function, and awaits the Lazies in its result. */
  async #runLogic(): Promise<{ readonly result: unknown } | { readonly error: unknown }> {
    try {
      const { rejections } = this.#failures;
      const returned = scopes.run({ kind: 'logic', run: this, rejections }, async () =>
        copyResult(await awaitNestedLazies(await this.#pipeline.fn(...this.#args))),
      );
      return {
        result: await this.#idle.until(
          Promise.race([returned, this.#limitExceeded]),
          () => this.#signals.missingError ?? this.#failures.stuckError(),
        ),
      };
    } catch (error) {
      return { error };
    }
  }

  async #finish(
    logicOutcome: { readonly result: unknown } | { readonly error: unknown },
  ): Promise<DebugReport> {
    this.#logicFinished = true;
    do {
      while (this.#pendingSteps.length > 0 || this.#scheduling !== undefined)
        await this.#schedule();
      await Promise.all(this.#cancelling);
      // A function that the logic did not await may make further calls.
      await rejectionsReported();
    } while (this.#pendingSteps.length > 0 || this.#scheduling !== undefined);
    const rejection = 'result' in logicOutcome ? this.#failures.takeRejections() : undefined;
    const failure: RunFailure | undefined =
      this.#stopCause ??
      ('error' in logicOutcome
        ? { status: 'failed', error: rootCauseOf(logicOutcome.error, this.#steps) }
        : undefined) ??
      rejection ??
      this.#failures.ofSteps(this.#steps);
    return {
      id: this.view.id,
      declaration: this.#declaration,
      status: failure?.status ?? 'completed',
      result: failure === undefined && 'result' in logicOutcome ? logicOutcome.result : undefined,
      error: failure?.error,
      tags: [...this.#tags],
      startedAt: this.#startedAt,
      endedAt: Date.now(),
      steps: this.#steps,
      artifacts: this.#artifacts,
      models: this.#models,
    };
  }

  /** Runs all steps that can run. Requests that arrive meanwhile are handled before it resolves. */
  #schedule(): Promise<void> {
    this.#scheduleRequested = true;
    this.#scheduling ??= this.#scheduleUntilIdle();
    return this.#scheduling;
  }

  async #scheduleUntilIdle(): Promise<void> {
    while (this.#scheduleRequested) {
      this.#scheduleRequested = false;
      await this.#runReadySteps();
    }
    this.#scheduling = undefined;
  }

  async #runReadySteps(): Promise<void> {
    // The logic first continues to its next await: it may attach a handler or make another call.
    await Promise.resolve();
    while (true) {
      const step =
        this.#pendingSteps.find((candidate) => this.#parentsOf(candidate) !== undefined) ??
        (await this.#findStalledStep());
      if (step === undefined) return;
      const parents = this.#parentsOf(step);
      if (parents === undefined) continue;
      this.#pendingSteps.splice(this.#pendingSteps.indexOf(step), 1);
      await executeStep(step, parents, this.#stepContext);
      if (step.status === 'failed' && !step.tolerated && this.#declaration.abortOnFailure)
        this.#stopRun('failed', step.failure());
    }
  }

  /** The step's parents; undefined while one of them is not called or not settled. */
  #parentsOf(step: DebugStep): readonly DebugStep[] | undefined {
    const parents = new Set(
      step.args.references
        .map(({ source }) => source)
        .filter((source) => source instanceof DebugStep),
    );
    for (const name of step.declaration.parents) {
      const matches = this.#stepsNamed(name, step);
      if (matches.length === 0 && !this.#abortController.signal.aborted) return undefined;
      for (const parent of matches) parents.add(parent);
    }
    const all = [...parents];
    return all.every(({ settled }) => settled) || this.#abortController.signal.aborted
      ? all
      : undefined;
  }

  #stepsNamed(name: string, child: DebugStep): readonly DebugStep[] {
    return this.#steps.filter(
      (step) => step !== child && (step.name === name || step.component === name),
    );
  }

  /**
   * A pending step that can never run, after the run is stopped because of it. Called when no step
   * can run. A step is stalled if the logic has finished, or if the logic awaits a pending step and
   * makes no call in its next turns. Otherwise undefined: a later call or await schedules again.
   */
  async #findStalledStep(): Promise<DebugStep | undefined> {
    const callCount = this.#steps.length;
    if (this.#logicFinished || this.#pendingSteps.some(({ awaited }) => awaited)) {
      for (let turn = 0; turn < 3 && this.#steps.length === callCount; turn++)
        await new Promise((resolve) => setImmediate(resolve));
    } else return undefined;
    const [first] = this.#pendingSteps;
    if (first === undefined || this.#steps.length > callCount) return first;
    const blocked =
      this.#pendingSteps.find((step) =>
        step.declaration.parents.some((name) => this.#stepsNamed(name, step).length === 0),
      ) ?? first;
    const missing = blocked.declaration.parents.find(
      (name) => this.#stepsNamed(name, blocked).length === 0,
    );
    this.#stopRun(
      'failed',
      new MissingParentError(
        blocked.name,
        missing ?? blocked.declaration.parents.join(', '),
        missing === undefined,
      ),
    );
    return blocked;
  }

  #stopRun(status: 'aborted' | 'failed', error: unknown): void {
    this.#stopCause ??= { status, error };
    this.#abortController.abort(error);
  }

  /** The logic is not awaited any longer. */
  #exceedLimit(): void {
    const error = new RunTimeoutError(this.#declaration.timeoutSeconds ?? 0);
    this.#stopRun('failed', error);
    this.#endLogic(error);
  }
}
