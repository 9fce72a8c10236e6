/**
 * The declarations of a program's components, as the SDK makes them.
 *
 * @module
 */
import { childComponentId } from '../../src/model/child-pipeline.ts';
import { type ComponentDeclaration, componentDeclarationSchema } from '../../src/model/options.ts';
import type { Options } from './interpret.ts';
import type { ComponentPlan } from './program.ts';
import { componentId, PIPELINE_ID } from './submission.ts';

const declarations = new WeakMap<ComponentPlan, ComponentDeclaration>();

export function declarationOf(plan: ComponentPlan, options: Options): ComponentDeclaration {
  const known = declarations.get(plan) ?? toDeclaration(plan, options);
  declarations.set(plan, known);
  return known;
}

function toDeclaration(plan: ComponentPlan, options: Options): ComponentDeclaration {
  const callbacks = [
    ...(plan.preExecute === null ? [] : (['preExecute'] as const)),
    ...(plan.postExecute === null ? [] : (['postExecute'] as const)),
    ...(plan.statusChange === null ? [] : (['statusChange'] as const)),
    ...(typeof plan.retries === 'number' ? [] : (['retry'] as const)),
  ];
  return componentDeclarationSchema.parse({
    id: plan.child ? childComponentId(PIPELINE_ID) : componentId(plan.name),
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
    ...(plan.concurrency === null ? {} : { concurrency: plan.concurrency }),
    ...(plan.queue === null ? {} : { executionQueue: plan.queue }),
  });
}
