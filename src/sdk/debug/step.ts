/**
 * One step of a run in this process.
 *
 * @module
 */
import type { ComponentDeclaration } from '../../model/options.ts';
import type { HostComponent } from '../component.ts';
import { StepAbortedError, StepFailedError, StepSkippedError } from '../errors.ts';
import type { NodeStatus, NodeView } from '../option-types.ts';
import { createLazy, type LazySource } from './lazy.ts';
import type {
  DebugArtifact,
  DebugAttempt,
  DebugModel,
  DebugPoint,
  DebugStepReport,
} from './report.ts';

export class DebugStep implements LazySource, DebugStepReport {
  status: NodeStatus = 'pending';
  values: readonly unknown[] | undefined;
  error: unknown;
  /** The step because of which this one was skipped; `null`: a pre-execute callback said so, its own or that of a step before it. */
  skipCause: DebugStep | null = null;
  readonly attempts: DebugAttempt[] = [];
  readonly artifacts: DebugArtifact[] = [];
  readonly models: DebugModel[] = [];
  readonly points: DebugPoint[] = [];
  /** Names of its parents, once it may run. */
  parents: readonly string[] = [];
  /** Somebody attached a handler. */
  awaited = false;
  /** Its end is told. */
  settled = false;
  /** What the logic gets, or what the steps that depend on it get. */
  readonly lazy: object;

  private readonly completion: Promise<void>;
  private resolveCompletion: () => void = () => undefined;

  constructor(
    readonly call: number,
    readonly name: string,
    readonly hostComponent: HostComponent,
    readonly declaration: ComponentDeclaration,
    readonly queue: string,
    readonly args: readonly unknown[],
    /** The steps whose results are among the arguments. */
    readonly sources: ReadonlySet<LazySource>,
    private readonly onAwaited: () => void,
  ) {
    this.completion = new Promise((resolve) => {
      this.resolveCompletion = resolve;
    });
    this.lazy = createLazy(this, declaration.returnValues);
  }

  get component(): string {
    return this.declaration.name;
  }

  get taskType(): string {
    return this.declaration.taskType;
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

  /** Steps that depend on it run all the same, with `undefined` in the place of its results. */
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
    this.onAwaited();
    await this.completion;
    return this.requireValues();
  }

  /** @throws the error that awaiting it throws */
  requireValues(): readonly unknown[] {
    if (this.values !== undefined) return this.values;
    throw this.failure();
  }

  failure(): StepFailedError | StepSkippedError | StepAbortedError {
    if (this.status === 'failed')
      return new StepFailedError(this.name, this.attempts.length, this.error);
    return this.status === 'skipped'
      ? new StepSkippedError(this.name, this.skipCause?.name ?? null)
      : new StepAbortedError(this.name);
  }

  settle(): void {
    this.settled = true;
    this.resolveCompletion();
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
    });
  }
}
