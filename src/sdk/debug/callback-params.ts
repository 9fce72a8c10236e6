/**
 * The arguments of a call by parameter name, which a pre-execute callback may change.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';
import type { HostComponent } from '../declare.ts';
import { DebugStep } from './step.ts';
import { PassedArguments } from './values.ts';

/** A callback assigned something to `params` that the step cannot receive. */
class ParamsError extends HeadraceError {
  override get name(): string {
    return 'ParamsError';
  }
}

export class CallbackParams {
  readonly byName: Record<string, unknown>;
  readonly #component: HostComponent;
  readonly #argumentCount: number;

  constructor(component: HostComponent, args: readonly unknown[]) {
    this.#component = component;
    this.#argumentCount = args.length;
    const [only] = args;
    if (component.meta.style === 'object') this.byName = isRecord(only) ? only : {};
    else
      this.byName = Object.fromEntries(args.map((arg, index) => [this.#parameterName(index), arg]));
  }

  /** @throws ParamsError, UnserializableValueError */
  toArguments(): PassedArguments {
    const names = this.#component.meta.style === 'positional' ? this.#parameterNames() : undefined;
    const passed = new PassedArguments(
      names === undefined ? [this.byName] : this.#positional(names),
      names,
    );
    for (const { source } of passed.references)
      if (!(source instanceof DebugStep && source.settled))
        throw new ParamsError(
          `the result of step ${source.name} was assigned to params before the step has completed`,
        );
    return passed;
  }

  /** An argument of a rest parameter has its index as name. */
  #parameterName(index: number): string {
    return this.#component.meta.parameters[index] ?? String(index);
  }

  #parameterNames(): readonly string[] {
    const length = Math.max(this.#argumentCount, this.#component.meta.parameters.length);
    return Array.from({ length }, (_, index) => this.#parameterName(index));
  }

  #positional(names: readonly string[]): unknown[] {
    const unknownName = Object.keys(this.byName).find((name) => !names.includes(name));
    if (unknownName !== undefined)
      throw new ParamsError(
        `params.${unknownName} was assigned, and component ${this.#component.declared.raw.name} has no such parameter; it has ${names.join(', ')}`,
      );
    const args = names.map((name) => this.byName[name]);
    while (args.length > this.#argumentCount && args.at(-1) === undefined) args.pop();
    return args;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
