/**
 * `component` in a program, as a user's file imports it from `headrace`. Bundles of steps and of
 * logic have implementations of their own.
 *
 * @module
 */
import { callerConstant } from './caller.ts';
import { type ComponentMeta, declareComponent, type HostComponent } from './declare.ts';
import { declaredComponentNames } from './declared-components.ts';
import { declaredName } from './declared-name.ts';
import { DeclarationError, NestedComponentError, OutsidePipelineError } from './errors.ts';
import { parameterNames } from './parameters.ts';
import { scopes } from './scope.ts';
import { runningStep } from './step-runtime.ts';
import type { AnyFunction, DeclareComponent } from './types.ts';

/**
 * Makes a component from a function. Each of its calls in a pipeline is a step of the run.
 *
 * @example
 * ```ts
 * export const split = component({ returnValues: ['train', 'test'], cache: true }, (rows: number[][], testSize = 0.2) => {
 *   const border = Math.round(rows.length * (1 - testSize));
 *   return [rows.slice(0, border), rows.slice(border)] as const;
 * });
 * ```
 *
 * @throws OptionError if an option is unknown, or is not data although it must be
 */
export const component: DeclareComponent = declare as DeclareComponent;

function declare(
  options: unknown,
  fn: unknown,
  bundlerMeta?: ComponentMeta,
): (...args: readonly unknown[]) => unknown {
  const name = declaredName(options, fn, bundlerMeta) ?? callerConstant(declare);
  if (!isFunction(fn))
    throw new DeclarationError(
      `component ${name}: the second argument of component(…) is the function that the step runs`,
    );
  const meta = bundlerMeta ?? { id: name, name, ...parameterNames(fn) };
  const hostComponent: HostComponent = {
    meta,
    declared: declareComponent(options, meta),
    fn: fn as HostComponent['fn'],
  };
  declaredComponentNames.add(hostComponent.declared.raw.name);
  return (...args) => {
    const scope = scopes.getStore();
    if (scope?.kind === 'logic') return scope.run.call(hostComponent, args);
    const step = runningStep();
    if (step !== undefined)
      throw new NestedComponentError(hostComponent.declared.raw.name, step.component);
    throw new OutsidePipelineError(hostComponent.declared.raw.name);
  };
}

export const isFunction = (value: unknown): value is AnyFunction => typeof value === 'function';
