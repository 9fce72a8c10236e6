/**
 * The object behind `currentStep()` and `PipelineDecorator` in the code of a running step.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Point } from '../model/artifacts.ts';
import type { StepSpec } from '../model/spec.ts';
import { STEP_RUNTIME, type StepRuntime } from '../sdk/step/runtime.ts';
import { ReportError } from './errors.ts';
import type { Reporter } from './reporter.ts';
import type { RunnerContext } from './runner-context.ts';
import type { Uploads } from './uploads.ts';

const MAX_TEXT_LENGTH = 65_536;

export interface Runtime {
  readonly forStep: StepRuntime;
  /** True once the step's code read its abort signal: it may want to stop in its own way. */
  watchesSignal(): boolean;
}

export const provideRuntime = (runtime: StepRuntime): void => {
  Object.defineProperty(globalThis, STEP_RUNTIME, { value: runtime, configurable: true });
};

export function createRuntime(
  spec: StepSpec,
  context: RunnerContext,
  reporter: Reporter,
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
      reportScalar(title, series, value, iteration) {
        reporter.report({
          kind: 'point',
          value: toPoint(title, series, value, iteration, context.clock.now()),
        });
      },
      reportText(text) {
        const fullText = String(text);
        const truncated =
          fullText.length > MAX_TEXT_LENGTH
            ? `${fullText.slice(0, MAX_TEXT_LENGTH)}… (${fullText.length - MAX_TEXT_LENGTH} characters more)`
            : fullText;
        reporter.report({ kind: 'text', value: { text: truncated, at: context.clock.now() } });
      },
    },
    uploadArtifact: (name, value, options) => uploads.artifact('step', name, value, options),
    uploadModel: (name, file, options) => uploads.model('step', name, file, options),
    uploadArtifactToRun: (name, value, options) => uploads.artifact('run', name, value, options),
    uploadModelToRun: (name, file, options) => uploads.model('run', name, file, options),
  };
  return { forStep, watchesSignal: () => watched };
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

function toPoint(
  title: unknown,
  series: unknown,
  value: unknown,
  iteration: unknown,
  at: number,
): Point {
  if (typeof title !== 'string' || typeof series !== 'string')
    throw new ReportError(
      'reportScalar(title, series, value, iteration): title and series must be text',
    );
  const callText = `reportScalar(${JSON.stringify(title)}, ${JSON.stringify(series)}, …)`;
  if (typeof value !== 'number')
    throw new ReportError(`${callText}: the value must be a number, not ${typeof value}`);
  if (typeof iteration !== 'number' || !Number.isFinite(iteration))
    throw new ReportError(
      `${callText}: the iteration must be a finite number, not ${String(iteration)}`,
    );
  return { title, series, iteration, value: toRecordedNumber(value), at };
}

/** JSON has no NaN and no infinities. */
function toRecordedNumber(value: number): Point['value'] {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}
