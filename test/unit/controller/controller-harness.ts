import type { ControllerHarness } from './harness.ts';

export const names = (harness: ControllerHarness): string[] =>
  harness.submittedSpecs.map((spec) => spec.step);
