/**
 * The state of one step of a run in this process.
 *
 * @module
 */
import { briefErrorOf } from '../../model/brief-error.ts';
import { thrownFromRecord, toErrorRecord } from '../../model/error-record.ts';
import type { JsonObject } from '../../model/json.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import { stepOptionsOf } from '../../model/step-options.ts';
import type { HostComponent } from '../declare.ts';
import {
  LazyExpectedError,
  StepAbortedError,
  StepCancelledError,
  StepFailedError,
  StepSkippedError,
} from '../errors.ts';
import type { NodeStatus, NodeView } from '../option-types.ts';
import { createLazy, type LazySource, lazyInfoOf } from './lazy.ts';
import type {
  DebugArtifact,
  DebugAttempt,
  DebugModel,
  DebugPlot,
  DebugPoint,
  DebugStepReport,
} from './report.ts';
import { type PassedArguments, rememberFile, type StoredValue } from './values.ts';

/** An error as the logic receives it in the other modes. */
const recordedCopy = (error: unknown): unknown => thrownFromRecord(toErrorRecord(error));

type StepError = StepFailedError | StepSkippedError | StepAbortedError | StepCancelledError;

const stepByError = new WeakMap<object, DebugStep>();

/** The step whose failure is this error; undefined for any other value. */
export const stepOfError = (error: unknown): DebugStep | undefined =>
  typeof error === 'object' && error !== null ? stepByError.get(error) : undefined;

export class DebugStep implements LazySource, DebugStepReport {
  status: NodeStatus = 'pending';
  values: readonly unknown[] | undefined;
  /** The values as other steps and the logic read them. */
  stored: readonly StoredValue[] | undefined;
  error: unknown;
  /**
   * The step because of which this one was skipped. `null` if a pre-execute callback returned
   * false: that of this step, or of a step that it depends on.
   */
  skipCause: DebugStep | null = null;
  readonly attempts: DebugAttempt[] = [];
  readonly artifacts: DebugArtifact[] = [];
  readonly models: DebugModel[] = [];
  /** What the current attempt uploaded to the run, which gets it when the attempt completes. */
  readonly runArtifacts: DebugArtifact[] = [];
  readonly runModels: DebugModel[] = [];
  readonly points: DebugPoint[] = [];
  readonly plots: DebugPlot[] = [];
  readonly #pendingPlots = new Set<Promise<void>>();
  /** The names of its parents, from the moment when it may run. */
  parents: readonly string[] = [];
  /** A handler is attached to its Lazy. */
  awaited = false;
  /** Its handlers are called. */
  settled = false;
  /** The result of the component's call. */
  readonly lazy: object;

  /** The arguments as a pre-execute callback received them, with values in the place of Lazies. */
  receivedArguments: PassedArguments | undefined;

  /** The arguments after a pre-execute callback. */
  launchArguments: PassedArguments;

  /** The logic cancelled it. `timeoutMs`: the limit that it exceeded. */
  cancellation: { readonly timeoutMs: number | undefined } | undefined;

  readonly #cancelled = new AbortController();
  readonly #completion: Promise<void>;
  #resolveCompletion: () => void = () => undefined;
  readonly #onAwaited: () => void;
  #valuesOfLogic: Promise<readonly unknown[]> | undefined;

