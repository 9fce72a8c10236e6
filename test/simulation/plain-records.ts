/**
 * Records that a plain run makes: declarations, arguments, errors and outcomes of callbacks.
 *
 * @module
 */
import type { ErrorRecord } from '../../src/model/errors.ts';
import type { CallbackOutcome } from '../../src/model/history.ts';
import { type ComponentDeclaration, componentDeclarationSchema } from '../../src/model/options.ts';
import type { Arguments, Ref } from '../../src/model/value.ts';
import type { Options } from './interpret.ts';
import type { ComponentPlan } from './program.ts';
import { componentId } from './submission.ts';

export function failed(kind: CallbackOutcome['kind'], error: ErrorRecord): CallbackOutcome {
  if (kind === 'preExecute') return { kind, launch: true, error };
  if (kind === 'retry') return { kind, retry: false, error };
  return { kind, error };
}

export const recordOf = (error: unknown): ErrorRecord =>
  error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'NonError', message: String(error) };

export const encoded = (args: readonly unknown[], refs: readonly Ref[]): Arguments => ({
  data: { format: 'json', text: JSON.stringify(args) },
  refs: [...refs],
});

const declarations = new WeakMap<ComponentPlan, ComponentDeclaration>();

export function declarationOf(plan: ComponentPlan, options: Options): ComponentDeclaration {
  const known = declarations.get(plan) ?? declared(plan, options);
  declarations.set(plan, known);
  return known;
}

function declared(plan: ComponentPlan, options: Options): ComponentDeclaration {
  const callbacks = [
    ...(plan.preExecute === null ? [] : (['preExecute'] as const)),
    ...(plan.postExecute === null ? [] : (['postExecute'] as const)),
    ...(plan.statusChange === null ? [] : (['statusChange'] as const)),
    ...(typeof plan.retries === 'number' ? [] : (['retry'] as const)),
  ];
  return componentDeclarationSchema.parse({
    id: componentId(plan.name),
    name: plan.name,
    returnValues: options.returnValues,
    cache: plan.cache,
    parents: plan.parents,
    continueBehaviour: {
      continueOnFail: plan.continueOnFail,
      skipChildrenOnFail: plan.skipChildrenOnFail,
    },
    retryOnFailure: typeof plan.retries === 'number' ? plan.retries : 0,
    callbacks,
    ...(plan.timeoutSeconds === null ? {} : { timeoutSeconds: plan.timeoutSeconds }),
    ...(plan.queue === null ? {} : { executionQueue: plan.queue }),
  });
}
