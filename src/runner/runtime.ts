/**
 * The object behind `currentStep()` and `PipelineDecorator` in the code of a running step.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createStepFiles } from '../downloads/step-files.ts';
import type { Point } from '../model/artifacts.ts';
import type { StepSpec } from '../model/spec.ts';
import { plotLogger } from '../sdk/plot-logger.ts';
import { type ReportLimits, refuseReturnName } from '../sdk/report-limits.ts';
import { STEP_RUNTIME, type StepRuntime } from '../sdk/step/runtime.ts';
import type { Reporter } from './reporter.ts';
import type { RunnerContext } from './runner-context.ts';
import { uploadedInput } from './uploaded-inputs.ts';
import type { Uploads } from './uploads.ts';

const NO_PROJECT_ADVICE =
  '. A machine in AWS has the files of its image and of the option repo, and those that the start of the run uploaded: literal paths, parameters that are given to inputFile, and paths of the option inputs of the pipeline. Add the path to inputs and start a new run, or give an https or s3 address';

export interface Runtime {
  readonly forStep: StepRuntime;
  /** True once the step's code read its abort signal: it may want to stop in its own way. */
  watchesSignal(): boolean;
}

export const provideRuntime = (runtime: StepRuntime): void => {
  Object.defineProperty(globalThis, STEP_RUNTIME, { value: runtime, configurable: true });
};

/** After it, `currentStep()` throws, as before the first attempt of the process. */
export const removeRuntime = (): void => {
  Reflect.deleteProperty(globalThis, STEP_RUNTIME);
};

export function createRuntime(
  spec: StepSpec,
  context: RunnerContext,
  reporter: Reporter,
  limits: ReportLimits,
  uploads: Uploads,
): Runtime {
  let folder: string | undefined;
  let watched = false;
  const forStep: StepRuntime = {
    run: { id: spec.run, pipeline: spec.pipeline, project: spec.project, number: spec.runNumber },
    name: spec.step,
    component: spec.component,
    attempt: spec.attempt,
    get temporaryDirectory() {
      folder ??= makeFolder(join(context.temporaryDirectory, 'scratch'));
      return folder;
    },
    get signal() {
      watched = true;
      return context.signal;
    },
    logger: {
      ...plotLogger(limits, (checked, plot) => uploads.plot(checked, plot)),
      reportScalar(title, series, value, iteration) {
        const point = limits.point(title, series, value, iteration);
        reporter.report({
          kind: 'point',
          value: { ...point, value: toRecordedNumber(point.value), at: context.clock.now() },
        });
      },
      reportText(text) {
        reporter.report({
          kind: 'text',
          value: { text: limits.text(text), at: context.clock.now() },
        });
      },
    },
    uploadArtifact: async (name, value, options) => {
      refuseReturnName(name, spec.returnValues);
      return uploads.artifact('step', name, value, options);
    },
    uploadModel: (name, file, options) => uploads.model('step', name, file, options),
    uploadArtifactToRun: (name, value, options) => uploads.artifact('run', name, value, options),
    uploadModelToRun: (name, file, options) => uploads.model('run', name, file, options),
    ...createStepFiles(
      { folder: context.downloadsFolder, signal: context.signal },
      (address) => uploadedInput(spec, context, address),
      spec.projectRoot ? '' : NO_PROJECT_ADVICE,
    ),
  };
  return { forStep, watchesSignal: () => watched };
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** JSON has no NaN and no infinities. */
function toRecordedNumber(value: number): Point['value'] {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}
