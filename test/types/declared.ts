/** The types of the functions under test: their users compile without types of Node.js and DOM. */
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
