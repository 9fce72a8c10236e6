/**
 * Debug mode: a pipeline and its steps as plain calls in this process, so that breakpoints work.
 *
 * 1. Steps run one at a time, in the order of their calls; one that waits for a parent not called yet lets the others pass.
 * 2. Arguments and results are the objects themselves: nothing is encoded, cached or stored. Time limits and waits before retries do not count.
 * 3. What fails, is skipped or handled is judged as everywhere else.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { ComponentDeclaration, PipelineDeclaration } from '../../model/options.ts';
import type { HostComponent } from '../component.ts';
import type { DeclaredPipeline } from '../declare.ts';
import { DeclarationError, MissingParentError, RunAbortedError } from '../errors.ts';
import type { PipelineView } from '../option-types.ts';
import { type LogicRun, scopes } from '../scope.ts';
import type { ArtifactOptions, ModelOptions } from '../step/runtime.ts';
import { execute, type StepHost } from './execute.ts';
import { DebugFolder } from './folder.ts';
import { replaceLazies, sourcesIn } from './lazy.ts';
import type { DebugArtifact, DebugModel, DebugOptions, DebugReport } from './report.ts';
import { DebugStep } from './step.ts';

/** A pipeline with its function at hand. */
export interface HostPipeline {
  readonly declared: DeclaredPipeline;
  readonly fn: (...args: readonly unknown[]) => unknown;
  readonly parameters: {
    readonly style: 'positional' | 'object';
    readonly parameters: readonly string[];
  };
  /** What the program set as the default queue. */
  readonly queue: string | null;
}

/** @throws OptionError if the pipeline's options are wrong; what goes wrong in the run is in the report. */
export async function debugRun(
  pipeline: HostPipeline,
  args: readonly unknown[],
  options: DebugOptions = {},
): Promise<DebugReport> {
  // zod comes with the first run, not with the import of Headrace.
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
  return await run.execute();
}

class DebugRun implements LogicRun {
  private readonly steps: DebugStep[] = [];
  private readonly waiting: DebugStep[] = [];
  private readonly components = new Map<
    string,
    { readonly host: HostComponent; readonly declaration: ComponentDeclaration; calls: number }
  >();
  private readonly stop = new AbortController();
  private readonly tags: string[];
  private readonly artifacts: DebugArtifact[] = [];
  private readonly models: DebugModel[] = [];
  private readonly view: PipelineView;
  private readonly host: StepHost;
  private readonly startedAt = Date.now();
  /** Why it was told to stop: a callback's `abort()`, or a failure with `abortOnFailure`. */
  private ending: { readonly status: 'aborted' | 'failed'; readonly error: unknown } | undefined;
  private logicOver = false;
  private wanted = false;
  private pumping: Promise<void> | undefined;

  constructor(
    private readonly pipeline: HostPipeline,
    private readonly declaration: PipelineDeclaration,
    private readonly args: readonly unknown[],
    options: DebugOptions,
    private readonly folder: DebugFolder,
    private readonly validateComponent: (raw: unknown) => ComponentDeclaration,
  ) {
    this.tags = [...this.declaration.tags];
    const print = options.print ?? console.log;
    this.view = this.makeView(print);
    this.host = {
      pipeline: this.view,
      folder,
      retries: this.declaration.retryOnFailure,
      signal: this.stop.signal,
      print,
      onStatus: options.onStatus,
      artifacts: this.artifacts,
      models: this.models,
    };
  }

  async execute(): Promise<DebugReport> {
    try {
      return await this.finish(await this.logic());
    } finally {
      await this.folder.close();
    }
  }

  call(host: HostComponent, args: readonly unknown[]): unknown {
    const component = this.declare(host);
    const { declaration } = component;
    const name =
      component.calls === 0 ? declaration.name : `${declaration.name}_${component.calls}`;
    component.calls++;
    const queue =
      declaration.executionQueue ??
      this.declaration.defaultQueue ??
      this.pipeline.queue ??
      'default';
    const step = new DebugStep(
      this.steps.length,
      name,
      host,
      declaration,
      queue,
      args,
      sourcesIn(args),
      () => void this.pump(),
    );
    this.steps.push(step);
    this.waiting.push(step);
    void this.pump();
    return step.lazy;
  }

  async uploadArtifact(name: string, value: unknown, options?: ArtifactOptions): Promise<void> {
    this.artifacts.push(await this.folder.storeArtifact(name, value, options));
  }

  async uploadModel(name: string, path: string, options?: ModelOptions): Promise<void> {
    this.models.push(await this.folder.storeModel(name, path, options));
  }

  private declare(host: HostComponent): {
    readonly declaration: ComponentDeclaration;
    calls: number;
  } {
    const { name } = host.declared.raw;
    const known = this.components.get(name);
    if (known?.host === host) return known;
    if (known !== undefined)
      throw new DeclarationError(
        `two components are called ${name}: give one of them another name by the option name`,
      );
    const declared = { host, declaration: this.validateComponent(host.declared.raw), calls: 0 };
    this.components.set(name, declared);
    return declared;
  }

  /** The function's end; its result may hold Lazies. */
  private async logic(): Promise<{ readonly result: unknown } | { readonly error: unknown }> {
    try {
      const result = await scopes.run({ kind: 'logic', run: this }, () =>
        this.pipeline.fn(...this.args),
      );
      await Promise.all(Array.from(sourcesIn(result), (source) => source.look()));
      return {
        result: replaceLazies(result, (source) =>
          source instanceof DebugStep ? source.take() : [],
        ),
      };
    } catch (error) {
      return { error };
    }
  }