  constructor(
    readonly call: number,
    readonly name: string,
    readonly hostComponent: HostComponent,
    readonly declaration: ComponentDeclaration,
    readonly queue: string,
    readonly args: PassedArguments,
    onAwaited: () => void,
  ) {
    this.#onAwaited = onAwaited;
    this.launchArguments = args;
    this.#completion = new Promise((resolve) => {
      this.#resolveCompletion = resolve;
    });
    this.lazy = createLazy(this, declaration.returnValues);
  }

  /** @param plot undefined if the plot is recorded already */
  async trackPlot(plot: Promise<void> | undefined): Promise<void> {
    if (plot === undefined) return;
    this.#pendingPlots.add(plot);
    try {
      await plot;
    } finally {
      this.#pendingPlots.delete(plot);
    }
  }

  /** Resolves when all plots are recorded, or failed. */
  async plotsRecorded(): Promise<void> {
    while (this.#pendingPlots.size > 0) await Promise.allSettled(this.#pendingPlots);
  }

  get component(): string {
    return this.declaration.name;
  }

  get componentId(): string {
    return this.hostComponent.meta.id;
  }

  get taskType(): string {
    return this.declaration.taskType;
  }

  get options(): JsonObject {
    return stepOptionsOf(this.declaration) ?? {};
  }

  get tags(): readonly string[] {
    return this.declaration.tags;
  }

  get returnValues(): readonly string[] {
    return this.declaration.returnValues;
  }

  get succeeded(): boolean {
    return this.status === 'completed';
  }

  /** Its failure or abort does not fail the run. */
  get tolerated(): boolean {
    const { continueOnFail, continueOnAbort } = this.declaration.continueBehaviour;
    return this.status === 'aborted' ? continueOnAbort : continueOnFail;
  }

  /**
   * Steps that depend on it may run. If it has no results, they receive `undefined` in place of
   * them.
   */
  get letsChildrenRun(): boolean {
    const { skipChildrenOnFail, skipChildrenOnAbort } = this.declaration.continueBehaviour;
    return (
      this.succeeded ||
      (this.status === 'failed' && !skipChildrenOnFail) ||
      (this.status === 'aborted' && !skipChildrenOnAbort)
    );
  }

  async awaitValues(): Promise<readonly unknown[]> {
    this.awaited = true;
    this.#onAwaited();
    await this.#completion;
    if (this.stored === undefined) throw this.failure();
    // All awaits of the logic have the same objects.
    this.#valuesOfLogic ??= this.#readAll(this.stored);
    return await this.#valuesOfLogic;
  }

  /** A copy of a value, of all values, or undefined if the step has none. */
  async readValue(index: number | undefined): Promise<unknown> {
    if (this.stored === undefined) return undefined;
    return index === undefined ? await this.#readAll(this.stored) : await this.stored[index]?.();
  }

  async #readAll(stored: readonly StoredValue[]): Promise<readonly unknown[]> {
    const values = await Promise.all(stored.map((read) => read()));
    for (const [index, value] of values.entries()) rememberFile(value, { source: this, index });
    return values;
  }

  failure(): StepError {
    const error = this.#createError();
    stepByError.set(error, this);
    return error;
  }

  #createError(): StepError {
    if (this.status === 'failed')
      return new StepFailedError(this.name, this.attempts.length, recordedCopy(this.error));
    if (this.status === 'skipped')
      return new StepSkippedError(this.name, this.skipCause?.name ?? null);
    return this.cancellation === undefined
      ? new StepAbortedError(this.name)
      : new StepCancelledError(this.name, this.cancellation.timeoutMs);
  }

  /** Cancels the step, unless it is complete. Returns whether it was not. */
  cancel(timeoutMs: number | undefined): boolean {
    const isOpen = ['pending', 'queued', 'running'].includes(this.status);
    if (!isOpen || this.cancellation !== undefined) return false;
    this.cancellation = { timeoutMs };
    this.#cancelled.abort();
    return true;
  }

  /** Aborted when the logic cancels the step. */
  get cancelSignal(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** The error of the last attempt, if it failed. */
  #nodeError(): Pick<NodeView, 'error'> {
    const last = this.attempts.at(-1);
    return last?.status === 'failed' ? { error: briefErrorOf(toErrorRecord(last.error)) } : {};
  }

  settle(): void {
    this.settled = true;
    this.#resolveCompletion();
  }

  view(): NodeView {
    const { name, component, status, parents, queue, artifacts, models } = this;
    return Object.freeze({
      name,
      component,
      status,
      attempt: this.attempts.length,
      parents,
      executionQueue: queue,
      artifacts: [...artifacts],
      models: [...models],
      ...this.#nodeError(),
    });
  }
}

/** @throws LazyExpectedError */
export function stepOfLazy(lazy: unknown, functionName: string): DebugStep {
  const info = typeof lazy === 'object' && lazy !== null ? lazyInfoOf(lazy) : undefined;
  if (info?.source instanceof DebugStep) return info.source;
  throw new LazyExpectedError(functionName);
}
