/**
 * The functions under test by their types alone: no Node and no DOM library is needed to compile
 * what uses them.
 */
import type { CurrentStep, StepRuntime } from '../../src/sdk/step/runtime.ts';
import type { DeclareComponent, DeclarePipeline } from '../../src/sdk/types.ts';

export declare const component: DeclareComponent;
export declare const pipeline: DeclarePipeline;
export declare const currentStep: () => CurrentStep;
export declare const runtime: StepRuntime;

/** Compiles if both are the same type. */
export declare function same<A, B>(
  proof: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false,
): void;