  private async finish(
    end: { readonly result: unknown } | { readonly error: unknown },
  ): Promise<DebugReport> {
    this.logicOver = true;
    while (this.waiting.length > 0 || this.pumping !== undefined) await this.pump();
    const unhandled = this.steps.find(
      (step) =>
        (step.status === 'failed' || step.status === 'aborted') &&
        !step.tolerated &&
        !this.handled(step),
    );
    const failure =
      this.ending ??
      ('error' in end ? { status: 'failed' as const, error: end.error } : undefined) ??
      (unhandled && { status: 'failed' as const, error: unhandled.failure() });
    return {
      id: this.view.id,
      declaration: this.declaration,
      status: failure?.status ?? 'completed',
      result: failure === undefined && 'result' in end ? end.result : undefined,
      error: failure?.error,
      tags: [...this.tags],
      startedAt: this.startedAt,
      endedAt: Date.now(),
      steps: this.steps,
      artifacts: this.artifacts,
      models: this.models,
    };
  }

  /** Somebody looked at it, or at a step that was skipped because of it. */
  private handled(failed: DebugStep): boolean {
    return failed.looked || this.steps.some((step) => step.because === failed && step.looked);
  }

  /** Runs what can run, until nothing can; what is asked for meanwhile is seen to before it ends. */
  private pump(): Promise<void> {
    this.wanted = true;
    this.pumping ??= this.keepPumping();
    return this.pumping;
  }

  private async keepPumping(): Promise<void> {
    while (this.wanted) {
      this.wanted = false;
      await this.drain();
    }
    this.pumping = undefined;
  }

  private async drain(): Promise<void> {
    // The logic first gets to what it does in the same breath: a catch that it is about to attach, another call.
    await Promise.resolve();
    while (true) {
      const step =
        this.waiting.find((candidate) => this.parentsOf(candidate) !== undefined) ??
        (await this.stuck());
      if (step === undefined) return;
      const parents = this.parentsOf(step);
      if (parents === undefined) continue;
      this.waiting.splice(this.waiting.indexOf(step), 1);
      await execute(step, parents, this.host);
      if (step.status === 'failed' && !step.tolerated && this.declaration.abortOnFailure)
        this.end('failed', step.failure());
    }
  }

  /** Its parents, or undefined while one of them is not there or not at its end. */
  private parentsOf(step: DebugStep): readonly DebugStep[] | undefined {
    const parents = new Set(
      Array.from(step.sources).filter((source) => source instanceof DebugStep),
    );
    for (const name of step.declaration.parents) {
      const named = this.named(name, step);
      if (named.length === 0 && !this.stop.signal.aborted) return undefined;
      for (const parent of named) parents.add(parent);
    }
    const all = [...parents];
    return all.every(({ settled }) => settled) || this.stop.signal.aborted ? all : undefined;
  }

  private named(name: string, child: DebugStep): readonly DebugStep[] {
    return this.steps.filter(
      (step) => step !== child && (step.name === name || step.component === name),
    );
  }

  /**
   * Nothing can run. What waits has waited in vain if the logic is over, or awaits something that waits and makes no other call in its next turns;
   * else undefined: a later call, or look, goes on from here.
   */
  private async stuck(): Promise<DebugStep | undefined> {
    const calls = this.steps.length;
    if (this.logicOver || this.waiting.some(({ looked }) => looked)) {
      for (let turn = 0; turn < 3 && this.steps.length === calls; turn++)
        await new Promise((resolve) => setImmediate(resolve));
    } else return undefined;
    const [first] = this.waiting;
    if (first === undefined || this.steps.length > calls) return first;
    const blocked =
      this.waiting.find((step) =>
        step.declaration.parents.some((name) => this.named(name, step).length === 0),
      ) ?? first;
    const missing = blocked.declaration.parents.find(
      (name) => this.named(name, blocked).length === 0,
    );
    this.end(
      'failed',
      new MissingParentError(
        blocked.name,
        missing ?? blocked.declaration.parents.join(', '),
        missing === undefined,
      ),
    );
    return blocked;
  }

  private end(status: 'aborted' | 'failed', error: unknown): void {
    this.ending ??= { status, error };
    this.stop.abort(error);
  }

  private makeView(print: (line: string) => void): PipelineView {
    const { name, project, version } = this.declaration;
    const { style, parameters } = this.pipeline.parameters;
    const [first] = this.args;
    const args =
      style === 'object' && typeof first === 'object' && first !== null
        ? { ...first }
        : Object.fromEntries(
            this.args.map((arg, index) => [parameters[index] ?? `argument${index}`, arg]),
          );
    return Object.freeze({
      id: `debug-${randomBytes(5).toString('hex')}`,
      name,
      project,
      version,
      args,
      logger: {
        reportScalar: (title: string, series: string, value: number, iteration: number) =>
          print(`${title}/${series} ${iteration}: ${value}`),
        reportText: print,
      },
      addTags: (tags: readonly string[]) =>
        void this.tags.push(...new Set(tags.filter((tag) => !this.tags.includes(tag)))),
      abort: (reason?: string) => this.end('aborted', new RunAbortedError(reason)),
    });
  }
}
