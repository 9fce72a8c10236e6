/**
 * The steps and components of one run that a turn has read or changed.
 *
 * Steps are read from the records on demand and cleared by each commit, so the set contains the
 * steps that a commit touches and no others (rule 5). Components stay: a run has only a few.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { RunComponent } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { Tasks } from '../../ports/tasks.ts';

/** Reads the steps and components of a run. */
export interface StepReader {
  /** Reads steps, and the components that they are calls of, into the working set. */
  load(calls: readonly number[]): Promise<void>;
  step(call: number): Promise<Step | undefined>;
  /** A step that must exist. */
  requireStep(call: number): Promise<Step>;
  component(name: string): Promise<RunComponent | undefined>;
  /** The declaration of the component of a loaded step. */
  declaration(step: Step): ComponentDeclaration;
}

const PAGE_SIZE = 1000;

export class WorkingSet implements StepReader {
  readonly #tasks: Pick<Tasks, 'steps' | 'component'>;
  readonly #run: RunId;
  readonly #steps = new Map<number, Step>();
  readonly #components = new Map<string, RunComponent>();

  constructor(tasks: Pick<Tasks, 'steps' | 'component'>, run: RunId) {
    this.#tasks = tasks;
    this.#run = run;
  }

  async load(calls: readonly number[]): Promise<void> {
    const absent = calls.filter((call) => !this.#steps.has(call));
    for (let i = 0; i < absent.length; i += PAGE_SIZE) {
      for (const step of await this.#tasks.steps(this.#run, absent.slice(i, i + PAGE_SIZE)))
        this.#steps.set(step.call, step);
    }
    for (const call of calls) {
      const step = this.#steps.get(call);
      if (step !== undefined && !this.#components.has(step.component))
        await this.component(step.component);
    }
  }

  async step(call: number): Promise<Step | undefined> {
    if (!this.#steps.has(call)) await this.load([call]);
    return this.#steps.get(call);
  }

  async requireStep(call: number): Promise<Step> {
    const step = await this.step(call);
    if (step === undefined) throw new Error(`run ${this.#run} has no step with call ${call}`);
    return step;
  }

  /** The step with this call, if it is loaded. */
  loaded(call: number): Step | undefined {
    return this.#steps.get(call);
  }

  /** Stores a new step, or a new state of one. */
  put(step: Step): void {
    this.#steps.set(step.call, step);
  }

  async component(name: string): Promise<RunComponent | undefined> {
    const component = this.#components.get(name) ?? (await this.#tasks.component(this.#run, name));
    if (component !== undefined) this.#components.set(name, component);
    return component;
  }

  /** The component with this name, if it is loaded. */
  loadedComponent(name: string): RunComponent | undefined {
    return this.#components.get(name);
  }

  putComponent(component: RunComponent): void {
    this.#components.set(component.declaration.name, component);
  }

  declaration(step: Step): ComponentDeclaration {
    const component = this.#components.get(step.component);
    if (component === undefined)
      throw new Error(`component ${step.component} of run ${this.#run} is not loaded`);
    return component.declaration;
  }

  /** Forgets the steps for which `isNeeded` is false. They are read again on demand. */
  forget(isNeeded: (call: number) => boolean): void {
    for (const call of this.#steps.keys()) if (!isNeeded(call)) this.#steps.delete(call);
  }

  /** Forgets the steps. */
  clear(): void {
    this.#steps.clear();
  }
}
